import { randomUUID } from 'node:crypto';
import type { KafkaSettings } from '../../cluster/ports.js';
import type { Clock, Logger } from '../../ports.js';
import { openProducer } from './producer.js';

/** A broker's clock, as the time at which it appended a record tells it. */
export interface ProbedClock {
  /** How far it is ahead of ours, ms, give or take half of `answerMs`. */
  readonly aheadMs: number;
  readonly answerMs: number;
}

const TIMEOUT_MS = 10_000;

/**
 * Appends a record to the dead letters, which nobody folds, and looks at its append time.
 *
 * @throws LOG_UNAVAILABLE, WRITE_UNCERTAIN, TOPIC_UNSUITABLE
 */
export async function probeClock(
  settings: KafkaSettings,
  outside: { readonly clock: Clock; readonly logger: Logger },
): Promise<ProbedClock> {
  const { clock } = outside;
  const producer = await openProducer(settings, { ...outside, timeoutMs: TIMEOUT_MS });
  try {
    const message = () => [{ key: null, value: JSON.stringify({ type: 'dev.armature.probe.v1', id: randomUUID() }) }];
    await producer.append('dead-letters', 0, message()); // the first one connects too
    const sent = clock.now();
    const [appended] = await producer.append('dead-letters', 0, message());
    const received = clock.now();
    const at = appended?.at ?? received;
    return { aheadMs: at - (sent + received) / 2, answerMs: received - sent };
  } finally {
    await producer.close();
  }
}
