import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { describeWith } from '../../../../test/environment.js';
import { ownServers, START_MS, sharedKafka } from '../../../../test/provisioned.js';
import { openProducer } from '../../src/adapters/kafka/producer.js';
import { readToEnd } from '../../src/adapters/kafka/topic-reader.js';
import { silent } from '../../src/adapters/loggers.js';
import type { Appended, KafkaSettings, Message } from '../../src/cluster/ports.js';
import type { Provisioned } from '../../src/provision/provisioned.js';
import { deleteTopics, makeTopic, settingsOf } from './kafka-topics.js';

const message = (value: string): Message => ({ key: 'unit', value });

/** The values of a partition of the events, by offset. */
async function valuesOf(settings: KafkaSettings, partition: number): Promise<readonly string[]> {
  const values: string[] = [];
  for await (const records of readToEnd(settings, 'events', partition, 0)) {
    for (const { value } of records) values.push(Buffer.from(value ?? []).toString());
  }
  return values;
}

describeWith('kafka', 'appending', () => {
  let settings: KafkaSettings;
  beforeEach(async () => {
    settings = settingsOf(await sharedKafka());
  }, START_MS);
  afterEach(() => deleteTopics(settings));

  test('concurrent appends stand in the order of their calls, each where its answer says', async () => {
    await makeTopic(settings, 'events', { partitions: 3 });
    const producer = await openProducer(settings, { logger: silent });
    const calls = Array.from({ length: 600 }, (_, call) => {
      const partition = call % 3;
      const values = Array.from({ length: 1 + (call % 5) }, (_each, index) => `${call}.${index}`);
      return { partition, values, answer: producer.append('events', partition, values.map(message)) };
    });
    const answers = await Promise.all(calls.map(({ answer }) => answer));
    await producer.close();
    for (const partition of [0, 1, 2]) {
      const stored = await valuesOf(settings, partition);
      const mine = calls.flatMap((call, index) => (call.partition === partition ? [{ ...call, index }] : []));
      expect(stored).toEqual(mine.flatMap(({ values }) => values));
      for (const { values, index } of mine) {
        expect(answers[index]?.map(({ offset }) => stored[offset])).toEqual(values);
      }
    }
  });

  test('what waits goes out together in few batches, and more than fits in several', async () => {
    await makeTopic(settings, 'events');
    const producer = await openProducer(settings, { logger: silent, maxMessages: 100 });
    const answers = await Promise.all(
      Array.from({ length: 450 }, (_, i) => producer.append('events', 0, [message(`${i}`)])),
    );
    // records of one batch have its append time: the first append went out alone, the rest in batches of a hundred
    expect(new Set(answers.flat().map(({ at }) => at)).size).toBeLessThanOrEqual(6);
    const long = Array.from({ length: 250 }, (_, i) => message(`long ${i}`));
    const appended = await producer.append('events', 0, long);
    expect(appended.map(({ offset }) => offset)).toEqual(long.map((_, i) => 450 + i));
    await producer.close();
  });

  test('a record too large is refused alone; one larger than the topic takes as well', async () => {
    await makeTopic(settings, 'events', { config: { 'max.message.bytes': '2000' } });
    const producer = await openProducer(settings, { logger: silent });
    const huge = producer.append('events', 0, [message('x'.repeat(1024 * 1024))]);
    await expect(huge).rejects.toMatchObject({ code: 'RECORD_TOO_LARGE', retryable: false });
    // 20 records of 500 bytes are too large for one batch of this topic; each alone is not
    const small = Array.from({ length: 20 }, (_, i) => `${i}`.padEnd(500, '.'));
    const all = Promise.all(small.map((value) => producer.append('events', 0, [message(value)])));
    const large = producer.append('events', 0, [message('x'.repeat(3000))]);
    await expect(large).rejects.toMatchObject({ code: 'RECORD_TOO_LARGE' });
    expect((await all).flat().map(({ offset }) => offset)).toEqual(small.map((_, i) => i));
    await producer.close();
    expect(await valuesOf(settings, 0)).toEqual(small);
  });

  test('a topic without append time is unsuitable, but for checkpoints, which need none', async () => {
    await makeTopic(settings, 'events', { config: { 'message.timestamp.type': 'CreateTime' } });
    const producer = await openProducer(settings, { logger: silent });
    await expect(producer.append('events', 0, [message('a')])).rejects.toMatchObject({ code: 'TOPIC_UNSUITABLE' });
    await makeTopic(settings, 'checkpoints', {
      config: { 'cleanup.policy': 'compact', 'message.timestamp.type': 'CreateTime' },
    });
    const [kept] = await producer.append('checkpoints', 0, [message('a')]);
    expect(kept?.offset).toBe(0);
    expect(Math.abs(Number(kept?.at) - Date.now())).toBeLessThan(10_000);
    await producer.close();
    await expect(producer.append('events', 0, [message('b')])).rejects.toMatchObject({ code: 'CLOSED' });
  });

  test('a missing topic does not keep the others waiting', async () => {
    await makeTopic(settings, 'events');
    const producer = await openProducer(settings, { logger: silent, timeoutMs: 1500 });
    const missing = producer.append('dead-letters', 0, [message('a')]);
    await expect(producer.append('events', 0, [message('b')])).resolves.toHaveLength(1);
    await expect(missing).rejects.toMatchObject({ code: 'LOG_UNAVAILABLE', retryable: true });
    const nowhere = producer.append('events', 7, [message('c')]);
    await expect(nowhere).rejects.toMatchObject({
      code: 'LOG_UNAVAILABLE',
      got: expect.stringContaining('partition 7'),
    });
    await producer.close();
  });

  test('with no Kafka an append is given up in time, and nothing can have been written', async () => {
    const listener = createServer().listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const { port } = listener.address() as { port: number };
    listener.close();
    const producer = await openProducer(
      { ...settings, brokers: [`127.0.0.1:${port}`] },
      { logger: silent, timeoutMs: 800 },
    );
    const since = Date.now();
    await expect(producer.append('events', 0, [message('a')])).rejects.toMatchObject({ code: 'LOG_UNAVAILABLE' });
    expect(Date.now() - since).toBeLessThan(3000);
    await producer.close();
  });
});

