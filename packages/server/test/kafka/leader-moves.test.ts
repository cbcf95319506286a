import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeWith } from '../../../../test/environment.js';
import { ownServers, START_MS } from '../../../../test/provisioned.js';
import { startGroupConsumer } from '../../src/adapters/kafka/group-consumer.js';
import { openProducer } from '../../src/adapters/kafka/producer.js';
import { readToEnd } from '../../src/adapters/kafka/topic-reader.js';
import { silent } from '../../src/adapters/loggers.js';
import type { KafkaSettings } from '../../src/cluster/ports.js';
import type { Provisioned } from '../../src/provision/provisioned.js';
import { makeTopic, settingsOf } from './kafka-topics.js';
import { recordingTaker } from './recording-taker.js';
import { until, wait } from './until.js';

const PARTITIONS = [0, 1, 2, 3, 4, 5];

interface Acknowledged {
  readonly partition: number;
  readonly value: string;
  readonly offset: number;
}

async function valuesOf(settings: KafkaSettings, partition: number): Promise<readonly string[]> {
  const values: string[] = [];
  for await (const records of readToEnd(settings, 'events', partition, 0)) {
    for (const { value } of records) values.push(Buffer.from(value ?? []).toString());
  }
  return values;
}

describeWith('ownKafka', 'leaders that move', () => {
  let servers: Provisioned;
  beforeAll(async () => {
    servers = await ownServers({ kafka: { brokers: 3 } });
  }, START_MS);
  afterAll(() => servers.dispose());

  test('with three brokers, one killed at a time under load, nothing acknowledged is lost and everything is taken', {
    timeout: 240_000,
  }, async () => {
    const settings = settingsOf(servers.brokers ?? []);
    const config = { 'min.insync.replicas': '2' };
    await makeTopic(settings, 'events', { partitions: PARTITIONS.length, replicas: 3, config });
    const taker = recordingTaker();
    const consumer = await startGroupConsumer(settings, taker, { logger: silent });
    const producer = await openProducer(settings, { logger: silent, timeoutMs: 60_000 });
    const acknowledged: Acknowledged[] = [];
    let writing = true;
    let next = 0;
    const write = async (): Promise<void> => {
      while (writing) {
        const value = `${next++}`;
        const partition = Number(value) % PARTITIONS.length;
        const [at] = await producer.append('events', partition, [{ key: null, value }]);
        if (at !== undefined) acknowledged.push({ partition, value, offset: at.offset });
      }
    };
    const writers = Array.from({ length: 30 }, write);
    for (const broker of servers.kafka ?? []) {
      await wait(1500);
      const before = acknowledged.length;
      await broker.kill();
      await until(() => acknowledged.length > before + 500, 60_000);
      await broker.start();
    }
    writing = false;
    await Promise.all(writers);
    await producer.close();
    const stored = await Promise.all(PARTITIONS.map((partition) => valuesOf(settings, partition)));
    const lost = acknowledged.filter(({ partition, value, offset }) => stored[partition]?.[offset] !== value);
    expect(lost).toEqual([]);
    expect(acknowledged).toHaveLength(next);
    await until(() => PARTITIONS.every((p) => taker.taken.get(p)?.length === stored[p]?.length), 60_000);
    await consumer.stop();
    for (const partition of PARTITIONS) expect(taker.taken.get(partition)).toEqual(stored[partition]);
    expect(taker.faults).toEqual([]);
  });
});
