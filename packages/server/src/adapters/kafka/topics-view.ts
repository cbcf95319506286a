import type { KafkaSettings, TopicEnds, TopicKind, TopicsView } from '../../cluster/ports.js';
import { serverError } from '../../errors.js';
import type { Clock, Logger } from '../../ports.js';
import { systemClock } from '../clock.js';
import { silent } from '../loggers.js';
import { within } from '../within.js';
import { backOff, ClusterLink, isSilence, pause } from './cluster-link.js';
import { type ConnectionTimes, kafkaConnection, topicName } from './connection.js';
import { isRefused, kafkaFault } from './kafka-fault.js';

export interface TopicsViewOptions extends ConnectionTimes {
  readonly logger?: Logger;
  readonly clock?: Clock;
  /** A question is answered or rejected within this, ms. Default 10,000. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 10_000;

/**
 * Asks the leaders where their partitions begin and end. Questions reject with KAFKA_UNREACHABLE or TOPIC_MISSING, and
 * with CLOSED after `close`. Nothing is connected until the first question.
 */
export async function openTopicsView(settings: KafkaSettings, options: TopicsViewOptions = {}): Promise<TopicsView> {
  const { logger = silent, clock = systemClock(), timeoutMs = TIMEOUT_MS } = options;
  const connection = kafkaConnection(settings, logger, options);
  const links = new Map<TopicKind, ClusterLink>();
  let closed = false;

  const ask = async (link: ClusterLink): Promise<ReadonlyMap<number, TopicEnds>> => {
    const until = clock.now() + timeoutMs;
    for (let attempt = 1; ; attempt += 1) {
      if (closed) throw serverError('CLOSED');
      try {
        return await within(Math.max(1, until - clock.now()), clock, link.ends());
      } catch (thrown) {
        const wait = backOff(attempt);
        if (isRefused(thrown) || clock.now() + wait >= until) {
          if (isSilence(thrown)) link.renew();
          throw kafkaFault(thrown, link.topic);
        }
        await within(Math.max(1, until - clock.now()), clock, link.recover(thrown)).catch(() => link.renew());
        await pause(wait, clock);
      }
    }
  };
  return {
    async ends(topic) {
      if (closed) throw serverError('CLOSED');
      const link = links.get(topic) ?? new ClusterLink(connection, topicName(settings, topic));
      links.set(topic, link);
      return ask(link);
    },
    async close() {
      closed = true;
      await Promise.all([...links.values()].map((link) => link.disconnect()));
    },
  };
}
