import {
  applyRecord,
  createRegistry,
  emptyState,
  healthOf,
  mergeHealth,
  mergeStatistics,
  type PartitionState,
  type Registry,
  restoreState,
  stateDigest,
  statisticsOf,
} from '@armature/analysis/fold';
import { readConfig, readMeta, readPartition } from '@armature/analysis/log';
import type { Health, LogEvent, LogRecord, StatisticsCell } from '@armature/sdk/protocol';
import { disk, fileState, silent } from '@armature/server';

/** Everything a data directory holds after a run, read without the server. */
export interface ReadBack {
  readonly registry: Registry;
  readonly records: readonly (readonly LogRecord<LogEvent>[])[];
  /** Statistics as the checkpoints have them: what the server itself had folded, kill after kill. */
  readonly statistics: readonly StatisticsCell[];
  readonly health: ReadonlyMap<string, Health>;
  /** Digests of the checkpoints' states, and of a fold of the same records from the first one on. */
  readonly checkpoints: readonly string[];
  readonly refolded: readonly string[];
}

export async function readBack(data: string): Promise<ReadBack> {
  const registry = createRegistry();
  for await (const group of readConfig(data)) for (const { event } of group) registry.applyConfig(event);
  const partitions = (await readMeta(data))?.partitions ?? 0;
  const records: LogRecord<LogEvent>[][] = [];
  const states: PartitionState[] = [];
  const store = await fileState(disk(), data, silent);
  const checkpoints: string[] = [];
  const refolded: string[] = [];
  for (let partition = 0; partition < partitions; partition += 1) {
    const all: LogRecord<LogEvent>[] = [];
    for await (const group of readPartition(data, partition)) all.push(...group);
    const stored = await store.load(partition);
    if (stored === undefined) throw new Error(`no checkpoint of partition ${partition}`);
    const loaded = restoreState(stored, registry);
    states.push(loaded);
    const state = emptyState();
    for (const record of all.slice(0, stored.offset)) applyRecord(state, record, registry);
    records.push(all.slice(0, stored.offset));
    checkpoints.push(stateDigest(loaded));
    refolded.push(stateDigest(state));
  }
  return {
    registry,
    records,
    statistics: mergeStatistics(states.map(statisticsOf)),
    health: mergeHealth(states.map(healthOf)),
    checkpoints,
    refolded,
  };
}
