import { EVENT_TYPES, type LogEvent, partitionKey } from '@armature/sdk/protocol';
import { tickEvent } from '../aggregation/tick-event.js';
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
  return { key: event.type === EVENT_TYPES.tick ? TICK_KEY : partitionKey(event), value: JSON.stringify(event) };
}

/**
 * What follows a failure comes after a tick that marks a start: a log that could not be appended to was as shut as one
 * whose servers were down, and clients waited for it.
 */
export function createAppender(producer: Producer, clock: Clock): Appender {
  const failed = new Set<number>();
  const append = async (partition: number, events: readonly LogEvent[]): Promise<void> => {
    const first = failed.delete(partition) ? [tickEvent(partition, clock.now(), true)] : [];
    try {
      await producer.append('events', partition, [...first, ...events].map(messageOf));
      failPoint('after-produce');
    } catch (cause) {
      failed.add(partition);
      throw cause;
    }
  };
  return { append, tick: (partition, start = false) => append(partition, [tickEvent(partition, clock.now(), start)]) };
}
