import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { experimentsError, parseExperimentSet } from '@armature/sdk/protocol';
import { Option } from 'commander';
import { cliError } from './cli-errors.js';
import { EXIT } from './exit-code.js';
import { EXPERIMENTS, readExperimentPaths } from './experiment-paths.js';
import { type Draft, experimentText, STRATEGIES, type Strategy } from './experiment-text.js';
import { plainText } from './plain-text.js';
import type { Prompts } from './prompts.js';
import type { AddCommand } from './run.js';
import type { Terminal } from './terminal.js';
import { printValidation, validate } from './validate.js';

interface InitFlags {
  readonly name?: string;
  readonly arms?: string;
  readonly metric?: string;
  readonly policy?: Strategy;
  readonly yes?: boolean;
  readonly force?: boolean;
}

const DEFAULT = { name: 'my-experiment', arms: 'control, treatment', metric: 'conversion', policy: 'fixed' } as const;

const LABELS: { readonly [strategy in Strategy]: string } = {
  fixed: 'A/B test: fixed shares',
  thompson: 'Thompson sampling: shares follow what is learnt',
  'epsilon-greedy': 'epsilon-greedy: the best arm, and 10% for the others',
  ucb: 'UCB: the arm that may yet be the best',
};

const SCHEMA = join('node_modules', '@armature', 'sdk', 'schemas', 'experiment.schema.json');

const namesIn = (text: string): readonly string[] => text.split(',').map((name) => name.trim());

/** What the parser of experiment files says of a draft; undefined where it is a good one. */
function faultOf(draft: Draft): string | undefined {
  const parsed = parseExperimentSet([{ file: '', text: experimentText(draft, SCHEMA) }]);
  const fault = parsed.ok ? undefined : parsed.faults[0];
  return fault && [fault.what, fault.got, fault.todo].filter((part) => part !== undefined).join(', ');
}

const SAMPLE: Draft = { name: 'a', arms: ['x', 'y'], metric: 'm', policy: 'fixed' };

/** The answers to what no flag has said; undefined when the person breaks off. */
async function ask(prompts: Prompts, flags: InitFlags): Promise<Draft | undefined> {
  const name =
    flags.name ??
    (await prompts.text('Name of the experiment', DEFAULT.name, (text) => faultOf({ ...SAMPLE, name: text })));
  if (name === undefined) return undefined;
  const arms =
    flags.arms ??
    (await prompts.text('Arms, the control first', DEFAULT.arms, (text) =>
      faultOf({ ...SAMPLE, arms: namesIn(text) }),
    ));
  if (arms === undefined) return undefined;
  const metric =
    flags.metric ??
    (await prompts.text('Metric of success, 0 or 1', DEFAULT.metric, (text) => faultOf({ ...SAMPLE, metric: text })));
  if (metric === undefined) return undefined;
  const choices = STRATEGIES.map((value) => ({ value, label: LABELS[value] }));
  const policy = flags.policy ?? (await prompts.choose('Strategy', choices));
  return policy && { name, arms: namesIn(arms), metric, policy };
}

/** What flags say, and defaults where --yes lets them. */
function draftOf(flags: InitFlags): Draft {
  const missing = (['name', 'arms', 'metric', 'policy'] as const).filter((flag) => flags[flag] === undefined);
  if (missing.length > 0 && !flags.yes) {
    const got = `no ${missing.map((flag) => `--${flag}`).join(', ')}, and nobody to ask`;
    throw cliError('USAGE', { got, todo: 'give the flags, or take the defaults with --yes' });
  }
  const { name, arms, metric, policy } = { ...DEFAULT, ...flags };
  return { name, arms: namesIn(arms), metric, policy };
}

/** @throws NAME_TAKEN where another file of the folder has an experiment of this name */
async function checkName(name: string, file: string): Promise<void> {
  // A folder that is not there yet has no other file; one that cannot be read is told by the check that follows.
  const others = await readExperimentPaths([dirname(file)]).catch(() => []);
  for (const other of others.filter((each) => relative(each.file, file) !== '')) {
    const parsed = parseExperimentSet([other]);
    if (parsed.ok && parsed.experiments.some(({ id }) => id === name)) {
      throw cliError('NAME_TAKEN', { got: `${name} in ${other.file}` });
    }
  }
}

async function write(file: string, text: string, force: boolean): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text, { flag: force ? 'w' : 'wx' });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw cliError('FILE_EXISTS', { got: file });
    throw cliError('FILE_UNWRITABLE', { got: `${file}: ${code}`, cause });
  }
}

/** A path as a shell takes it. */
const shellWord = (path: string): string => (/^[\w./@:+-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`);

async function init(given: string | undefined, flags: InitFlags, terminal: Terminal): Promise<void> {
  const { prompts } = terminal;
  const draft = prompts === undefined || flags.yes ? draftOf(flags) : await ask(prompts, flags);
  if (draft === undefined) {
    terminal.err('nothing was written');
    return terminal.exit(EXIT.error);
  }
  const file = given ?? join(EXPERIMENTS, `${draft.name}.yaml`);
  const text = experimentText(draft, relative(dirname(file), SCHEMA).split(sep).join('/'));
  const parsed = parseExperimentSet([{ file, text }]);
  if (!parsed.ok) throw experimentsError(parsed.faults, 1);
  await checkName(draft.name, file);
  await write(file, text, flags.force === true);
  const { bold, dim } = terminal.colours;
  terminal.out(bold(`wrote ${plainText(file)}`));
  for (const line of text.trimEnd().split('\n')) terminal.out(dim(`  ${line}`));
  const folder = dirname(file);
  const argument = shellWord(folder);
  const validation = await validate([folder]);
  printValidation(validation, terminal);
  if (!validation.ok) return terminal.exit(EXIT.error);
  terminal.out('next');
  for (const command of [
    `armature serve --experiments ${argument}`,
    `armature decide ${draft.name} --unit u-1 --url http://127.0.0.1:4400`,
    `armature types ${argument} > src/experiments.gen.ts`,
  ]) {
    terminal.out(`  $ ${plainText(command)}`);
  }
}

/** `armature init`: four questions to an experiment file. */
export const initCommand: AddCommand = (program, terminal) => {
  program
    .command('init')
    .description('write an experiment file: four questions, or flags')
    .argument('[file]', `what to write (default: ${EXPERIMENTS}/<name>.yaml)`)
    .option('--name <name>', `of the experiment (default: ${DEFAULT.name})`)
    .option('--arms <names>', `the control first, separated by commas (default: ${DEFAULT.arms})`)
    .option('--metric <name>', `0 or 1: what success is (default: ${DEFAULT.metric})`)
    .addOption(new Option('--policy <kind>', `strategy (default: ${DEFAULT.policy})`).choices(STRATEGIES))
    .option('--yes', 'ask nothing: defaults for what no flag says')
    .option('--force', 'write over a file that is there')
    .addHelpText(
      'after',
      '\nExamples:\n  $ armature init\n  $ armature init --name checkout --arms green,blue --metric purchase --policy thompson',
    )
    .action((file: string | undefined, flags: InitFlags) => init(file, flags, terminal));
};
