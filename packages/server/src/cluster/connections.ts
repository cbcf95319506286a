import { isArmatureError } from '@armature/sdk';
import type { ConfigLogEvent, LogRecord } from '@armature/sdk/protocol';
import { openCheckpointLog } from '../adapters/kafka/checkpoint-topic.js';
import { openConfigLog } from '../adapters/kafka/config-log.js';
import { startGroupConsumer } from '../adapters/kafka/group-consumer.js';
import { openProducer } from '../adapters/kafka/producer.js';
import { checkTopics } from '../adapters/kafka/topics.js';
import { openTopicsView } from '../adapters/kafka/topics-view.js';
import { type LogHealth, logHealth } from '../adapters/log-health.js';
import { openSharedState } from '../adapters/redis/shared-state.js';
import { within } from '../adapters/within.js';
import type { Clock, Logger } from '../ports.js';
import { deadLetterOf } from './dead-letter.js';
import type { OwnerParts } from './partition-owner.js';
import type {
  CheckpointLog,
  GroupConsumer,
  KafkaSettings,
  Producer,
  RecordTaker,
  RedisSettings,
  SharedConfigLog,
  SharedState,
  TopicsView,
} from './ports.js';

/** Everything that one of several servers is connected to. */
export interface Connections {
  readonly producer: Producer;
  readonly topics: TopicsView;
  readonly config: SharedConfigLog;
  readonly shared: SharedState;
  readonly checkpoints: CheckpointLog;
  readonly deadLetter: OwnerParts['deadLetter'];
  /** Why this process cannot go on. */
  readonly health: LogHealth;
  /** Called after records of the config log were applied. */
  onConfig(listener: () => void): void;
  startConsumer(taker: RecordTaker): Promise<GroupConsumer>;
  close(): Promise<void>;
}

export interface ConnectionOptions {
  readonly kafka: KafkaSettings;
  readonly redis: RedisSettings;
  readonly partitions?: number;
  readonly sessionMs?: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** An append that took longer is answered 503: clients send again. */
const APPEND_MS = 10_000;
/** What a dead connection holds up is not waited for: a process that is told to end has half a minute for everything. */
const CLOSE_MS = 8_000;

type Apply = (records: readonly LogRecord<ConfigLogEvent>[]) => void;

/**
 * Connects to Kafka and Redis and reads the config log to its end.
 *
 * @param apply given every record of the config log, in order, those to come too
 */
export async function openConnections(options: ConnectionOptions, apply: Apply): Promise<Connections> {
  const { kafka: settings, redis, clock, logger, partitions, sessionMs } = options;
  const opened: { close(): Promise<void> }[] = [];
  const close = async (): Promise<void> => {
    const closing = opened.splice(0).map((each) => within(CLOSE_MS, clock, each.close()));
    for (const result of await Promise.allSettled(closing)) {
      if (result.status === 'rejected') logger.warn('closing failed', { cause: String(result.reason) });
    }
  };
  try {
    const keep = <T extends { close(): Promise<void> }>(each: T): T => {
      opened.push(each);
      return each;
    };
    const health = logHealth();
    const shared = keep(await openSharedState(redis, { logger, clock }));
    const topics = keep(await openTopicsView(settings));
    const producer = keep(await openProducer(settings, { logger, clock, timeoutMs: APPEND_MS }));
    const count = partitions === undefined ? {} : { partitions };
    const config = keep(await openConfigLog({ settings, producer, ...count, logger, clock }));
    await checkTopicsOnce(settings, config.partitions, logger);
    config.onFailure((cause) => void health.poison(cause));
    const listeners: (() => void)[] = [];
    await follow(config, (records) => {
      apply(records);
      for (const listener of listeners) listener();
    });
    return {
      ...{ producer, topics, config, shared, health, close },
      checkpoints: openCheckpointLog({ settings, producer, logger }),
      deadLetter: deadLetterOf(producer),
      onConfig: (listener) => void listeners.push(listener),
      startConsumer: (taker) =>
        startGroupConsumer(settings, taker, { logger, clock, ...(sessionMs === undefined ? {} : { sessionMs }) }),
    };
  } catch (cause) {
    await close();
    throw cause;
  }
}

/**
 * A topic that would lose records, or let nobody read them, stops the start. Whoever may not see settings goes on: the
 * log itself was just read.
 */
async function checkTopicsOnce(settings: KafkaSettings, partitions: number, logger: Logger): Promise<void> {
  try {
    await checkTopics(settings, { logger, partitions });
  } catch (cause) {
    if (!isArmatureError(cause) || cause.code !== 'KAFKA_UNREACHABLE') throw cause;
    const remedy = 'let this user describe the configuration of topics, and see `armature doctor`';
    logger.warn('topics not checked', { cause: cause.message, remedy });
  }
}

/** Gives what is there and what comes to one listener, each record once. */
async function follow(config: SharedConfigLog, apply: Apply): Promise<void> {
  const come: (readonly LogRecord<ConfigLogEvent>[])[] = [];
  let next = 0;
  let reading = true;
  const take: Apply = (records) => {
    const news = records.filter(({ offset }) => offset >= next);
    next = (news.at(-1)?.offset ?? next - 1) + 1;
    if (news.length > 0) apply(news);
  };
  config.onDurable((records) => (reading ? void come.push(records) : take(records)));
  for await (const records of config.read(0)) take(records);
  reading = false;
  for (const records of come) take(records);
}
