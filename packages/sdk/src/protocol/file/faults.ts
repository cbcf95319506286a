/** One fault of an experiment file: where, what, what was met, what to do. */
export interface Fault {
  /** The file as it was named by the caller; absent for faults of a definition that has left its file. */
  readonly file?: string;
  /** 1 is the first line. */
  readonly line?: number;
  /** 1 is the first column. */
  readonly col?: number;
  /** Where in the experiment, such as `rollout.steps[0]`; empty for the document itself. */
  readonly path: string;
  readonly what: string;
  /** What was met, already rendered. */
  readonly got?: string;
  /** What to write instead. */
  readonly todo?: string;
}

/**
 * A fault on one line: `file:line:col path: what, got …, do`.
 *
 * @example
 * renderFault({ file: 'a.yaml', line: 6, col: 22, path: 'rollout.steps[0]', what: 'a share without unit', got: '1', todo: 'write 1% or 100%' }) // => 'a.yaml:6:22 rollout.steps[0]: a share without unit, got 1, write 1% or 100%'
 */
export function renderFault(fault: Fault): string {
  const place = [fault.file, fault.line, fault.col].filter((part) => part !== undefined).join(':');
  const where = [place, fault.path].filter((part) => part !== '').join(' ');
  const got = fault.got === undefined ? undefined : `got ${fault.got}`;
  const message = [fault.what, got, fault.todo].filter((part) => part !== undefined).join(', ');
  return where === '' ? message : `${where}: ${message}`;
}

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/**
 * The last line of a list of faults.
 *
 * @param faults of all files
 * @param files how many files were read
 * @example
 * faultSummary([{ file: 'a.yaml', path: 'arms', what: 'one arm' }, { file: 'a.yaml', path: 'reward', what: 'no metric' }], 3) // => '2 faults in 1 of 3 files'
 */
export function faultSummary(faults: readonly Fault[], files: number): string {
  const faulty = new Set(faults.map((fault) => fault.file)).size;
  return `${plural(faults.length, 'fault')} in ${faulty} of ${plural(files, 'file')}`;
}

/** Faults in the order in which a reader of the files meets them. */
export function inOrder(faults: readonly Fault[]): readonly Fault[] {
  const rank = (a: Fault, b: Fault): number =>
    (a.file ?? '') < (b.file ?? '') ? -1 : (a.file ?? '') > (b.file ?? '') ? 1 : 0;
  return [...faults].sort((a, b) => rank(a, b) || (a.line ?? 0) - (b.line ?? 0) || (a.col ?? 0) - (b.col ?? 0));
}
