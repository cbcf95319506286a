import { isArmatureError } from '@armature/sdk';
import type { KafkaSettings, RawRecord, TopicKind } from '../../cluster/ports.js';
import { serverError } from '../../errors.js';
import type { Clock, Logger } from '../../ports.js';
import { systemClock } from '../clock.js';
import { silent } from '../loggers.js';
import { backOff, ClusterLink, isTopicMissing, pause } from './cluster-link.js';
import { type ConnectionTimes, kafkaConnection, topicName } from './connection.js';
import { isCodecMissing, isRefused, kafkaCause, kafkaFault } from './kafka-fault.js';
import { isOutOfRange, PartitionCursor } from './partition-cursor.js';

/** How a topic is read. */
export interface ReadOptions extends ConnectionTimes {
  readonly logger?: Logger;
  readonly clock?: Clock;
  /** Whether offsets may be missing, as they are in a compacted topic. Default false. */
  readonly gaps?: boolean;
  /** How long Kafka may be away before a read gives up, ms. Default 30,000. */
  readonly timeoutMs?: number;
}

export interface TopicReaderOptions extends ReadOptions {
  readonly partition: number;
  /** Offset of the first record. */
  readonly from: number;
  readonly logger: Logger;
  /** The next records, in order; the ones after them come when it has resolved. If it throws, the reader ends. */
  readonly onRecords: (records: readonly RawRecord[]) => Promise<void> | void;
  /** Called once when the reader cannot go on: see `openTopicReader`. */
  readonly onFailure: (cause: Error) => void;
}

export interface TopicReader {
  /** Offset of the next record. */
  position(): number;
  /** Resolves when nothing is handed over any more. */
  stop(): Promise<void>;
}

const TIMEOUT_MS = 30_000;
/** A fetch returns as soon as there is a record; without one it asks again after this. */
const WAIT_MS = 500;

/**
 * Reads one partition from an offset on and follows it, in order and without a gap, outside every consumer group. An
 * outage of Kafka is waited out.
 *
 * @throws KAFKA_UNREACHABLE, TOPIC_MISSING, DATA_HOLE (records from `from` on were deleted), LOG_MISMATCH (the partition
 *   ends before `from`). Later: DATA_HOLE, LOG_MISMATCH, CODEC_MISSING, TOPIC_MISSING or what `onRecords` threw, by
 *   `onFailure`
 */
export async function openTopicReader(
  settings: KafkaSettings,
  kind: TopicKind,
  options: TopicReaderOptions,
): Promise<TopicReader> {
  const source = openSource(settings, kind, options.partition, options.from, options);
  try {
    await source.begin();
  } catch (cause) {
    await source.close();
    throw cause;
  }
  let stopped = false;
  const follow = async (): Promise<void> => {
    while (!stopped) {
      const records = await source.next(() => stopped);
      if (records.length > 0 && !stopped) await options.onRecords(records);
    }
  };
  const ended = follow().catch((cause: unknown) => {
    if (!stopped) options.onFailure(cause instanceof Error ? cause : new Error(String(cause)));
  });
  return {
    position: () => source.cursor.position,
    async stop() {
      stopped = true;
      await ended;
      await source.close();
    },
  };
}

/**
 * Reads one partition from an offset on up to where it ends now, in order and without a gap.
 *
 * @throws KAFKA_UNREACHABLE if nothing comes for `timeoutMs`, TOPIC_MISSING, DATA_HOLE, LOG_MISMATCH, CODEC_MISSING
 */
export async function* readToEnd(
  settings: KafkaSettings,
  kind: TopicKind,
  partition: number,
  from: number,
  options: ReadOptions = {},
): AsyncGenerator<readonly RawRecord[]> {
  const source = openSource(settings, kind, partition, from, options);
  try {
    await source.begin();
    const { high } = await source.retried(
      () => source.cursor.ends(),
      () => false,
    );
    while (source.cursor.position < high) {
      const records = await source.next(() => false, high);
      const wanted = records.filter(({ offset }) => offset < high);
      if (wanted.length > 0) yield wanted;
    }
  } finally {
    await source.close();
  }
}

interface Source {
  readonly cursor: PartitionCursor;
  /** Connects and compares the offset with what is there. */
  begin(): Promise<void>;
  /** The next records, none if there are none for a while; before `until` their absence counts as an outage. */
  next(stopped: () => boolean, until?: number): Promise<readonly RawRecord[]>;
  retried<T>(ask: () => Promise<T>, stopped: () => boolean): Promise<T>;
  close(): Promise<void>;
}

function openSource(
  settings: KafkaSettings,
  kind: TopicKind,
  partition: number,
  from: number,
  options: ReadOptions,
): Source {
  const { logger = silent, clock = systemClock(), gaps = false, timeoutMs = TIMEOUT_MS } = options;
  const topic = topicName(settings, kind);
  const link = new ClusterLink(kafkaConnection(settings, logger, options), topic);
  const cursor = new PartitionCursor(link, partition, from, gaps);
  let lastRecord = clock.now();

  /** Asks until there is an answer, for `patienceMs`. */
  const patiently = async <T>(ask: () => Promise<T>, stopped: () => boolean, patienceMs: number): Promise<T> => {
    const since = clock.now();
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await ask();
      } catch (thrown) {
        if (isArmatureError(thrown) || isCodecMissing(kafkaCause(thrown))) throw kafkaFault(thrown, topic);
        const limit = isTopicMissing(thrown) ? timeoutMs : patienceMs;
        // one that follows waits: rights and passwords are changed while servers run
        if (isRefused(thrown) && Number.isFinite(patienceMs)) throw kafkaFault(thrown, topic);
        if (stopped() || clock.now() - since >= limit) throw kafkaFault(thrown, topic);
        logger.warn('kafka.read', { topic, partition, reason: kafkaCause(thrown).message, attempt });
        await link.recover(thrown);
        // out of range once may be a leader that has just taken over; what is there decides
        if (isOutOfRange(thrown) && attempt >= 3) await cursor.check();
        await pause(backOff(attempt), clock);
      }
    }
  };
  return {
    cursor,
    async begin() {
      await patiently(
        () => cursor.check(),
        () => false,
        timeoutMs,
      );
      lastRecord = clock.now();
    },
    async next(stopped, until) {
      const patience = until === undefined ? Number.POSITIVE_INFINITY : timeoutMs;
      const records = await patiently(() => cursor.next(WAIT_MS), stopped, patience);
      const now = clock.now();
      if (records.length > 0) lastRecord = now;
      if (until === undefined || now - lastRecord < timeoutMs) return records;
      throw serverError('KAFKA_UNREACHABLE', { got: `${topic}: no record from ${cursor.position} to ${until}` });
    },
    retried: (ask, stopped) => patiently(ask, stopped, timeoutMs),
    close: () => link.disconnect(),
  };
}
