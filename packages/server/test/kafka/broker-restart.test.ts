import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { describeWith } from '../../../../test/environment.js';
import { ownServers, START_MS } from '../../../../test/provisioned.js';
import { startGroupConsumer } from '../../src/adapters/kafka/group-consumer.js';
import { openProducer } from '../../src/adapters/kafka/producer.js';
import { openTopicReader } from '../../src/adapters/kafka/topic-reader.js';
import { silent } from '../../src/adapters/loggers.js';
import type { GroupConsumer, KafkaSettings, Producer, RawRecord } from '../../src/cluster/ports.js';
import type { Provisioned } from '../../src/provision/provisioned.js';
import { makeTopic, settingsOf } from './kafka-topics.js';
import { type RecordingTaker, recordingTaker } from './recording-taker.js';
import { until, wait } from './until.js';

describeWith('ownKafka', 'reading while the broker is away', () => {
  let servers: Provisioned;
  let settings: KafkaSettings;
  let producer: Producer;
  let consumer: GroupConsumer;
  let taker: RecordingTaker;
  const failures: Error[] = [];
  beforeAll(async () => {
    servers = await ownServers({ kafka: true });
  }, START_MS);
  afterAll(() => servers.dispose());
  beforeEach(async () => {
    settings = settingsOf(servers.brokers ?? []);
    await makeTopic(settings, 'events', { partitions: 2 });
    await makeTopic(settings, 'config');
    producer = await openProducer(settings, { logger: silent, timeoutMs: 60_000, requestMs: 2000 });
    taker = recordingTaker();
    consumer = await startGroupConsumer(settings, taker, { logger: silent, requestMs: 2000 });
    consumer.onFailure((cause) => failures.push(cause));
  }, 60_000);
  afterEach(async () => {
    await consumer.stop();
    await producer.close();
  }, 60_000);

  const append = async (first: number): Promise<void> => {
    const messages = [0, 1, 2].map((i) => ({ key: null, value: `${first + i}` }));
    await Promise.all([0, 1].map((partition) => producer.append('events', partition, messages)));
  };
  const taken = (count: number) => () =>
    [0, 1].every((partition) => (taker.taken.get(partition)?.length ?? 0) >= count);

  test('a member and a reader go on by themselves after kill -9', { timeout: 120_000 }, async () => {
    const read: RawRecord[] = [];
    const options = { partition: 0, from: 0, logger: silent, onFailure: (cause: Error) => failures.push(cause) };
    const reader = await openTopicReader(settings, 'config', {
      ...options,
      onRecords: (records) => void read.push(...records),
    });
    await append(0);
    await producer.append('config', 0, [{ key: null, value: 'a' }]);
    await until(() => taken(3)() && read.length === 1);
    await servers.kafka?.[0]?.kill();
    const during = [append(3), producer.append('config', 0, [{ key: null, value: 'b' }])];
    await wait(2000);
    await servers.kafka?.[0]?.start();
    await Promise.all(during);
    await until(() => taken(6)() && read.length >= 2, 60_000);
    expect(taker.taken.get(0)?.slice(0, 3)).toEqual(['0', '1', '2']);
    expect(taker.faults).toEqual([]);
    expect(failures).toEqual([]);
    await reader.stop();
  });

  test('a broker that stops answering for longer than a session costs nothing either', {
    timeout: 120_000,
  }, async () => {
    await append(0);
    await until(taken(3));
    await servers.kafka?.[0]?.pause();
    await wait(12_000);
    await servers.kafka?.[0]?.resume();
    await append(3);
    await until(taken(6), 60_000);
    expect(taker.faults).toEqual([]);
    expect(failures).toEqual([]);
  });
});
