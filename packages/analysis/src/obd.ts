import { AnalysisError } from './errors.js';
import type { LoggedRow } from './importance.js';

/** One impression of the Open Bandit Dataset. */
export interface ObdRow extends LoggedRow {
  /** Slot of the recommendation, 1 to 3. */
  readonly position: number;
  /** User features as small integers, in the order of the header. */
  readonly features: readonly number[];
}

const COLUMNS = ['t_ms', 'item_id', 'position', 'click', 'propensity'] as const;

/**
 * Reads the Open Bandit CSV shape, `t_ms,item_id,position,click,propensity,uf0,...`: the arm is the item. An empty
 * or unreadable propensity becomes undefined and is counted by the estimator; any other bad field is refused.
 *
 * @param lines the header and then the rows; empty lines are passed over
 * @returns the rows, lazily and in order
 * @throws AnalysisError IMPORT_INVALID naming the line
 * @see Saito et al., arXiv:2008.07146
 * @example
 * [...parseObd(['t_ms,item_id,position,click,propensity', '7,2,1,0,0.5'])] // => [{ time: 7, arm: '2', position: 1, reward: 0, propensity: 0.5, features: [] }]
 */
export function* parseObd(lines: Iterable<string>): Generator<ObdRow> {
  let number = 0;
  let features: readonly number[] | undefined;
  for (const line of lines) {
    number++;
    const text = line.trim();
    if (text === '') continue;
    if (features === undefined) features = readHeader(text);
    else yield readRow(text.split(','), features, number);
  }
  if (features === undefined) throw new AnalysisError('IMPORT_INVALID', 'no header');
}

function readHeader(text: string): readonly number[] {
  const names = text.split(',');
  if (COLUMNS.some((column, i) => names[i] !== column))
    throw new AnalysisError('IMPORT_INVALID', `header "${text.slice(0, 80)}", expected ${COLUMNS.join(',')},uf0,...`);
  return names.slice(COLUMNS.length).map((_, i) => COLUMNS.length + i);
}

function readRow(fields: readonly string[], features: readonly number[], line: number): ObdRow {
  const field = (i: number, name: string, valid: (value: number) => boolean): number => {
    const text = fields[i] ?? '';
    const value = text === '' ? Number.NaN : Number(text);
    if (!valid(value)) throw new AnalysisError('IMPORT_INVALID', `line ${line}: ${name} "${text}"`);
    return value;
  };
  const arm = fields[1] ?? '';
  if (arm === '') throw new AnalysisError('IMPORT_INVALID', `line ${line}: no item_id`);
  const propensity = Number(fields[4] === '' ? Number.NaN : fields[4]);
  return {
    time: field(0, 't_ms', Number.isSafeInteger),
    arm,
    position: field(2, 'position', Number.isInteger),
    reward: field(3, 'click', (value) => value === 0 || value === 1),
    propensity: Number.isFinite(propensity) ? propensity : undefined,
    features: features.map((i) => field(i, `feature ${i - COLUMNS.length}`, Number.isFinite)),
  };
}
