import { readFile } from 'node:fs/promises';
import {
  applyRecord,
  createRegistry,
  decodeState,
  emptyState,
  encodeState,
  healthOf,
  mergeHealth,
  mergeStatistics,
  type Registry,
  statisticsOf,
} from '@armature/analysis/fold';
import { layoutOf, readConfig, readMeta, readPartition } from '@armature/analysis/log';
import type { Health, LogEvent, LogRecord, StatisticsCell } from '@armature/sdk/protocol';

/** Everything a data directory holds after a run, read without the server. */
export interface ReadBack {
  readonly registry: Registry;
  readonly records: readonly (readonly LogRecord<LogEvent>[])[];
  /** Statistics as the checkpoints have them: what the server itself had folded, kill after kill. */
  readonly statistics: readonly StatisticsCell[];
  readonly health: ReadonlyMap<string, Health>;
  /** State bytes of the checkpoints, and of a fold of the same records from the first one on. */
  readonly checkpoints: readonly string[];
  readonly refolded: readonly string[];
}

export async function readBack(data: string): Promise<ReadBack> {
  const registry = createRegistry();
  for await (const group of readConfig(data)) for (const { event } of group) registry.applyConfig(event);
  const partitions = (await readMeta(data))?.partitions ?? 0;
  const records: LogRecord<LogEvent>[][] = [];
  const checkpoints: string[] = [];
  const refolded: string[] = [];
  for (let partition = 0; partition < partitions; partition += 1) {
    const all: LogRecord<LogEvent>[] = [];
    for await (const group of readPartition(data, partition)) all.push(...group);
    const stored = JSON.parse(await readFile(layoutOf(data).checkpoint(partition), 'utf8')) as {
      offset: number;
      state: string;
    };
    const state = emptyState();
    for (const record of all.slice(0, stored.offset)) applyRecord(state, record, registry);
    records.push(all.slice(0, stored.offset));
    checkpoints.push(stored.state);
    refolded.push(encodeState(state));
  }
  const states = checkpoints.map((text) => decodeState(text, registry));
  return {
    registry,
    records,
    statistics: mergeStatistics(states.map(statisticsOf)),
    health: mergeHealth(states.map(healthOf)),
    checkpoints,
    refolded,
  };
}
