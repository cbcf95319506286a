import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeWith } from '../../../../test/environment.js';
import { ownServers, START_MS, sharedKafka, sharedRedis } from '../../../../test/provisioned.js';
import type { Provisioned } from '../../src/provision/provisioned.js';

process.env.KAFKAJS_NO_PARTITIONER_WARNING = '1';

const topic = `provision-${randomUUID()}`;

function clientOf(brokers: readonly string[]): Kafka {
  return new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING, retry: { retries: 12, maxRetryTime: 2000 } });
}

async function produce(kafka: Kafka, value: string): Promise<void> {
  const producer = kafka.producer();
  await producer.connect();
  const [sent] = await producer.send({ topic, acks: -1, messages: [{ partition: 0, value }] });
  await producer.disconnect();
  expect(sent).toMatchObject({ partition: 0, errorCode: 0 });
}

/** The values of partition 0 from its beginning, as a group that nobody has read for. */
async function readBack(kafka: Kafka, count: number): Promise<readonly string[]> {
  const consumer = kafka.consumer({ groupId: `${topic}-${randomUUID()}`, maxWaitTimeInMs: 100 });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const values: string[] = [];
  await new Promise<void>((resolve) => {
    void consumer.run({
      eachMessage: async ({ message }) => {
        values.push(String(message.value));
        if (values.length === count) resolve();
      },
    });
  });
  await consumer.disconnect();
  return values;
}

describeWith('ownKafka', 'one broker of Kafka and a Redis, from nothing', () => {
  let servers: Provisioned;
  beforeAll(async () => {
    servers = await ownServers({ redis: true, kafka: true });
  }, START_MS);
  afterAll(() => servers.dispose());

  test('a record is read back, also after kill -9 and a new start of the broker', async () => {
    const kafka = clientOf(servers.brokers ?? []);
    const admin = kafka.admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: true });
    await admin.disconnect();
    await produce(kafka, 'one');
    expect(await readBack(kafka, 1)).toEqual(['one']);
    const [broker] = servers.kafka ?? [];
    const before = broker?.pid;
    await broker?.kill();
    expect(broker?.pid).toBeUndefined();
    await broker?.start();
    expect(broker?.pid).not.toBe(before);
    expect(await readBack(kafka, 1)).toEqual(['one']);
    await produce(kafka, 'two');
    expect(await readBack(kafka, 2)).toEqual(['one', 'two']);
  }, 90_000);

  test('Redis answers, holds its answers while it is paused, and forgets when it is killed', async () => {
    const redis = new Redis(servers.redisUrl ?? '', { maxRetriesPerRequest: null });
    redis.on('error', () => {}); // it is away for a moment, on purpose
    await redis.set('k', 'v');
    await servers.redis?.pause();
    const asked = redis.get('k');
    const soon = new Promise((resolve) => setTimeout(resolve, 200, 'no answer'));
    expect(await Promise.race([asked, soon])).toBe('no answer');
    await servers.redis?.resume();
    expect(await asked).toBe('v');
    await servers.redis?.kill();
    await servers.redis?.start();
    expect(await redis.get('k')).toBeNull();
    redis.disconnect();
  });
});

describeWith('ownKafka', 'three brokers', () => {
  test(
    'hold three copies of a topic in sync, and go on while one is dead',
    async () => {
      const servers = await ownServers({ kafka: { brokers: 3 } });
      try {
        expect(new Set(servers.brokers).size).toBe(3);
        const kafka = clientOf(servers.brokers ?? []);
        const admin = kafka.admin();
        await admin.connect();
        await admin.createTopics({ topics: [{ topic, numPartitions: 1, replicationFactor: 3 }], waitForLeaders: true });
        const inSync = async () => {
          const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
          return topics[0]?.partitions[0]?.isr.toSorted();
        };
        await expect.poll(inSync, { timeout: 20_000 }).toEqual([1, 2, 3]);
        await servers.kafka?.[2]?.kill();
        await produce(kafka, 'one');
        expect(await readBack(kafka, 1)).toEqual(['one']);
        await servers.kafka?.[2]?.start();
        await expect.poll(inSync, { timeout: 30_000 }).toEqual([1, 2, 3]);
        await admin.disconnect();
      } finally {
        await servers.dispose();
      }
    },
    START_MS,
  );
});

describeWith('ownRedis', 'a Redis with its file', () => {
  test.each(['everysec', 'always'] as const)('keeps what it acknowledged over a stop (%s)', async (appendonly) => {
    const servers = await ownServers({ redis: { appendonly } });
    const redis = new Redis(servers.redisUrl ?? '', { maxRetriesPerRequest: null });
    redis.on('error', () => {}); // it is away for a moment, on purpose
    await redis.set('k', 'v');
    await servers.redis?.stop();
    await servers.redis?.start();
    expect(await redis.get('k')).toBe('v');
    redis.disconnect();
    await servers.dispose();
  });
});

describeWith('redis', 'the Redis of the run', () => {
  test('is the same for all who ask', async () => {
    const urls = await Promise.all([sharedRedis(), sharedRedis()]);
    expect(urls[0]).toBe(urls[1]);
    const redis = new Redis(urls[0] ?? '');
    expect(await redis.ping()).toBe('PONG');
    redis.disconnect();
  });
});

describeWith('kafka', 'the Kafka of the run', () => {
  test('is the same for all who ask', async () => {
    const [one, two] = await Promise.all([sharedKafka(), sharedKafka()]);
    expect(one).toEqual(two);
    const admin = clientOf(one ?? []).admin();
    await admin.connect();
    expect((await admin.describeCluster()).brokers.length).toBeGreaterThan(0);
    await admin.disconnect();
  });
});
