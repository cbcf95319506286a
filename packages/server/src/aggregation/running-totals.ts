import { type ClosedTrial, epochOf, type PartitionState, type Registry } from '@armature/analysis/fold';
import { addMissing, addReward, type Cell, EMPTY_CELL, merge } from '@armature/sdk/policies';

/** One arm's sum in one metric and learning epoch: what is settled, and the newest trials beside it. */
interface Total {
  settled: Cell;
  recent: Cell;
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

  const nameOf = (experiment: string, epoch: string | number, arm: string, metric: string): string =>
    `${experiment}\0${epoch}\0${arm}\0${metric}`;
  const make = (experiment: string, version: string, metric: string): readonly Total[] => {
    const arms = registry.version(experiment, version)?.arms ?? [];
    return arms.map((arm) => {
      const name = nameOf(experiment, epochOf(version), arm, metric);
      const known = totals.get(name) ?? { settled: EMPTY_CELL, recent: EMPTY_CELL };
      totals.set(name, known);
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
      total.recent = reward === undefined ? addMissing(total.recent) : addReward(total.recent, reward);
      if (total.recent.trials < BLOCK) return;
      total.settled = merge(total.settled, total.recent);
      total.recent = EMPTY_CELL;
    },
    cells: (experiment, epoch, arms, metric) =>
      arms.map((arm) => {
        const total = totals.get(nameOf(experiment, epoch, arm, metric));
        return total === undefined ? EMPTY_CELL : merge(total.settled, total.recent);
      }),
  };
}
