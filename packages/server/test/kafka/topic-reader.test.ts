import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { describeWith } from '../../../../test/environment.js';
import { START_MS, sharedKafka } from '../../../../test/provisioned.js';
import { openProducer } from '../../src/adapters/kafka/producer.js';
import { openTopicReader, readToEnd } from '../../src/adapters/kafka/topic-reader.js';
import { silent } from '../../src/adapters/loggers.js';
import type { KafkaSettings, RawRecord, TopicKind } from '../../src/cluster/ports.js';
import { deleteTopics, makeTopic, settingsOf, withAdmin } from './kafka-topics.js';
import { until } from './until.js';

const text = (record: RawRecord): string => Buffer.from(record.value ?? []).toString();

async function append(settings: KafkaSettings, values: readonly string[], kind: TopicKind = 'config'): Promise<void> {
  const producer = await openProducer(settings, { logger: silent });
  await producer.append(
    kind,
    0,
    values.map((value) => ({ key: null, value })),
  );
  await producer.close();
}

async function recordsFrom(settings: KafkaSettings, from: number): Promise<readonly RawRecord[]> {
  const all: RawRecord[] = [];
  for await (const records of readToEnd(settings, 'config', 0, from)) all.push(...records);
  return all;
}

async function valuesFrom(settings: KafkaSettings, from: number): Promise<readonly string[]> {
  return (await recordsFrom(settings, from)).map(text);
}

describeWith('kafka', 'reading a topic outside the group', () => {
  let settings: KafkaSettings;
  beforeEach(async () => {
    settings = settingsOf(await sharedKafka());
  }, START_MS);
  afterEach(() => deleteTopics(settings));

  test('what was appended is read up to the end, from any offset, with key, headers and append time', async () => {
    await makeTopic(settings, 'config');
    const before = Date.now() - 1000;
    await append(settings, ['a', 'b', 'c']);
    expect(await valuesFrom(settings, 0)).toEqual(['a', 'b', 'c']);
    expect(await valuesFrom(settings, 2)).toEqual(['c']);
    expect(await valuesFrom(settings, 3)).toEqual([]);
    const producer = await openProducer(settings, { logger: silent });
    const headers = { place: '3', name: 'größe' };
    const [where] = await producer.append('config', 0, [{ key: 'k', value: null, headers }]);
    await producer.close();
    const [last] = await recordsFrom(settings, 3);
    expect(last).toMatchObject({ partition: 0, offset: 3, key: Buffer.from('k'), value: null, headers, at: where?.at });
    expect(where?.at).toBeGreaterThan(before);
  });

  test('a reader follows in order, waits for its taker, and ends when it is stopped', async () => {
    await makeTopic(settings, 'config');
    await append(settings, ['0', '1']);
    const seen: string[] = [];
    let taking = 0;
    const reader = await openTopicReader(settings, 'config', {
      partition: 0,
      from: 1,
      logger: silent,
      onFailure: (cause) => seen.push(cause.message),
      async onRecords(records) {
        taking += 1;
        expect(taking).toBe(1);
        await new Promise((resolve) => setTimeout(resolve, 20));
        seen.push(...records.map(text));
        taking -= 1;
      },
    });
    for (const value of ['2', '3', '4']) await append(settings, [value]);
    await until(() => seen.length === 4);
    expect(seen).toEqual(['1', '2', '3', '4']);
    expect(reader.position()).toBe(5);
    await reader.stop();
    await append(settings, ['5']);
    expect(seen).toHaveLength(4);
  });

  test('records that were deleted are a hole, and an end before the offset is another log', async () => {
    await makeTopic(settings, 'config');
    await append(settings, ['0', '1', '2', '3']);
    const topic = `${settings.prefix}.config`;
    await withAdmin(settings.brokers, async (admin) => {
      await admin.fetchTopicOffsets(topic);
      await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '2' }] });
    });
    await expect(valuesFrom(settings, 1)).rejects.toMatchObject({ code: 'DATA_HOLE' });
    await expect(valuesFrom(settings, 5)).rejects.toMatchObject({ code: 'LOG_MISMATCH' });
    expect(await valuesFrom(settings, 2)).toEqual(['2', '3']);
  });

  test('a topic deleted and made anew under a reader ends it: LOG_MISMATCH', { timeout: 60_000 }, async () => {
    await makeTopic(settings, 'config');
    await append(settings, ['0', '1', '2']);
    const failures: unknown[] = [];
    const reader = await openTopicReader(settings, 'config', {
      partition: 0,
      from: 3,
      logger: silent,
      onRecords: () => {},
      onFailure: (cause) => failures.push(cause),
    });
    await deleteTopics(settings);
    await makeTopic(settings, 'config');
    await append(settings, ['new']);
    await until(() => failures.length > 0, 40_000);
    expect(failures).toMatchObject([{ code: 'LOG_MISMATCH' }]);
    await reader.stop();
  });

  test('a fault of the taker ends the reader and is told', async () => {
    await makeTopic(settings, 'config');
    await append(settings, ['0']);
    const failures: unknown[] = [];
    const reader = await openTopicReader(settings, 'config', {
      partition: 0,
      from: 0,
      logger: silent,
      onFailure: (cause) => failures.push(cause),
      onRecords: () => {
        throw new TypeError('not what was expected');
      },
    });
    await until(() => failures.length === 1);
    expect(failures).toMatchObject([{ message: 'not what was expected' }]);
    await reader.stop();
  });

  test('records of gzip batches are read from the middle of a batch', async () => {
    await makeTopic(settings, 'config');
    const producer = await openProducer(settings, { logger: silent, compression: 'gzip' });
    const values = Array.from({ length: 50 }, (_, index) => `value ${index}`);
    await producer.append(
      'config',
      0,
      values.map((value) => ({ key: null, value })),
    );
    await producer.close();
    expect(await valuesFrom(settings, 17)).toEqual(values.slice(17));
  });

  test('a topic of zstd records is refused by name: CODEC_MISSING', async () => {
    await makeTopic(settings, 'config', { config: { 'compression.type': 'zstd' } });
    await append(settings, ['a']);
    await expect(valuesFrom(settings, 0)).rejects.toMatchObject({
      code: 'CODEC_MISSING',
      got: expect.stringContaining(`${settings.prefix}.config`),
    });
  });

  test('a missing topic and a Kafka that is not there are named within the time that was given', async () => {
    const missing = readToEnd(settings, 'config', 0, 0, { timeoutMs: 500 }).next();
    await expect(missing).rejects.toMatchObject({ code: 'TOPIC_MISSING' });
    const listener = createServer().listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const { port } = listener.address() as { port: number };
    listener.close();
    const nowhere = { ...settings, brokers: [`127.0.0.1:${port}`] };
    const refused = readToEnd(nowhere, 'config', 0, 0, { timeoutMs: 500 }).next();
    await expect(refused).rejects.toMatchObject({ code: 'KAFKA_UNREACHABLE' });
  });
});
