import type { Partition } from '../aggregation/partition.js';
import { checkPlace } from './check-place.js';
import type { IngestLog } from './ingest.js';

/** The log of one machine: every partition's state is here, and nobody else writes to the config log. */
export function partitionsLog(partitions: readonly Partition[]): IngestLog {
  return {
    partitions: partitions.length,
    append: async (index, events) => partitions[index]?.append(events),
    logTime: () => Math.max(...partitions.map(({ state }) => state.watermark)),
    misplaced: (event, index) => checkPlace(event, index, partitions),
  };
}
