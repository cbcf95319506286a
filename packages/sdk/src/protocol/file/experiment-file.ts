import { type ArmatureError, protocolError } from '../../errors.js';
import type { Experiment } from '../experiment.js';
import { show } from '../show.js';
import type { Cursor } from './cursor.js';
import { type Fault, faultSummary, inOrder, renderFault } from './faults.js';
import { layerConflicts, type PlacedExperiment } from './layer-conflicts.js';
import { readExperiment } from './read-experiment.js';
import { type Place, parseYaml, type Tree } from './yaml-tree.js';

export type ParsedExperiments =
  | { readonly ok: true; readonly experiments: readonly Experiment[] }
  | { readonly ok: false; readonly faults: readonly Fault[] };

/** A file by the name under which its faults are told. */
export interface ExperimentFile {
  readonly file: string;
  readonly text: string;
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const member of Object.values(value)) freeze(member);
  }
  return value;
}

interface Found extends PlacedExperiment {
  readonly at: Place;
}

/** Where the name of an experiment stands. */
function nameAt(tree: Tree): Place {
  const entry = tree.kind === 'map' ? tree.entries.find(({ key }) => key === 'experiment') : undefined;
  return entry?.value.at ?? tree.at;
}

/** The fault of a file that says nothing: most likely it was cut short, or saved too early. */
const EMPTY = {
  line: 1,
  col: 1,
  path: '',
  what: 'no experiment',
  got: 'an empty file',
  todo: 'begin with `experiment: name`',
} as const satisfies Fault;

function readFile({ file, text }: ExperimentFile, found: Found[], faults: Fault[]): void {
  const yaml = parseYaml(text, file);
  faults.push(...yaml.faults);
  if (yaml.documents.length + yaml.faults.length === 0) faults.push({ file, ...EMPTY });
  for (const { tree, partial } of yaml.documents) {
    const cursor: Cursor = { tree, path: '', partial, report: (fault) => faults.push({ file, ...fault }) };
    const experiment = readExperiment(cursor);
    if (experiment !== undefined && !partial) found.push({ experiment, file, tree, at: nameAt(tree) });
  }
}

function duplicates(found: readonly Found[]): readonly Fault[] {
  const first = new Map<string, Found>();
  const faults: Fault[] = [];
  for (const next of found) {
    const { id } = next.experiment;
    const earlier = first.get(id);
    if (id === '' || earlier === undefined) {
      first.set(id, next);
      continue;
    }
    const todo = `it stands in ${earlier.file}:${earlier.at.line} too, rename or remove one of them`;
    faults.push({
      file: next.file,
      ...next.at,
      path: 'experiment',
      what: 'two experiments of one name',
      got: show(id),
      todo,
    });
  }
  return faults;
}

/**
 * The experiments of several files, as one set: complete, with every default filled in, frozen, in code-point order
 * of their names. Two experiments of one name are a fault, also across files; so are overlapping slots of one layer, two
 * shares of one holdout, and a file without any experiment.
 *
 * @returns the experiments, or every fault of every file in the order of the files; never throws
 * @example
 * parseExperimentSet([{ file: 'a.yaml', text: 'experiment: a\narms: [x, y]' }]).ok // => true
 */
export function parseExperimentSet(files: readonly ExperimentFile[]): ParsedExperiments {
  const found: Found[] = [];
  const faults: Fault[] = [];
  for (const file of files) readFile(file, found, faults);
  faults.push(...duplicates(found));
  // What could not be read would only be judged by what is missing.
  if (faults.length === 0) faults.push(...layerConflicts(found));
  if (faults.length > 0) return { ok: false, faults: inOrder(faults) };
  const experiments = found.map(({ experiment }) => experiment).sort((a, b) => (a.id < b.id ? -1 : 1));
  return { ok: true, experiments: freeze(experiments) };
}

/**
 * The experiments of one file (YAML 1.2, one document each).
 *
 * @param text of the file
 * @param file its name, for faults
 * @returns as parseExperimentSet
 * @example
 * parseExperiments('experiment: a\narms: [x]', 'a.yaml') // => { ok: false, faults: [{ file: 'a.yaml', line: 2, col: 7, path: 'arms', what: 'an experiment has at least two arms', got: '1' }] }
 */
export function parseExperiments(text: string, file: string): ParsedExperiments {
  return parseExperimentSet([{ file, text }]);
}

/**
 * One error for all faults: each on its line, then the summary.
 *
 * @param files how many files were read
 * @example
 * experimentsError([{ file: 'a.yaml', path: 'arms', what: 'one arm' }], 1).code // => 'EXPERIMENTS_INVALID'
 */
export function experimentsError(faults: readonly Fault[], files: number): ArmatureError<'EXPERIMENTS_INVALID'> {
  const got = faultSummary(faults, files);
  const todo = `correct every fault that is listed:\n${faults.map(renderFault).join('\n')}`;
  return protocolError('EXPERIMENTS_INVALID', { got, todo });
}
