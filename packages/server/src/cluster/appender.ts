import { type LogEvent, partitionKey, type TickEvent } from '@armature/sdk/protocol';
import { tickEvent } from '../aggregation/tick-event.js';
import { serverError } from '../errors.js';
import { failPoint } from '../fail-point.js';
import type { Clock } from '../ports.js';
import type { Message, Producer } from './ports.js';

/** Appends events to the partitions of the shared log. */
export interface Appender {
  /** Resolves once the events are durable. */
  append(partition: number, events: readonly LogEvent[]): Promise<void>;
  /** Moves a partition's log time to now. */
  tick(partition: number, start?: boolean): Promise<void>;
}

const TICK_KEY = 'tick';

function messageOf(event: LogEvent): Message {
  return { key: isTick(event) ? TICK_KEY : partitionKey(event), value: JSON.stringify(event) };
}

const isTick = (event: LogEvent): event is TickEvent => event.source === '/server' && event.id.startsWith('tick-');

/** While Kafka is away one append in this time finds out whether it is back, and the others are refused at once, ms. */
const PROBE_MS = 1000;

/**
 * What follows a failure comes after a tick that marks a start: a log that could not be appended to was as shut as one
 * whose servers were down, and clients waited for it.
 */
export function createAppender(producer: Producer, clock: Clock): Appender {
  /** When the next append to a partition whose last one failed is tried. */
  const tryAt = new Map<number, number>();
  const append = async (partition: number, events: readonly LogEvent[]): Promise<void> => {
    const now = clock.now();
    const next = tryAt.get(partition);
    if (next !== undefined && now < next) {
      const got = `partition ${partition} of the events, which could not be appended to a moment ago`;
      throw serverError('LOG_UNAVAILABLE', { got, todo: 'send the events again once Kafka is well' });
    }
    if (next !== undefined) tryAt.set(partition, now + PROBE_MS);
    const first = next === undefined ? [] : [tickEvent(partition, now, true)];
    try {
      await producer.append('events', partition, [...first, ...events].map(messageOf));
      failPoint('after-produce');
      tryAt.delete(partition);
    } catch (cause) {
      tryAt.set(partition, clock.now() + PROBE_MS);
      throw cause;
    }
  };
  return { append, tick: (partition, start = false) => append(partition, [tickEvent(partition, clock.now(), start)]) };
}
