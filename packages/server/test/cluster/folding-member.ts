import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { registry } from '../../../analysis/test/fold/records.js';
import { systemClock } from '../../src/adapters/clock.js';
import { openCheckpointLog } from '../../src/adapters/kafka/checkpoint-topic.js';
import { startGroupConsumer } from '../../src/adapters/kafka/group-consumer.js';
import { openProducer } from '../../src/adapters/kafka/producer.js';
import { openTopicsView } from '../../src/adapters/kafka/topics-view.js';
import { silent } from '../../src/adapters/loggers.js';
import { openSharedState } from '../../src/adapters/redis/shared-state.js';
import { deadLetterOf } from '../../src/cluster/dead-letter.js';
import { Owners, type OwnersParts } from '../../src/cluster/owners.js';
import type { GroupConsumer, KafkaSettings, Producer, RedisSettings, SharedState } from '../../src/cluster/ports.js';

/** One that folds the events of a real Kafka into a real Redis, without the rest of a server. */
export interface FoldingMember {
  readonly owners: Owners;
  readonly producer: Producer;
  readonly shared: SharedState;
  /** Joins the group. */
  join(): Promise<GroupConsumer>;
  /** Stops, and takes the keys out of Redis. */
  stop(): Promise<void>;
}

export interface MemberSettings {
  readonly kafka: KafkaSettings;
  readonly redis: RedisSettings;
  readonly partitions: number;
}

/** Keys that nobody else uses. */
export const redisSettings = (url: string): RedisSettings => ({ url, prefix: `member-${randomUUID().slice(0, 8)}` });

export async function foldingMember(
  { kafka, redis, partitions }: MemberSettings,
  others: Partial<OwnersParts> = {},
): Promise<FoldingMember> {
  const [clock, logger] = [systemClock(), silent];
  const shared = await openSharedState(redis, { logger, clock });
  const producer = await openProducer(kafka, { logger, clock, timeoutMs: 10_000 });
  const topics = await openTopicsView(kafka);
  let consumer: GroupConsumer | undefined;
  const owners = new Owners({
    ...{ log: 'log-1', partitions, registry, shared, clock, logger, topics },
    config: { catchUp: async () => {} },
    checkpoints: openCheckpointLog({ settings: kafka, producer, logger }),
    deadLetter: deadLetterOf(producer),
    consumer: () => consumer,
    ...others,
  });
  return {
    ...{ owners, producer, shared },
    async join() {
      consumer = await startGroupConsumer(kafka, owners, { logger });
      return consumer;
    },
    async stop() {
      await consumer?.stop();
      await Promise.all([producer.close(), topics.close(), shared.close()]);
      const client = new Redis(redis.url);
      const keys = await client.keys(`${redis.prefix}:*`);
      if (keys.length > 0) await client.del(...keys);
      client.disconnect();
    },
  };
}
