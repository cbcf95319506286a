import { type Cell, EMPTY_CELL } from '@armature/sdk/policies';
import type { SharedTotals } from '../cluster/ports.js';
import type { RunningTotals } from './running-totals.js';

/** What a sum is a sum of. */
export interface TotalName {
  readonly experiment: string;
  readonly epoch: number;
  readonly arm: string;
  readonly metric: string;
}

const SCHEMA = 1;

export function totalKey({ experiment, epoch, arm, metric }: TotalName): string {
  return `${experiment}\0${epoch}\0${arm}\0${metric}`;
}

/** A number as JSON that reads back as it was, in every bit; JSON itself has no -0, infinity or NaN to write. */
function exact(value: number): string {
  if (Object.is(value, -0)) return '-0';
  return Number.isFinite(value) ? String(value) : `"${value}"`;
}

/** One sum as an entry of the text; of several with one name the last counts. */
export function totalEntry(
  { experiment, epoch, arm, metric }: TotalName,
  { trials, rewarded, mean, m2 }: Cell,
): string {
  const names = [experiment, epoch, arm, metric].map((name) => JSON.stringify(name));
  return `[${names},${trials},${rewarded},${exact(mean)},${exact(m2)}]`;
}

export function totalsText(entries: readonly string[]): SharedTotals {
  return `{"schema":${SCHEMA},"cells":[${entries.join(',')}]}`;
}

type Entry = readonly [string, number, string, string, number, number, number | string, number | string];

/**
 * Reads back the sums that another process shared: the same cells, in every bit.
 *
 * @param text what `encode` of `RunningTotals` gave
 * @throws when it is of another version
 */
export function sharedTotals(text: SharedTotals): Pick<RunningTotals, 'cells'> {
  const { schema, cells } = JSON.parse(text) as { readonly schema: number; readonly cells: readonly Entry[] };
  if (schema !== SCHEMA) throw new Error(`totals of schema ${schema}; this version reads schema ${SCHEMA}`);
  const totals = new Map<string, Cell>();
  for (const [experiment, epoch, arm, metric, trials, rewarded, mean, m2] of cells) {
    const cell = { trials, rewarded, mean: Number(mean), m2: Number(m2) };
    totals.set(totalKey({ experiment, epoch, arm, metric }), cell);
  }
  return {
    cells: (experiment, epoch, arms, metric) =>
      arms.map((arm) => totals.get(totalKey({ experiment, epoch, arm, metric })) ?? EMPTY_CELL),
  };
}
