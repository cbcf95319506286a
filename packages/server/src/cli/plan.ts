import {
  type Experiment,
  type ExperimentFile,
  type Fault,
  faultSummary,
  notYetRun,
  parseExperimentSet,
  renderFault,
} from '@armature/sdk/protocol';
import { type Command, Option } from 'commander';
import { type ExperimentPlan, planChanges, type ServedState } from '../experiments/plan-changes.js';
import { nothingServed } from '../experiments/served-state.js';
import { DATA } from './data-directory.js';
import { EXIT } from './exit-code.js';
import { EXPERIMENTS, readExperimentPaths } from './experiment-paths.js';
import { annotation } from './github-annotation.js';
import { plainText } from './plain-text.js';
import { headline, planLines, planSummary } from './plan-lines.js';
import { progress } from './progress.js';
import { readServedState } from './read-served-state.js';
import type { AddCommand } from './run.js';
import type { Terminal } from './terminal.js';
import { faultLine } from './validate.js';

interface PlanFlags {
  readonly data: string;
  readonly json?: boolean;
  readonly format: 'text' | 'github';
  readonly detailedExitcode?: boolean;
}

/** Why a server would keep what it serves: the code it would give, and every reason. */
interface Refusal {
  readonly code: 'EXPERIMENTS_INVALID' | 'NOT_SUPPORTED_YET';
  readonly faults: readonly Fault[];
  readonly summary: string;
}

/** The experiments of files, or why they would not be served. */
function readExperiments(files: readonly ExperimentFile[]): readonly Experiment[] | Refusal {
  const parsed = parseExperimentSet(files);
  const refusal = (code: Refusal['code'], faults: readonly Fault[]): Refusal => {
    return { code, faults, summary: faultSummary(faults, files.length) };
  };
  if (!parsed.ok) return refusal('EXPERIMENTS_INVALID', parsed.faults);
  const faults = parsed.experiments.flatMap(notYetRun);
  return faults.length === 0 ? parsed.experiments : refusal('NOT_SUPPORTED_YET', faults);
}

function printRefusal({ code, faults, summary }: Refusal, flags: PlanFlags, terminal: Terminal): void {
  if (flags.json) return terminal.out(JSON.stringify({ ok: false, code, faults, summary }, null, 2));
  const { red } = terminal.colours;
  for (const fault of faults) {
    if (flags.format === 'github') terminal.out(annotation('error', code, renderFault(fault), fault));
    else terminal.out(faultLine(fault, terminal.colours));
  }
  terminal.out(`${red(code)}: ${summary}; what is served stays`);
}

function printPlans(plans: readonly ExperimentPlan[], flags: PlanFlags, terminal: Terminal): void {
  const summary = planSummary(plans);
  const changes = plans.filter(({ change }) => change !== 'unchanged').length;
  if (flags.json) return terminal.out(JSON.stringify({ ok: true, changes, experiments: plans, summary }, null, 2));
  for (const plan of plans) {
    if (flags.format === 'text') for (const line of planLines(plan, terminal)) terminal.out(line);
    else if (plan.change !== 'unchanged') {
      const loud = plan.effect === 'resets-posterior' || plan.change === 'removed';
      terminal.out(annotation(loud ? 'warning' : 'notice', plan.experiment, headline(plan)));
    }
  }
  terminal.out(plainText(summary));
}

/** What is served: a directory that was not named and is not there has served nothing yet. */
async function stateOf({ data }: PlanFlags, named: boolean, terminal: Terminal): Promise<ServedState> {
  const shown = progress(terminal);
  try {
    return await readServedState(data, shown);
  } catch (cause) {
    if (named || (cause as { readonly code?: unknown }).code !== 'LOG_MISSING') throw cause;
    terminal.err(`there is no log in ${data} yet: this is what a first start would serve`);
    return nothingServed();
  } finally {
    shown.end();
  }
}

/** `armature plan`: what serving the experiment files would change, before it does. */
export const planCommand: AddCommand = (program, terminal) => {
  program
    .command('plan')
    .description(
      'what serving these files would change: the posterior, the probabilities, the share of units that move',
    )
    .argument('[folder]', 'folder of experiment files: all that would be served', EXPERIMENTS)
    .option('--data <folder>', 'data directory of what is served', DATA)
    .option('--detailed-exitcode', 'end with 2 where anything would change')
    .addOption(new Option('--format <format>', 'of the text').choices(['text', 'github']).default('text'))
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nWeights are those that a server would publish of what the log holds now.\n\nExamples:\n  $ armature plan experiments --data .armature\n  $ armature plan experiments --format github --detailed-exitcode',
    )
    .action(async (folder: string, flags: PlanFlags, command: Command) => {
      const experiments = readExperiments(await readExperimentPaths([folder]));
      if ('code' in experiments) {
        printRefusal(experiments, flags, terminal);
        return terminal.exit(EXIT.error);
      }
      const state = await stateOf(flags, command.getOptionValueSource('data') !== 'default', terminal);
      const { experiments: plans } = planChanges(experiments, state, terminal.now());
      printPlans(plans, flags, terminal);
      if (flags.detailedExitcode && plans.some(({ change }) => change !== 'unchanged')) terminal.exit(EXIT.changes);
    });
};
