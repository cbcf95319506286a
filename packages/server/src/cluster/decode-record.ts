import {
  EVENT_TYPES,
  type LogEvent,
  type LogRecord,
  parseJsonStrict,
  parseLogEvent,
  partitionKey,
  type TickEvent,
} from '@armature/sdk/protocol';
import { LARGEST_REWARD } from '../ingest/check-event.js';
import { partitionOf } from '../ingest/partition-of.js';
import { isPlainEvent } from '../ingest/plain-event.js';
import type { RawRecord } from './ports.js';

/** Why a record is no event of ours. */
export interface RecordFault {
  readonly code: 'NOT_AN_EVENT' | 'MISPLACED' | 'REWARD_OUT_OF_RANGE';
  readonly detail: string;
}

export interface DecodedRecord {
  /** What the fold sees. */
  readonly record: LogRecord<LogEvent>;
  /** Set where the record goes to the dead letters. */
  readonly fault?: RecordFault;
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * What the fold sees of a record. Anybody may write to a topic: a record that is no event, lies in the wrong partition,
 * or has a reward whose square is no number, moves log time as a tick does and nothing else. That depends on the record
 * alone, so that a replay sees the same.
 *
 * @param partitions frozen number of partitions
 */
export function decodeRecord(raw: RawRecord, partitions: number): DecodedRecord {
  const { offset, at, partition } = raw;
  const read = eventOf(raw);
  if (!('event' in read)) return { record: { offset, at, event: unreadable(raw) }, fault: read };
  const { event } = read;
  const fault = event.type === EVENT_TYPES.tick ? undefined : faultOf(event, partition, partitions);
  if (fault !== undefined) return { record: { offset, at, event: unreadable(raw) }, fault };
  return { record: { offset, at, event } };
}

function eventOf({ value }: RawRecord): { readonly event: LogEvent } | RecordFault {
  if (value === null) return { code: 'NOT_AN_EVENT', detail: 'the record has no value' };
  let item: unknown;
  try {
    item = JSON.parse(decoder.decode(value));
  } catch {
    return strictly(value);
  }
  if (isPlainEvent(item) && !('token' in item.data)) return { event: item as LogEvent };
  return strictly(value);
}

/** The way of everything that is not as plain as most are: it has the words for what is wrong. */
function strictly(value: Uint8Array): { readonly event: LogEvent } | RecordFault {
  const json = parseJsonStrict(value);
  if (!json.ok) return { code: 'NOT_AN_EVENT', detail: json.detail };
  const parsed = parseLogEvent(json.value);
  if (parsed.ok) return { event: parsed.event };
  const [first] = parsed.faults;
  return {
    code: 'NOT_AN_EVENT',
    detail: `${first?.pointer ?? ''} ${first?.detail ?? 'the value is not an event'}`.trim(),
  };
}

function faultOf(event: Exclude<LogEvent, TickEvent>, partition: number, partitions: number): RecordFault | undefined {
  const place = partitionOf(partitionKey(event), partitions);
  if (place !== partition) {
    const detail = `its key belongs to partition ${place} of ${partitions}, and it lies in ${partition}`;
    return { code: 'MISPLACED', detail };
  }
  if (event.type !== EVENT_TYPES.reward) return undefined;
  for (const [name, reward] of Object.entries(event.data.metrics)) {
    if (Math.abs(reward) > LARGEST_REWARD) {
      return { code: 'REWARD_OUT_OF_RANGE', detail: `${name} is ${reward}, whose square is no number` };
    }
  }
  return undefined;
}

function unreadable({ partition, offset, at }: RawRecord): TickEvent {
  return {
    specversion: '1.0',
    type: EVENT_TYPES.tick,
    source: '/log',
    id: `unreadable-${partition}-${offset}`,
    time: new Date(at).toISOString(),
    data: {},
  };
}
