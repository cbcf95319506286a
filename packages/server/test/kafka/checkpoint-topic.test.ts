import { setTimeout as sleep } from 'node:timers/promises';
import { isCurrentState, type PartitionState, restoreState, stateDigest, takeChanges } from '@armature/analysis/fold';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { describeWith } from '../../../../test/environment.js';
import { START_MS, sharedKafka } from '../../../../test/provisioned.js';
import { registry } from '../../../analysis/test/fold/records.js';
import { checkpointReading } from '../../src/adapters/kafka/checkpoint-records.js';
import { openCheckpointLog } from '../../src/adapters/kafka/checkpoint-topic.js';
import { openProducer } from '../../src/adapters/kafka/producer.js';
import { readToEnd } from '../../src/adapters/kafka/topic-reader.js';
import { silent } from '../../src/adapters/loggers.js';
import type { CheckpointLog, KafkaSettings, KeptState, Message, Producer, RawRecord } from '../../src/cluster/ports.js';
import { serverError } from '../../src/errors.js';
import { growing } from '../growing-state.js';
import { deleteTopics, makeTopic, settingsOf } from './kafka-topics.js';

const COMPACT = { 'cleanup.policy': 'compact' };

describeWith('kafka', 'checkpoints in a compacted topic', () => {
  let brokers: readonly string[];
  let settings: KafkaSettings;
  let producer: Producer;
  const used: KafkaSettings[] = [];

  beforeAll(async () => {
    brokers = await sharedKafka();
  }, START_MS);
  beforeEach(async () => {
    settings = settingsOf(brokers);
    used.push(settings);
    await makeTopic(settings, 'checkpoints', { partitions: 2, config: COMPACT });
    producer = await openProducer(settings, { logger: silent });
    return () => producer.close();
  }, 60_000);
  afterAll(async () => {
    for (const each of used) await deleteTopics(each);
  }, 60_000);

  const opened = (through: Producer = producer): CheckpointLog =>
    openCheckpointLog({ settings, producer: through, logger: silent });
  const at = (state: PartitionState) => ({ log: 'log-1', offset: state.offset, anchor: `anchor ${state.offset}` });
  const digestOf = (kept: KeptState | undefined): string | undefined =>
    kept && isCurrentState(kept.head) ? stateDigest(restoreState(kept, registry)) : undefined;
  const load = (partition = 1): Promise<KeptState | undefined> => opened().load(partition);
  const keys = async (): Promise<Set<string>> => {
    const live = new Set<string>();
    for await (const records of readToEnd(settings, 'checkpoints', 1, 0, { gaps: true })) {
      for (const { key, value } of records) {
        if (value === null) live.delete(String(key));
        else live.add(String(key));
      }
    }
    return live;
  };
  /** A producer that fails at its n-th append from now on: before anything is written, or after. */
  const failing = () => {
    let left = Number.POSITIVE_INFINITY;
    let written = false;
    const appended: (readonly Message[])[] = [];
    const through: Producer = {
      async append(topic, partition, messages) {
        left -= 1;
        if (left < 0 && !written) throw serverError('LOG_UNAVAILABLE');
        appended.push(messages);
        const acked = await producer.append(topic, partition, messages);
        if (left < 0) throw serverError('WRITE_UNCERTAIN');
        return acked;
      },
      close: async () => {},
    };
    const failAt = (n: number, after = false): void => {
      left = n;
      written = after;
    };
    return { through, failAt, appended };
  };

  test('a state that was written in many steps is read back, and costs what changed', async () => {
    const { through, appended } = failing();
    const log = opened(through);
    const { state, grow } = growing();
    expect(await load()).toBeUndefined();
    log.begin(1, undefined);
    await log.write(1, at(state)); // nothing was kept: there is nothing to write
    expect(appended).toEqual([]);
    const bytes = (): number => appended.splice(0).reduce((sum, batch) => sum + sizeOf(batch), 0);
    grow(20_000);
    for (let step = 0; step < 12; step += 1) {
      for (let commit = 0; commit < 3; commit += 1) {
        grow(7);
        log.keep(1, takeChanges(state));
      }
      await log.write(1, at(state));
      if (step === 0) expect(bytes()).toBeGreaterThan(1_000_000);
      else expect(bytes()).toBeLessThan(80_000);
      if (step % 4 > 0) continue;
      const kept = await load();
      expect(kept).toMatchObject(at(state));
      expect(digestOf(kept)).toBe(stateDigest(state));
    }
    expect(await load(0)).toBeUndefined();
  }, 60_000);

  test('whoever goes on from a loaded state writes it whole once, and deletes what was before', async () => {
    const { state, grow } = growing();
    const first = opened();
    first.begin(1, undefined);
    grow(500);
    first.keep(1, takeChanges(state));
    await first.write(1, at(state));
    const before = await keys();

    const second = opened();
    const kept = await second.load(1);
    if (kept === undefined) throw new Error('no checkpoint');
    second.begin(1, kept);
    const restored = restoreState(kept, registry);
    const { grow: growOn, state: grown } = growing(restored);
    growOn(3);
    second.keep(1, takeChanges(grown));
    await second.write(1, at(grown));
    const after = await keys();
    expect([...before].filter((key) => after.has(key))).toEqual([]);
    expect(digestOf(await load())).toBe(stateDigest(grown));
    // and nothing grows that nobody names: again and again the same number of keys
    for (let n = 0; n < 10; n += 1) {
      second.keep(1, {
        whole: false,
        head: '{}',
        added: new Map([[`cells.0.${n}`, [new Uint8Array(9)]]]),
        parts: [`cells.0.${n}`],
      });
      await second.write(1, at(grown));
    }
    expect((await keys()).size).toBe(4); // a head; the state's head, the names of the parts, and the one part
  }, 60_000);

  /** What the cleaner leaves that has kept only the last record of each key up to a place. */
  const compacted = (records: readonly RawRecord[], point: number): RawRecord[] => {
    const last = new Map(records.slice(0, point).map(({ key, offset }) => [String(key), offset]));
    return records.filter(({ key, offset }, index) => index >= point || last.get(String(key)) === offset);
  };
  const newest = (records: readonly RawRecord[]): string | undefined => {
    const reading = checkpointReading(1, true);
    for (const record of records) reading.take(record);
    return digestOf(reading.heads.map(reading.stateOf).findLast((state) => state !== undefined));
  };

  test('a write that fails anywhere leaves a whole checkpoint, however far it was compacted, and the next has what it lacked', async () => {
    const { through, failAt } = failing();
    const log = opened(through);
    const { state, grow } = growing();
    log.begin(1, undefined);
    let failed = 0;
    let durable: string | undefined;
    for (let n = 0; n < 12; n += 1) {
      grow(60);
      log.keep(1, takeChanges(state));
      const now = stateDigest(state);
      failAt(n % 3, n % 2 === 1);
      await log.write(1, at(state)).catch(() => {
        failed += 1;
      });
      failAt(Number.POSITIVE_INFINITY);
      const before = durable;
      durable = digestOf(await load());
      expect([before, now]).toContain(durable);
      const records: RawRecord[] = [];
      for await (const group of readToEnd(settings, 'checkpoints', 1, 0, { gaps: true })) records.push(...group);
      for (let point = 0; point <= records.length; point += 3) {
        expect(newest(compacted(records, point)), `compacted up to ${point}`).toBe(durable);
      }
    }
    expect(failed).toBeGreaterThanOrEqual(6);
    await log.write(1, at(state));
    expect(digestOf(await load())).toBe(stateDigest(state));
  }, 60_000);

  test('what is kept while a checkpoint is written is in the next one, not in this', async () => {
    const log = opened();
    const { state, grow } = growing();
    log.begin(1, undefined);
    grow(200);
    log.keep(1, takeChanges(state));
    const [place, before] = [at(state), stateDigest(state)];
    const writing = log.write(1, place);
    grow(200);
    log.keep(1, takeChanges(state));
    const next = log.write(1, at(state));
    await writing;
    await next;
    expect(digestOf(await load())).toBe(stateDigest(state));
    expect(before).not.toBe(stateDigest(state));
  }, 60_000);

  test('a part of many megabytes is cut into chunks that the topic takes', async () => {
    const log = opened();
    log.begin(1, undefined);
    const bytes = Uint8Array.from({ length: 3_000_000 }, (_, n) => (n * 7919) % 251);
    const head = `"${'h'.repeat(700_000)}"`;
    const added = new Map([['ids.keys.1', [bytes.subarray(0, 10), bytes.subarray(10)]]]);
    log.keep(1, { whole: true, head, added, parts: ['ids.keys.1', 'units.1.0.a%2Fb'] });
    await log.write(1, { log: 'log-1', offset: 5, anchor: '' });
    const kept = await load();
    expect(kept?.head).toBe(head);
    expect([...(kept?.parts.keys() ?? [])]).toEqual(['ids.keys.1', 'units.1.0.a%2Fb']);
    expect(Buffer.compare(kept?.parts.get('ids.keys.1') ?? new Uint8Array(), bytes)).toBe(0);
    expect(kept?.parts.get('units.1.0.a%2Fb')).toEqual(new Uint8Array());
  }, 60_000);

  test('of two owners the last whole head counts, and neither harms the other', async () => {
    const [one, two] = [growing(), growing()];
    const [first, second] = [opened(), opened()];
    first.begin(1, undefined);
    second.begin(1, undefined);
    for (let n = 0; n < 6; n += 1) {
      one.grow(20);
      first.keep(1, takeChanges(one.state));
      const before = stateDigest(two.state);
      await first.write(1, at(one.state));
      // the second has come further and deletes what the first has left: whichever is whole is read
      expect([stateDigest(one.state), before]).toContain(digestOf(await load()));
      two.grow(30);
      second.keep(1, takeChanges(two.state));
      await second.write(1, at(two.state));
      expect(digestOf(await load())).toBe(stateDigest(two.state));
    }
    two.grow(1);
    second.keep(1, takeChanges(two.state));
    await second.write(1, at(two.state));
    expect(digestOf(await load())).toBe(stateDigest(two.state));
  }, 60_000);

  test('an owner that was replaced and writes for the first time afterwards deletes nothing of the one that came further', async () => {
    const [one, two] = [growing(), growing()];
    const [late, owner] = [opened(), opened()];
    late.begin(1, undefined);
    one.grow(20);
    late.keep(1, takeChanges(one.state));
    owner.begin(1, undefined);
    two.grow(40);
    owner.keep(1, takeChanges(two.state));
    await owner.write(1, at(two.state));
    const theirs = await keys();
    await late.write(1, at(one.state));
    const both = await keys();
    expect([...theirs].filter((key) => !both.has(key))).toEqual([]);
    two.grow(1);
    owner.keep(1, takeChanges(two.state));
    await owner.write(1, at(two.state));
    expect(digestOf(await load())).toBe(stateDigest(two.state));
  }, 60_000);

  test('an owner that gave the partition away while it wrote writes no head', async () => {
    const log = opened();
    const { state, grow } = growing();
    log.begin(1, undefined);
    grow(10);
    log.keep(1, takeChanges(state));
    const writing = log.write(1, at(state));
    log.forget(1);
    await expect(writing).rejects.toThrow("another owner's");
    expect(await load()).toBeUndefined();
    log.keep(1, takeChanges(state));
    await log.write(1, at(state));
    expect(await load()).toBeUndefined();
    expect(() => log.keep(0, takeChanges(state))).toThrow('did not begin');
  }, 60_000);

  test('where a chunk is missing the checkpoint before counts, and without a whole one none, with a warning', async () => {
    const { through, failAt } = failing();
    const log = opened(through);
    const { state, grow } = growing();
    log.begin(1, undefined);
    grow(50);
    log.keep(1, takeChanges(state));
    await log.write(1, at(state));
    const [first, place] = [stateDigest(state), at(state)];
    const before = await keys();
    grow(50);
    log.keep(1, takeChanges(state));
    failAt(2); // chunks and head are written, and what they replace is not deleted
    await log.write(1, at(state));
    expect(digestOf(await load())).toBe(stateDigest(state));
    const remove = (gone: Iterable<string>) =>
      producer.append(
        'checkpoints',
        1,
        Array.from(gone, (key) => ({ key, value: null })),
      );
    await remove([...(await keys())].filter((key) => !before.has(key)).slice(0, 1));
    const kept = await load();
    expect(kept).toMatchObject(place);
    expect(digestOf(kept)).toBe(first);
    await remove([...before].filter((key) => key.endsWith('/0')));
    const warned: unknown[] = [];
    const logger = { ...silent, warn: (_: string, fields?: object) => warned.push(fields) };
    expect(await openCheckpointLog({ settings, producer, logger }).load(1)).toBeUndefined();
    expect(warned).toEqual([expect.objectContaining({ partition: 1, checkpoints: 2, newest: state.offset })]);
  }, 60_000);

  test('what compaction leaves is the checkpoint', async () => {
    await deleteTopics(settings);
    const eager = { ...COMPACT, 'segment.ms': '100', 'min.cleanable.dirty.ratio': '0.001', 'delete.retention.ms': '0' };
    await makeTopic(settings, 'checkpoints', { partitions: 2, config: { ...eager, 'max.compaction.lag.ms': '100' } });
    const log = opened();
    const { state, grow } = growing();
    log.begin(1, undefined);
    for (let n = 0; n < 8; n += 1) {
      grow(100);
      log.keep(1, takeChanges(state));
      await log.write(1, at(state));
      await sleep(150);
    }
    const count = async (): Promise<number> => {
      let records = 0;
      for await (const group of readToEnd(settings, 'checkpoints', 1, 0, { gaps: true })) records += group.length;
      return records;
    };
    // the cleaner takes whole segments: each record opens the next one
    await expect
      .poll(
        async () => {
          await producer.append('checkpoints', 1, [{ key: 'other', value: 'x' }]);
          return (await count()) - (await keys()).size;
        },
        { timeout: 60_000, interval: 500 },
      )
      .toBeLessThan(5); // the newest segment is not cleaned
    expect(digestOf(await load())).toBe(stateDigest(state));
  }, 120_000);
});

const sizeOf = (batch: readonly Message[]): number => batch.reduce((sum, { value }) => sum + (value?.length ?? 0), 0);
