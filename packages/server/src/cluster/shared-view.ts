import type { PublishedPartition } from '../aggregation/publisher.js';
import type { RunningTotals } from '../aggregation/running-totals.js';
import { sharedTotals, totalsText } from '../aggregation/shared-totals.js';
import type { Revision, SharedState, StateMark } from './ports.js';

/** All partitions as the shared state has them, for the publisher and for whoever wants to see the whole. */
export interface SharedView {
  /** As of the last refresh. */
  readonly partitions: readonly PublishedPartition[];
  /** Reads what was committed. @returns whether anything is new */
  refresh(): Promise<boolean>;
}

const NOTHING: Pick<RunningTotals, 'cells'> = sharedTotals(totalsText([]));

/**
 * @param count number of partitions
 * @param log identity of the log: a state of another one counts as none
 */
export function sharedView(shared: Pick<SharedState, 'marks'>, count: number, log: string): SharedView {
  const indices = Array.from({ length: count }, (_, index) => index);
  const seen = new Map<number, Revision | undefined>();
  const partitions = indices.map((index) => ({ index, state: { offset: 0 }, totals: NOTHING }));
  const take = (mark: StateMark | undefined, index: number): boolean => {
    const partition = partitions[index];
    const revision = mark?.log === log ? mark.revision : undefined;
    if (partition === undefined || seen.get(index) === revision) return false;
    // throws before anything is taken where another version of this program wrote it
    partition.totals = revision === undefined ? NOTHING : sharedTotals(mark?.totals ?? totalsText([]));
    partition.state.offset = revision === undefined ? 0 : (mark?.offset ?? 0);
    seen.set(index, revision);
    return true;
  };
  return {
    partitions,
    async refresh() {
      const marks = await shared.marks(indices);
      return indices.filter((index) => take(marks[index], index)).length > 0;
    },
  };
}
