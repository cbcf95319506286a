import { type ClosedTrial, epochOf, type PartitionState, type Registry } from '@armature/analysis/fold';
import { addMissing, addReward, type Cell, EMPTY_CELL, merge } from '@armature/sdk/policies';
import type { SharedTotals } from '../cluster/ports.js';
import { type TotalName, totalEntry, totalKey, totalsText } from './shared-totals.js';

/** One arm's sum in one metric and learning epoch: what is settled, and the newest trials beside it. */
interface Total {
  readonly name: TotalName;
  settled: Cell;
  recent: Cell;
  /** As it is shared; undefined since it changed. */
  entry: string | undefined;
}

const cellOf = ({ settled, recent }: Total): Cell => merge(settled, recent);

function entryOf(total: Total): string {
  total.entry ??= totalEntry(total.name, cellOf(total));
  return total.entry;
}

/** Trials that are added one by one before they are merged as a block: long runs of single steps lose digits. */
const BLOCK = 4096;

/** By metric, then by arm of a version. */
type VersionTotals = Map<string, readonly Total[]>;

/**
 * The statistics of one partition, summed over versions, rules and buckets as trials are counted: a look at them costs
 * the same however many cells there are. Equal to the merged cells up to rounding (1e-12).
 */
export interface RunningTotals {
  /** Adds a trial that the fold has just counted. */
  counted(trial: ClosedTrial): void;
  /** The cells of one metric in one learning epoch, in the order of `arms`. */
  cells(experiment: string, epoch: number, arms: readonly string[], metric: string): readonly Cell[];
  /** All cells as text for other processes, see `sharedTotals`. Only what changed since the last call is worked out. */
  encode(): SharedTotals;
}

/**
 * Sums up what a state has counted so far, and goes on from there.
 *
 * @param registry complete: it knows the arms of every version that the state names
 */
export function runningTotals(state: PartitionState, registry: Registry): RunningTotals {
  const totals = new Map<string, Total>();
  const byVersion = new Map<string, VersionTotals>();
  let last: { readonly experiment: string; readonly version: string; readonly of: VersionTotals } | undefined;

  const make = (experiment: string, version: string, metric: string): readonly Total[] => {
    const arms = registry.version(experiment, version)?.arms ?? [];
    return arms.map((arm) => {
      const name: TotalName = { experiment, epoch: Number(epochOf(version)), arm, metric };
      const key = totalKey(name);
      const known = totals.get(key) ?? { name, settled: EMPTY_CELL, recent: EMPTY_CELL, entry: undefined };
      totals.set(key, known);
      return known;
    });
  };
  const totalOf = (experiment: string, version: string, metric: string, arm: number): Total | undefined => {
    if (last?.version !== version || last.experiment !== experiment) {
      const key = `${experiment}\0${version}`;
      const of = byVersion.get(key) ?? new Map<string, readonly Total[]>();
      byVersion.set(key, of);
      last = { experiment, version, of };
    }
    const known = last.of.get(metric);
    if (known !== undefined) return known[arm];
    const made = make(experiment, version, metric);
    last.of.set(metric, made);
    return made[arm];
  };

  for (const { experiment, version, arms } of state.cells.values()) {
    for (const [arm, { metrics }] of arms.entries()) {
      for (const [metric, cell] of metrics) {
        const total = totalOf(experiment, version, metric, arm);
        if (total !== undefined) total.settled = merge(total.settled, cell);
      }
    }
  }
  return {
    counted({ experiment, version, arm, metric, reward }) {
      const total = totalOf(experiment, version, metric, arm);
      if (total === undefined) return;
      total.entry = undefined;
      total.recent = reward === undefined ? addMissing(total.recent) : addReward(total.recent, reward);
      if (total.recent.trials < BLOCK) return;
      total.settled = merge(total.settled, total.recent);
      total.recent = EMPTY_CELL;
    },
    cells: (experiment, epoch, arms, metric) =>
      arms.map((arm) => {
        const total = totals.get(totalKey({ experiment, epoch, arm, metric }));
        return total === undefined ? EMPTY_CELL : cellOf(total);
      }),
    encode: () => totalsText(Array.from(totals.values(), entryOf)),
  };
}
