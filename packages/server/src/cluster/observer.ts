import {
  createRegistry,
  mergeStatistics,
  openTrialsOf,
  type PartitionState,
  type Registry,
  restoreState,
  statisticsOf,
} from '@armature/analysis/fold';
import type { StatisticsCell } from '@armature/sdk/protocol';
import { mergeOpenTrials, type OpenTrials } from '../aggregation/open-trials.js';
import { type ConnectionOptions, openConnections } from './connections.js';
import type { Revision } from './ports.js';

/** Looks on at what several servers do, without taking part. */
export interface Observer {
  readonly registry: Registry;
  /** As of the last look. */
  statistics(): readonly StatisticsCell[];
  openTrials(): ReadonlyMap<string, OpenTrials>;
  /** Reads what was committed since. */
  look(): Promise<void>;
  close(): Promise<void>;
}

/** Connects to the log and the state that servers share. */
export async function openObserver(options: ConnectionOptions): Promise<Observer> {
  const registry = createRegistry();
  const links = await openConnections(options, (records) => {
    for (const { event } of records) registry.applyConfig(event);
  });
  const { shared, config } = links;
  const indices = Array.from({ length: config.partitions }, (_, index) => index);
  const seen = new Map<number, { readonly revision: Revision; readonly state: PartitionState }>();
  const states = (): readonly PartitionState[] => indices.flatMap((index) => seen.get(index)?.state ?? []);
  return {
    registry,
    statistics: () => mergeStatistics(states().map((state) => statisticsOf(state))),
    openTrials: () => mergeOpenTrials(states().map((state) => openTrialsOf(state))),
    async look() {
      const marks = await shared.marks(indices);
      await config.catchUp();
      for (const index of indices) {
        if (marks[index] === undefined || marks[index].revision === seen.get(index)?.revision) continue;
        const loaded = await shared.load(index);
        if (loaded === undefined) continue;
        seen.set(index, { revision: loaded.revision, state: restoreState(loaded.state, registry) });
      }
    },
    close: links.close,
  };
}
