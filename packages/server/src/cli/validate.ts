import {
  type Fault,
  faultSummary,
  notYetRun,
  parseExperimentSet,
  renderFault,
  secretsIn,
} from '@armature/sdk/protocol';
import { EXIT } from './exit-code.js';
import { EXPERIMENTS, readExperimentPaths } from './experiment-paths.js';
import { plainText } from './plain-text.js';
import type { AddCommand } from './run.js';
import type { Terminal } from './terminal.js';

/** What `validate --json` prints. */
export interface Validation {
  readonly ok: boolean;
  readonly files: number;
  readonly experiments: readonly string[];
  readonly faults: readonly Fault[];
  /** What is valid, and refused by `serve` of this version. */
  readonly notYetRun: readonly Fault[];
  /** What is valid, and most likely a mistake. */
  readonly warnings: readonly Fault[];
  readonly summary: string;
}

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** Reads and checks the experiment files of folders and files. */
export async function validate(paths: readonly string[]): Promise<Validation> {
  const files = await readExperimentPaths(paths);
  const parsed = parseExperimentSet(files);
  if (!parsed.ok) {
    const summary = faultSummary(parsed.faults, files.length);
    const none = { experiments: [], notYetRun: [], warnings: [] };
    return { ok: false, files: files.length, faults: parsed.faults, ...none, summary };
  }
  const { experiments } = parsed;
  const verb = experiments.length === 1 ? 'is' : 'are';
  return {
    ok: true,
    files: files.length,
    experiments: experiments.map(({ id }) => id),
    faults: [],
    notYetRun: experiments.flatMap(notYetRun),
    warnings: experiments.flatMap(secretsIn),
    summary: `${plural(experiments.length, 'experiment')} in ${plural(files.length, 'file')} ${verb} valid`,
  };
}

/** A fault with its place in front, so that editors and terminals can jump there. */
export function faultLine(fault: Fault, { cyan }: Terminal['colours']): string {
  const text = plainText(renderFault(fault));
  const place = [fault.file, fault.line, fault.col].filter((part) => part !== undefined).join(':');
  return place !== '' && text.startsWith(place) ? `${cyan(place)}${text.slice(place.length)}` : text;
}

/** Prints every fault, note and warning, then the count. */
export function printValidation(validation: Validation, terminal: Terminal): void {
  const { red, green, yellow } = terminal.colours;
  for (const fault of validation.faults) terminal.out(faultLine(fault, terminal.colours));
  for (const fault of validation.notYetRun) terminal.out(`${yellow('note')} ${plainText(renderFault(fault))}`);
  for (const fault of validation.warnings) terminal.out(`${yellow('warning')} ${plainText(renderFault(fault))}`);
  terminal.out((validation.ok ? green : red)(validation.summary));
}

/** `armature validate`: every fault of the experiment files, without a network. */
export const validateCommand: AddCommand = (program, terminal) => {
  program
    .command('validate')
    .description('check experiment files; every fault with its place')
    .argument('[paths...]', `folders and files (default: ${EXPERIMENTS})`)
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  $ armature validate experiments')
    .action(async (paths: readonly string[], options: { readonly json?: boolean }) => {
      const validation = await validate(paths.length === 0 ? [EXPERIMENTS] : paths);
      if (options.json) terminal.out(JSON.stringify(validation, null, 2));
      else printValidation(validation, terminal);
      if (!validation.ok) terminal.exit(EXIT.error);
    });
};
