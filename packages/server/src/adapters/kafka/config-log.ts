import type {
  KafkaSettings,
  Producer,
  RawRecord,
  SharedConfigLog,
  TopicEnds,
  TopicsView,
} from '../../cluster/ports.js';
import { serverError } from '../../errors.js';
import type { Clock, Logger } from '../../ports.js';
import { ConfigAppends } from './config-appends.js';
import { ConfigStream, recordsDeleted } from './config-stream.js';
import { topicName } from './connection.js';
import { isPartitionCount, type LogIdentity } from './log-identity.js';
import { openTopicReader, readToEnd } from './topic-reader.js';
import { openTopicsView } from './topics-view.js';

export interface ConfigLogOptions {
  readonly settings: KafkaSettings;
  readonly producer: Producer;
  /** Number of partitions of the events; frozen when the log begins. Default what the log has, or the topic. */
  readonly partitions?: number;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** How often it is looked whether the topic is still the same, ms. */
const CHECK_MS = 30_000;

/**
 * Opens the config log of a topic with one partition, from which nothing is ever deleted. Servers append by
 * compare-and-set on the offset, so that no two of them can go on from the same record; begins the log where there is
 * none. Resolves when everything that was durable has been read.
 *
 * @throws PARTITIONS_FROZEN, TOPIC_MISSING, TOPIC_UNSUITABLE, DATA_HOLE, LOG_MISMATCH, KAFKA_UNREACHABLE, LOG_UNAVAILABLE
 */
export async function openConfigLog(options: ConfigLogOptions): Promise<SharedConfigLog> {
  const { settings, logger, clock } = options;
  const topic = topicName(settings, 'config');
  const view = await openTopicsView(settings, { logger, clock });
  const ends = (): Promise<TopicEnds> => endsOf(view, topic);
  const stream = new ConfigStream({ topic, clock, logger, ends, first: () => firstRecord(settings, logger) });
  const appends = new ConfigAppends(stream, options.producer);
  const closing: (() => Promise<void> | void)[] = [() => view.close(), () => stream.close()];
  const close = async (): Promise<void> => {
    await appends.close();
    for (const end of closing.splice(0).reverse()) await end();
  };
  try {
    const { low } = await ends();
    if (low > 0) throw recordsDeleted(`${topic}, which begins at record ${low}`);
    const reader = await openTopicReader(settings, 'config', {
      ...{ partition: 0, from: 0, logger, clock },
      onRecords: (records) => stream.take(records),
      onFailure: (cause) => stream.fail(cause),
    });
    closing.push(() => reader.stop());
    await stream.catchUp();
    const log = stream.identity ?? (await begun(options, { stream, appends, view }));
    await checkPartitions(options, view, log);
    closing.push(clock.every(CHECK_MS, () => stream.check()));
    return sharedLog(log, stream, appends, close);
  } catch (cause) {
    await close();
    throw cause;
  }
}

function sharedLog(
  { id, created, partitions }: LogIdentity,
  stream: ConfigStream,
  appends: ConfigAppends,
  close: () => Promise<void>,
): SharedConfigLog {
  let closed: Promise<void> | undefined;
  return {
    ...{ id, created, partitions, name: 'config' },
    get end() {
      return stream.end;
    },
    append: (events) => appends.append(events),
    read: (from) => stream.read(from),
    onDurable: (listener) => stream.onDurable(listener),
    catchUp: () => stream.catchUp(),
    onFailure: (listener) => stream.onFailure(listener),
    close() {
      closed ??= close();
      return closed;
    },
  };
}

interface Parts {
  readonly stream: ConfigStream;
  readonly appends: ConfigAppends;
  readonly view: TopicsView;
}

/** Begins the log, with as many partitions as the events have unless another number was asked for. */
async function begun(options: ConfigLogOptions, { stream, appends, view }: Parts): Promise<LogIdentity> {
  const count = options.partitions ?? (await view.ends('events')).size;
  if (!isPartitionCount(count)) {
    throw serverError('KAFKA_SETTINGS_INVALID', { got: `${count} partitions`, todo: 'give 1 to 1024' });
  }
  await checkTopic(options, view, count);
  await appends.begin(count, options.clock);
  if (stream.identity === undefined) throw serverError('LOG_UNAVAILABLE', { got: 'a log that nobody could begin' });
  return stream.identity;
}

async function checkPartitions(options: ConfigLogOptions, view: TopicsView, log: LogIdentity): Promise<void> {
  const { partitions } = options;
  if (partitions !== undefined && partitions !== log.partitions) {
    const todo = 'start with that number, or with another prefix';
    throw serverError('PARTITIONS_FROZEN', { got: `${partitions}, and the log has ${log.partitions}`, todo });
  }
  await checkTopic(options, view, log.partitions);
}

/** More partitions than were frozen do no harm: nothing is written to them. */
async function checkTopic({ settings, logger }: ConfigLogOptions, view: TopicsView, count: number): Promise<void> {
  const { size } = await view.ends('events');
  const topic = topicName(settings, 'events');
  if (size < count) {
    const todo = `add partitions to the topic until it has ${count}, or begin a log with another prefix`;
    throw serverError('TOPIC_UNSUITABLE', {
      got: `${topic} with ${size} partitions, and the log needs ${count}`,
      todo,
    });
  }
  if (size === count) return;
  const remedy = 'none needed: the number was fixed when the log was made, and the others stay empty';
  logger.warn('more partitions than the log uses', { topic, partitions: size, used: count, remedy });
}

async function endsOf(view: TopicsView, topic: string): Promise<TopicEnds> {
  const ends = await view.ends('config');
  const [only] = ends.values();
  if (ends.size === 1 && only !== undefined) return only;
  const todo = 'delete it if it is empty, and make it with one partition by `armature topics create`';
  throw serverError('TOPIC_UNSUITABLE', { got: `${topic} with ${ends.size} partitions`, todo });
}

async function firstRecord(settings: KafkaSettings, logger: Logger): Promise<RawRecord | undefined> {
  for await (const [first] of readToEnd(settings, 'config', 0, 0, { logger })) return first;
  return undefined;
}
