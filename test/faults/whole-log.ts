import { foldLog } from '@armature/analysis';
import { applyRecord, emptyState, stateDigest, statisticsOf } from '@armature/analysis/fold';
import { readFloor, readMeta, readPartition } from '@armature/analysis/log';
import { EVENT_TYPES, type LogEvent, type LogRecord } from '@armature/sdk/protocol';
import type { Engine } from '@armature/server';
import { expect } from 'vitest';
import { expectSameCells, foldedCells, naiveCells } from '../oracles/naive-cells.js';
import { naiveJoin } from '../oracles/naive-join.js';

/** The records of a data directory, read from its files, from where each partition begins. */
export async function recordsOf(data: string): Promise<LogRecord<LogEvent>[][]> {
  const partitions = (await readMeta(data))?.partitions ?? 0;
  return Promise.all(
    Array.from({ length: partitions }, async (_, partition) => {
      const records: LogRecord<LogEvent>[] = [];
      const from = (await readFloor(data, partition))?.offset ?? 0;
      for await (const group of readPartition(data, partition, from)) records.push(...group);
      return records;
    }),
  );
}

/**
 * That a log holds every accepted event, that the engine counted each of them once, as an independent joiner does, and
 * that a fold from the first record gives the engine's state byte for byte, as one from what retention has kept does.
 *
 * @param archive records that were found earlier, by offset: those that retention has deleted are taken from it
 */
export async function expectWholeLog(
  data: string,
  engine: Engine,
  accepted: ReadonlySet<string>,
  archive: readonly (readonly LogRecord<LogEvent>[])[] = [],
): Promise<void> {
  const kept = await recordsOf(data);
  const records = kept.map((left, p) => [...(archive[p] ?? []).slice(0, left[0]?.offset ?? 0), ...left]);
  const folded = await foldLog(data);
  expect(folded.partitions.map(stateDigest)).toEqual(engine.partitions.map(({ state }) => stateDigest(state)));
  const { registry } = engine;
  const events = records.flat().map(({ event }) => event);
  const ids = new Set(events.map(({ id }) => id));
  expect([...accepted].filter((id) => !ids.has(id))).toEqual([]);

  const trials = records.flatMap((partition) => naiveJoin(partition, registry));
  expectSameCells(foldedCells(engine.statistics(), registry), naiveCells(trials, registry));
  const distinct = (type: string) => new Set(events.filter((event) => event.type === type).map(({ id }) => id)).size;
  const health = [...engine.health().values()];
  expect(health.reduce((sum, { decisions }) => sum + decisions, 0)).toBe(distinct(EVENT_TYPES.decision));
  expect(health.reduce((sum, { rewards }) => sum + rewards, 0)).toBe(distinct(EVENT_TYPES.reward));

  for (const { index, state } of engine.partitions) {
    const again = emptyState();
    for (const [offset, record] of (records[index] ?? []).entries()) {
      expect(record.offset).toBe(offset);
      applyRecord(again, record, registry);
    }
    expect(stateDigest(again)).toBe(stateDigest(state));
    expect(statisticsOf(again)).toEqual(statisticsOf(state));
  }
  // a version is in the config log before anybody can decide under it
  for (const event of events) {
    if (event.type !== EVENT_TYPES.decision) continue;
    expect(registry.version(event.data.experiment, event.data.snapshot)).toBeDefined();
  }
}
