import { type ConfigLogEvent, type LogRecord, parseConfigLogEvent, parseJsonStrict } from '@armature/sdk/protocol';
import type { Message, RawRecord } from '../../cluster/ports.js';
import { type LogIdentity, parseIdentity } from './log-identity.js';

const LOG = 'armature-log';
const OFFSET = 'armature-offset';
const APPEND = 'armature-append';
const INDEX = 'armature-index';
const FENCE = 'armature-fence';

/** Which append a message belongs to, and the place it is written for. */
export interface Place {
  readonly log: string;
  /** Unique to the append among all writers. */
  readonly append: string;
  /** Offset for which the first message is written. */
  readonly first: number;
}

/** Messages that count only at the places they are written for: whoever was faster makes them void. */
export function placedMessages(values: readonly string[], { log, append, first }: Place): readonly Message[] {
  return values.map((value, index) => ({
    key: null,
    value,
    headers: { [LOG]: log, [APPEND]: append, [OFFSET]: String(first + index), [INDEX]: String(index) },
  }));
}

/** Takes a place and means nothing: what was written for that place can count no more, however late it arrives. */
export function fenceMessage(append: string): Message {
  return { key: null, value: null, headers: { [FENCE]: append } };
}

/** Why a record does not count, or counts and says nothing that this version understands. */
export type Skipped = 'lost race' | 'fence' | 'foreign' | 'other log' | 'unreadable';

export interface Taken {
  /** The append it belongs to, where it counts. */
  readonly append?: string;
  readonly record?: LogRecord<ConfigLogEvent>;
  readonly skipped?: Skipped;
  readonly detail?: string;
}

/** What the topic's records come to, read one after the other. The same records give every reader the same. */
export interface ConfigLedger {
  /** Offset of the next record of the topic. */
  readonly position: number;
  /** Offset behind the last record that counted. */
  readonly end: number;
  /** The log's own record, once it was read. */
  readonly identity: LogIdentity | undefined;
  /** All that counted, in order. */
  readonly records: readonly LogRecord<ConfigLogEvent>[];
  /** Takes the record at `position`. */
  take(raw: RawRecord): Taken;
}

/**
 * Compare-and-set by offset. A record counts when the place that it was written for is the one where it stands, and, if
 * it is not the first of its append, when the one before it is of the same append and counted. Lost races, copies that a
 * producer sent again and what a writer left behind that has long been gone stand elsewhere. The first that counts is the
 * log's own record.
 */
export function configLedger(): ConfigLedger {
  const records: LogRecord<ConfigLogEvent>[] = [];
  let position = 0;
  let end = 0;
  let identity: LogIdentity | undefined;
  let last = '';
  const judge = (raw: RawRecord): Taken => {
    const { [LOG]: log, [APPEND]: append, [OFFSET]: place, [INDEX]: index } = raw.headers;
    if (raw.headers[FENCE] !== undefined) return { skipped: 'fence' };
    if (log === undefined || append === undefined || place === undefined) return { skipped: 'foreign' };
    if (place !== String(raw.offset)) return { skipped: 'lost race' };
    const follows = index === '0' || (end === raw.offset && last === append);
    if (identity === undefined) {
      const found = parseIdentity(raw.value);
      if (found === undefined || found.id !== log || !follows) return { skipped: 'foreign' };
      identity = found;
      return { append };
    }
    if (log !== identity.id) return { skipped: 'other log' };
    if (!follows) return { skipped: 'lost race' };
    const read = eventOf(raw.value);
    if (typeof read === 'string') return { append, skipped: 'unreadable', detail: read };
    return { append, record: { offset: raw.offset, at: raw.at, event: read } };
  };
  return {
    get position() {
      return position;
    },
    get end() {
      return end;
    },
    get identity() {
      return identity;
    },
    records,
    take(raw) {
      const taken = judge(raw);
      position = raw.offset + 1;
      if (taken.append !== undefined) {
        end = position;
        last = taken.append;
      }
      if (taken.record !== undefined) records.push(taken.record);
      return taken;
    },
  };
}

/** The event, or what is wrong with it. */
function eventOf(value: Uint8Array | null): ConfigLogEvent | string {
  if (value === null) return 'the record has no value';
  const json = parseJsonStrict(value);
  if (!json.ok) return json.detail;
  const parsed = parseConfigLogEvent(json.value);
  return parsed.ok ? parsed.event : parsed.faults.map(({ pointer, detail }) => `${pointer}: ${detail}`).join('; ');
}
