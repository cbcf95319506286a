import type { KafkaSettings, Message, Producer, TopicKind } from '../../cluster/ports.js';
import { serverError } from '../../errors.js';
import type { Clock, Logger } from '../../ports.js';
import { systemClock } from '../clock.js';
import { ClusterLink } from './cluster-link.js';
import { type ConnectionTimes, kafkaConnection, REQUEST_MS, topicName } from './connection.js';
import { PartitionLane } from './partition-lane.js';

export interface ProducerOptions extends ConnectionTimes {
  readonly logger: Logger;
  readonly clock?: Clock;
  /** An append settles within this, also while Kafka is away, ms. Default 30,000. */
  readonly timeoutMs?: number;
  /** Of one request. Default 1,000. */
  readonly maxMessages?: number;
  /** Of one request, uncompressed; no message may be larger. Default 1 MiB, which is what a topic takes by default. */
  readonly maxBytes?: number;
  /** Default none: gzip costs a third more processor time and saves nine tenths of the bytes. */
  readonly compression?: 'none' | 'gzip';
}

const TIMEOUT_MS = 30_000;
const MAX_MESSAGES = 1_000;
const MAX_BYTES = 1024 * 1024;

/**
 * Appends to the topics. Within a partition messages stand in the order of the calls. What is not acknowledged is sent
 * again until it is or `timeoutMs` have passed: a message whose first acknowledgement was lost may stand in the log
 * twice, and readers tell it by its id. Nothing is connected until the first append: a server answers while Kafka is
 * away.
 *
 * Appends reject with LOG_UNAVAILABLE, WRITE_UNCERTAIN, RECORD_TOO_LARGE, TOPIC_UNSUITABLE (written, but without append
 * time) or CLOSED. Checkpoints need no append time: where their topic keeps none, this process's time is told.
 */
export async function openProducer(settings: KafkaSettings, options: ProducerOptions): Promise<Producer> {
  const { logger, clock = systemClock() } = options;
  const connection = kafkaConnection(settings, logger, options);
  const links = new Map<TopicKind, ClusterLink>();
  const lanes = new Map<string, PartitionLane>();
  let closed = false;

  const link = (topic: TopicKind): ClusterLink => {
    const made = links.get(topic) ?? new ClusterLink(connection, topicName(settings, topic));
    links.set(topic, made);
    return made;
  };
  const lane = (topic: TopicKind, partition: number): PartitionLane => {
    const name = `${topic}/${partition}`;
    const made =
      lanes.get(name) ??
      new PartitionLane({
        link: link(topic),
        partition,
        logger,
        clock,
        timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
        requestMs: options.requestMs ?? REQUEST_MS,
        maxMessages: options.maxMessages ?? MAX_MESSAGES,
        maxBytes: options.maxBytes ?? MAX_BYTES,
        gzip: options.compression === 'gzip',
        timed: topic !== 'checkpoints',
      });
    lanes.set(name, made);
    return made;
  };
  return {
    async append(topic: TopicKind, partition: number, messages: readonly Message[]) {
      if (closed) throw serverError('CLOSED');
      return lane(topic, partition).append(messages);
    },
    async close() {
      closed = true;
      await Promise.all([...lanes.values()].map((each) => each.idle()));
      await Promise.all([...links.values()].map((each) => each.disconnect()));
    },
  };
}