describeWith('ownKafka', 'appending while the broker dies', () => {
  let servers: Provisioned;
  beforeAll(async () => {
    servers = await ownServers({ kafka: true });
  }, START_MS);
  afterAll(() => servers.dispose());

  test('nothing acknowledged is missing after kill -9, and appends go on by themselves', {
    timeout: 120_000,
  }, async () => {
    const settings = settingsOf(servers.brokers ?? []);
    await makeTopic(settings, 'events', { partitions: 2 });
    const producer = await openProducer(settings, { logger: silent, timeoutMs: 60_000 });
    const acknowledged: { partition: number; value: string; at: Appended }[] = [];
    let next = 0;
    let stopped = false;
    const write = async (): Promise<void> => {
      while (!stopped) {
        const value = `${next++}`;
        const partition = Number(value) % 2;
        const [at] = await producer.append('events', partition, [message(value)]);
        if (at !== undefined) acknowledged.push({ partition, value, at });
      }
    };
    const writers = Array.from({ length: 20 }, write);
    for (let kill = 0; kill < 2; kill += 1) {
      await new Promise((resolve) => setTimeout(resolve, 1500));
      await servers.kafka?.[0]?.kill();
      await servers.kafka?.[0]?.start();
      const before = acknowledged.length;
      while (acknowledged.length < before + 100) await new Promise((resolve) => setTimeout(resolve, 50));
    }
    stopped = true;
    await Promise.all(writers);
    await producer.close();
    const stored = [await valuesOf(settings, 0), await valuesOf(settings, 1)];
    const missing = acknowledged.filter(({ partition, value, at }) => stored[partition]?.[at.offset] !== value);
    expect(missing).toEqual([]);
    expect(acknowledged).toHaveLength(next);
  });

  test('an append that is under way when the broker stops answering is uncertain, a later one is not written', async () => {
    const settings = settingsOf(servers.brokers ?? []);
    await makeTopic(settings, 'events');
    const producer = await openProducer(settings, { logger: silent, timeoutMs: 2000, requestMs: 1000 });
    await producer.append('events', 0, [message('a')]);
    await servers.kafka?.[0]?.pause();
    try {
      await expect(producer.append('events', 0, [message('b')])).rejects.toMatchObject({ code: 'WRITE_UNCERTAIN' });
      await servers.kafka?.[0]?.kill();
      const later = producer.append('events', 0, [message('c')]);
      await expect(later).rejects.toMatchObject({ code: 'LOG_UNAVAILABLE' });
    } finally {
      await servers.kafka?.[0]?.start();
    }
    await producer.close();
  });
});
