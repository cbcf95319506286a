import { createRandom, type Random } from '@armature/analysis';
import { applyRecord, emptyState, encodeState, statisticsOf } from '@armature/analysis/fold';
import { readMeta, readPartition } from '@armature/analysis/log';
import { EVENT_TYPES, type LogEvent, type LogRecord } from '@armature/sdk/protocol';
import { disk, type Engine, virtualClock } from '@armature/server';
import { afterEach, describe, expect, test } from 'vitest';
import { type FaultyDisk, faultyDisk } from '../../packages/server/test/faulty-disk.js';
import { decisionOf, rewardOf, type Workspace, workspace } from '../../packages/server/test/workspace.js';
import { expectSameCells, foldedCells, naiveCells } from '../oracles/naive-cells.js';
import { naiveJoin } from '../oracles/naive-join.js';

const START = Date.UTC(2026, 0, 1);
const FILES = {
  'a.yaml': `experiment: reader
arms: [large, small]
assign: request
policy: thompson
floor: 10%
update: 100ms
reward: { metric: correct, window: 1s }
---
experiment: button
arms: [blue, green]
reward: { metric: purchase, window: 1s }
`,
};
const OPERATIONS = ['write', 'datasync', 'rename', 'syncDirectory', 'open'] as const;

let space: Workspace | undefined;
afterEach(() => space?.dispose());

const pick = <T>(random: Random, values: readonly T[]): T => values[Math.floor(random() * values.length)] as T;

/** A client that keeps what was not acknowledged and sends it again, whole, to the next life of the server. */
function createSender(random: Random) {
  let queue: LogEvent[] = [];
  const accepted = new Set<string>();
  return {
    accepted,
    make(engine: Engine, now: number): void {
      for (let n = 0; n < 4; n += 1) {
        const experiment = pick(random, ['reader', 'button']);
        const arms = engine.snapshot.experiments[experiment]?.arms ?? [];
        const unit = experiment === 'button' ? { unit: `u-${Math.floor(random() * 60)}` } : {};
        const decision = decisionOf(engine.snapshot, experiment, pick(random, arms), now, unit) as LogEvent;
        const made = [decision];
        if (random() < 0.5) {
          const reward = rewardOf(
            experiment,
            decision.id,
            { [experiment === 'reader' ? 'correct' : 'purchase']: 1 },
            now,
          );
          made.push({ ...reward, data: { ...reward.data, ...unit } } as LogEvent);
        }
        queue.push(...made);
        if (random() < 0.2) queue.push(...made);
      }
    },
    async send(engine: Engine): Promise<void> {
      const batch = queue;
      try {
        const { errors } = await engine.ingest(batch);
        expect(errors.filter((error) => !error.retryable)).toEqual([]);
        const again = new Set(errors.map((error) => error.index));
        queue = batch.filter((_, index) => again.has(index));
        for (const [index, event] of batch.entries()) if (!again.has(index)) accepted.add(event.id);
      } catch (cause) {
        expect(cause).toMatchObject({ retryable: true });
      }
    },
  };
}

/** The log as it lies on the real disk after the last crash. */
async function recordsOf(data: string): Promise<LogRecord<LogEvent>[][]> {
  const partitions = (await readMeta(data))?.partitions ?? 0;
  return Promise.all(
    Array.from({ length: partitions }, async (_, partition) => {
      const records: LogRecord<LogEvent>[] = [];
      for await (const group of readPartition(data, partition)) records.push(...group);
      return records;
    }),
  );
}

/** Lives of a server, each ended by a power cut at a random operation; then one that goes on. */
async function run(seed: number, partitions: number, lives: number, makeDisk: () => FaultyDisk = faultyDisk) {
  const random = createRandom(seed);
  const opened = await workspace(FILES);
  space = opened;
  const clock = virtualClock(START);
  const sender = createSender(random);
  let cuts = 0;
  for (let life = 0; life < lives; life += 1) {
    const fs = makeDisk();
    const engine = await opened.open({ clock, fs, partitions, segmentBytes: 20_000 });
    const end = 1 + Math.floor(random() * 6);
    for (let step = 0; step < 8 && engine.failure === undefined; step += 1) {
      if (step === end) fs.crashAt(pick(random, OPERATIONS), random());
      sender.make(engine, clock.now());
      await sender.send(engine);
      if (random() < 0.3) await engine.checkpoint().catch(() => {});
      await clock.advance(150);
    }
    if (engine.failure === undefined) fs.crash(random());
    else cuts += 1;
    await engine.close().catch(() => {});
  }
  const engine = await opened.open({ clock, fs: disk() });
  for (let tries = 0; tries < 3; tries += 1) await sender.send(engine);
  await clock.advance(5000);
  return { engine, sender, cuts, data: opened.data };
}

describe.each([1, 3])('power cuts at random operations, %i partitions', (partitions) => {
  test.each([1, 2, 3, 4])('every accepted event counts once, as an independent joiner says (seed %i)', async (seed) => {
    const { engine, sender, cuts, data } = await run(seed, partitions, 12);
    const records = await recordsOf(data);
    const { registry } = engine;
    const ids = new Set(records.flat().map(({ event }) => event.id));
    expect([...sender.accepted].filter((id) => !ids.has(id))).toEqual([]);
    expect(sender.accepted.size).toBeGreaterThan(300);
    expect(cuts).toBeGreaterThan(3);
    const trials = records.flatMap((partition) => naiveJoin(partition, registry));
    expectSameCells(foldedCells(engine.statistics(), registry), naiveCells(trials, registry));
    for (const [index, partition] of engine.partitions.entries()) {
      const again = emptyState();
      for (const record of records[index] ?? []) applyRecord(again, record, registry);
      expect(encodeState(again)).toBe(encodeState(partition.state));
      expect(statisticsOf(again)).toEqual(statisticsOf(partition.state));
    }
    // a version is in the log before anybody can decide under it
    for (const { event } of records.flat()) {
      if (event.type !== EVENT_TYPES.decision) continue;
      expect(registry.version(event.data.experiment, event.data.snapshot)).toBeDefined();
    }
  });
});

test('the run can fail: a disk that does not sync loses events that were acknowledged', async () => {
  const forgetful = (): FaultyDisk => {
    const fs = faultyDisk();
    return {
      ...fs,
      get calls() {
        return fs.calls;
      },
      async open(...args) {
        const file = await fs.open(...args);
        return { ...file, datasync: async () => {} };
      },
    };
  };
  const lost = await run(1, 1, 12, forgetful).then(
    async ({ sender, data }) => {
      const ids = new Set((await recordsOf(data)).flat().map(({ event }) => event.id));
      return [...sender.accepted].filter((id) => !ids.has(id)).length;
    },
    (cause: unknown) => String(cause), // a server that finds its log shorter than its checkpoint refuses to start
  );
  expect(String(lost)).toMatch(/^[1-9]|lost records/);
});
