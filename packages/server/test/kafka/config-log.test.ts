import { createRegistry } from '@armature/analysis/fold';
import type { ConfigLogEvent, LogRecord } from '@armature/sdk/protocol';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { describeWith } from '../../../../test/environment.js';
import { START_MS, sharedKafka } from '../../../../test/provisioned.js';
import { systemClock } from '../../src/adapters/clock.js';
import { openConfigLog } from '../../src/adapters/kafka/config-log.js';
import { openProducer } from '../../src/adapters/kafka/producer.js';
import { readToEnd } from '../../src/adapters/kafka/topic-reader.js';
import { silent } from '../../src/adapters/loggers.js';
import { servedSnapshot } from '../../src/aggregation/served-snapshot.js';
import type { KafkaSettings, Producer, SharedConfigLog } from '../../src/cluster/ports.js';
import { serverError } from '../../src/errors.js';
import { definition, version } from './config-events.js';
import { deleteTopics, makeTopic, settingsOf, withAdmin } from './kafka-topics.js';

describeWith('kafka', 'the shared config log', () => {
  let brokers: readonly string[];
  let settings: KafkaSettings;
  let producer: Producer;
  const open: SharedConfigLog[] = [];
  const used: KafkaSettings[] = [];
  const clock = systemClock();

  beforeAll(async () => {
    brokers = await sharedKafka();
  }, START_MS);
  beforeEach(async () => {
    settings = settingsOf(brokers);
    used.push(settings);
    await makeTopic(settings, 'events', { partitions: 3 });
    await makeTopic(settings, 'config');
    producer = await openProducer(settings, { logger: silent });
    return async () => {
      await Promise.all(open.splice(0).map((log) => log.close()));
      await producer.close();
    };
  }, 60_000);
  afterAll(async () => {
    for (const each of used) await deleteTopics(each);
  }, 60_000);

  const openLog = async (more: { partitions?: number; producer?: Producer } = {}): Promise<SharedConfigLog> => {
    const log = await openConfigLog({ settings, producer, logger: silent, clock, ...more });
    open.push(log);
    return log;
  };
  const all = async (log: SharedConfigLog, from = 0): Promise<LogRecord<ConfigLogEvent>[]> => {
    const records: LogRecord<ConfigLogEvent>[] = [];
    for await (const group of log.read(from)) records.push(...group);
    return records;
  };
  /** A log with everything that is durable now. */
  const reread = async (): Promise<LogRecord<ConfigLogEvent>[]> => all(await openLog());

  test('servers that start together begin one log, with as many partitions as the events have', async () => {
    const logs = await Promise.all([openLog(), openLog(), openLog(), openLog()]);
    expect(new Set(logs.map(({ id }) => id)).size).toBe(1);
    for (const { partitions, created, end, name } of logs) {
      expect([partitions, end, name]).toEqual([3, 1, 'config']);
      expect(Math.abs(created - Date.now())).toBeLessThan(60_000);
    }
    await withAdmin(brokers, (admin) =>
      admin.createPartitions({ topicPartitions: [{ topic: `${settings.prefix}.events`, count: 5 }] }),
    );
    expect((await openLog()).partitions).toBe(3);
    await expect(openLog({ partitions: 5 })).rejects.toMatchObject({ code: 'PARTITIONS_FROZEN' });
    expect((await openLog({ partitions: 3 })).id).toBe(logs[0]?.id);
  }, 60_000);

  test('what is appended is durable, applied in order and told before the append resolves', async () => {
    const log = await openLog();
    const told: string[] = [];
    log.onDurable((records) => told.push(...records.map(({ event }) => event.id)));
    const first = await log.append([definition('d'), version('1.1', 'v1')]);
    expect(told).toEqual(['d', 'v1']);
    expect(first.map(({ offset }) => offset)).toEqual([1, 2]);
    expect(Math.abs((first[0]?.at ?? 0) - Date.now())).toBeLessThan(60_000);
    // appends of one process do not stand in each other's way
    await Promise.all([log.append([version('1.2', 'v2')]), log.append([version('1.3', 'v3')]), log.append([])]);
    expect(told).toEqual(['d', 'v1', 'v2', 'v3']);
    expect(log.end).toBe(5);
    expect(await reread()).toEqual(await all(log));
    expect((await all(log, 3)).map(({ event }) => event.id)).toEqual(['v2', 'v3']);
  }, 60_000);

  test('a listener misses nothing of what came after the reading before it', async () => {
    const [log, other] = [await openLog(), await openLog()];
    await other.append([definition('d')]);
    await log.catchUp();
    const seen = (await all(log)).map(({ event }) => event.id);
    await other.append([version('1.1', 'v1')]);
    await log.catchUp();
    log.onDurable((records) => seen.push(...records.map(({ event }) => event.id)));
    await other.append([version('1.2', 'v2')]);
    await log.catchUp();
    expect(seen).toEqual(['d', 'v1', 'v2']);
  }, 60_000);

  test('servers that have read the same records serve the same version, however the records came', async () => {
    const logs = [await openLog(), await openLog()];
    const served = logs.map((log) => {
      const registry = createRegistry();
      const snapshot = servedSnapshot({ created: log.created, config: log }, registry, clock);
      return { log, registry, snapshot };
    });
    const [first, second] = served;
    if (first === undefined || second === undefined) throw new Error('two logs');
    first.log.onDurable((records) => {
      for (const { event } of records) first.registry.applyConfig(event);
      first.snapshot.refresh();
    });
    const { data, ...rest } = definition('there');
    await first.log.append([{ ...rest, data }]);
    const between = first.snapshot.current.version;
    await first.log.append([{ ...rest, id: 'gone', data: { ...data, action: 'removed', effect: 'keeps-posterior' } }]);
    // the other sees both at once, which changes nothing of what it serves
    await second.log.catchUp();
    for (const { event } of await all(second.log)) second.registry.applyConfig(event);
    second.snapshot.refresh();
    expect(second.snapshot.current.version).toBe(first.snapshot.current.version);
    expect(second.snapshot.current.hash).toBe(first.snapshot.current.hash);
    expect(first.snapshot.current.version).not.toBe(between);
  }, 60_000);

  test('after 200 appends of five writers the log is linear, and every answer was true', async () => {
    const writers = await Promise.all(
      Array.from({ length: 5 }, async () => openLog({ producer: await openProducer(settings, { logger: silent }) })),
    );
    const told = writers.map((log) => {
      const ids: string[] = [];
      log.onDurable((records) => ids.push(...records.map(({ event }) => event.id)));
      return ids;
    });
    const granted = new Set<string>();
    const moved = new Set<string>();
    const write = async (log: SharedConfigLog, writer: number): Promise<void> => {
      for (let n = 0; n < 40; n += 1) {
        // each names the end that it goes on from: of two that go on from the same one, one may count
        const id = `${writer}.${n} on ${log.end}`;
        try {
          const records = await log.append([version(`1.${log.end}`, id), version(`1.${log.end}`, `${id} too`)]);
          expect(records.map(({ event }) => event.id)).toEqual([id, `${id} too`]);
          expect(told[writer]).toContain(`${id} too`);
          granted.add(id);
        } catch (cause) {
          expect(cause).toMatchObject({ code: 'CONFIG_MOVED', retryable: true });
          moved.add(id);
        }
      }
    };
    await Promise.all(writers.map(write));
    await Promise.all(writers.map((log) => log.catchUp()));
    const records = await reread();
    const ids = records.map(({ event }) => event.id);
    expect(new Set(ids.filter((id) => !id.endsWith('too')))).toEqual(granted);
    expect(granted.size + moved.size).toBe(200);
    expect(Math.min(granted.size, moved.size)).toBeGreaterThan(0);
    for (const [index, { event, offset }] of records.entries()) {
      if (event.id.endsWith('too')) continue;
      expect(event.id).toMatch(new RegExp(` on ${(records[index - 1]?.offset ?? 0) + 1}$`));
      expect(records[index + 1]).toMatchObject({ offset: offset + 1, event: { id: `${event.id} too` } });
    }
    for (const each of told) expect(each).toEqual(ids);
    expect(new Set(writers.map(({ end }) => end))).toEqual(new Set([(records.at(-1)?.offset ?? 0) + 1]));
  }, 120_000);

  test('what a writer left behind arrives late and is passed over', async () => {
    const log = await openLog();
    const sent: Parameters<Producer['append']>[] = [];
    const gone: Producer = {
      async append(...args) {
        sent.push(args);
        throw new Error('the process stopped here');
      },
      close: async () => {},
    };
    const zombie = await openLog({ producer: gone });
    await expect(zombie.append([version('1.1', 'late')])).rejects.toThrow('stopped');
    const [applied] = await log.append([version('1.1', 'in time')]);
    for (const args of sent) await producer.append(...args);
    await log.catchUp();
    expect(log.end).toBe((applied?.offset ?? 0) + 1);
    // the end that is served is that of what counts, and who writes next finds the real one
    const [next] = await log.append([version('1.2', 'next')]);
    expect(next?.offset).toBe((applied?.offset ?? 0) + 2);
    expect((await reread()).map(({ event }) => event.id)).toEqual(['in time', 'next']);
    await zombie.catchUp();
    expect(await all(zombie)).toEqual(await all(log));
  }, 60_000);

  test('after a write of which nobody knows it looks, and answers truly', async () => {
    const lost = { before: false, after: false };
    const late: Parameters<Producer['append']>[] = [];
    const flaky: Producer = {
      async append(...args) {
        if (lost.before) {
          lost.before = false;
          late.push(args);
          throw serverError('WRITE_UNCERTAIN');
        }
        const acked = await producer.append(...args);
        if (!lost.after) return acked;
        lost.after = false;
        throw serverError('WRITE_UNCERTAIN');
      },
      close: async () => {},
    };
    const log = await openLog({ producer: flaky });
    lost.after = true;
    expect((await log.append([version('1.1', 'arrived')])).map(({ event }) => event.id)).toEqual(['arrived']);
    lost.before = true;
    expect((await log.append([version('1.2', 'sent again')])).map(({ event }) => event.id)).toEqual(['sent again']);
    for (const args of late) await producer.append(...args);
    expect((await reread()).map(({ event }) => event.id)).toEqual(['arrived', 'sent again']);
  }, 60_000);

  test('records that are not ours are passed over, with one warning', async () => {
    const log = await openLog();
    await producer.append('config', 0, [
      { key: null, value: 'hello' },
      { key: null, value: 'again' },
    ]);
    const warned: unknown[] = [];
    const logger = { ...silent, warn: (_: string, fields?: object) => warned.push(fields) };
    const other = await openConfigLog({ settings, producer, clock, logger });
    open.push(other);
    expect(warned).toEqual([expect.objectContaining({ why: 'foreign', offset: 1 })]);
    await log.append([version('1.1', 'v')]);
    await other.catchUp();
    expect([other.end, log.end]).toEqual([4, 4]);
  }, 60_000);

  test('a topic that was made anew is told, also when it has grown as long as it was', async () => {
    const log = await openLog();
    await log.append([version('1.1', 'v1'), version('1.2', 'v2')]);
    const failed = new Promise<Error>((resolve) => log.onFailure(resolve));
    await withAdmin(brokers, (admin) => admin.deleteTopics({ topics: [`${settings.prefix}.config`] }));
    await makeTopic(settings, 'config');
    const next = await openLog();
    await next.append(Array.from({ length: 5 }, (_, n) => version(`1.${n}`, `n${n}`)));
    expect(await failed).toMatchObject({ code: 'LOG_MISMATCH', retryable: false });
    await expect(log.append([version('1.3', 'v3')])).rejects.toMatchObject({ code: 'LOG_MISMATCH' });
    await expect(log.catchUp()).rejects.toMatchObject({ code: 'LOG_MISMATCH' });
    expect((await all(next)).map(({ event }) => event.id)).toEqual(['n0', 'n1', 'n2', 'n3', 'n4']);
  }, 90_000);

  test('a topic whose beginning was deleted is refused', async () => {
    const log = await openLog();
    await log.append([version('1.1', 'v1')]);
    const topic = `${settings.prefix}.config`;
    await withAdmin(brokers, async (admin) => {
      await admin.fetchTopicOffsets(topic);
      await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '1' }] });
    });
    await expect(openLog()).rejects.toMatchObject({ code: 'DATA_HOLE' });
  }, 60_000);

  test('topics that do not fit are refused', async () => {
    await expect(openLog({ partitions: 4 })).rejects.toMatchObject({ code: 'TOPIC_UNSUITABLE' });
    await expect(openLog({ partitions: 0 })).rejects.toMatchObject({ code: 'KAFKA_SETTINGS_INVALID' });
    const records: unknown[] = [];
    for await (const group of readToEnd(settings, 'config', 0, 0)) records.push(...group);
    expect(records).toEqual([]);
    await withAdmin(brokers, (admin) =>
      admin.createPartitions({ topicPartitions: [{ topic: `${settings.prefix}.config`, count: 2 }] }),
    );
    await expect(openLog()).rejects.toMatchObject({ code: 'TOPIC_UNSUITABLE' });
  }, 60_000);

  test('a closed log takes nothing more', async () => {
    const log = await openLog();
    await log.close();
    await expect(log.append([version('1.1', 'v1')])).rejects.toMatchObject({ code: 'CLOSED' });
  }, 60_000);
});
