import { EVENT_TYPES, type Experiment, type LogEvent } from '@armature/sdk/protocol';
import { readUuid } from './id-words.js';
import type { Registry } from './registry.js';

/** How long an id is remembered and an event accepted after it was made: the clients' retry horizon. */
export const DEDUPE_HORIZON_MS = 6 * 3_600_000;
/** How far ahead of the log's clock an event may claim to be, and how far a reward may precede its decision. */
export const FUTURE_TOLERANCE_MS = 5 * 60_000;
/** The most that one record moves log time. */
export const LARGEST_JUMP_MS = 10 * 60_000;

/** How much faster than the clock log time goes on while records are further ahead of it than it may jump. */
const CATCH_UP = 60;
/** Closing waits this many times the length of an outage: a client that backed off may be in its longest wait. */
const GRACE_FACTOR = 2;
/** The longest that closing waits after an outage, however long that was. Clients send again every few minutes at least. */
const LONGEST_GRACE_MS = 10 * 60_000;

const LONGEST_TICK_MS = 10_000;
const SHORTEST_TICK_MS = 50;

/** Where a partition stands in time, ms. */
export interface LogTime {
  /** Log time: the largest time of a record that is believed. */
  watermark: number;
  /** When the log took the last record, by the clock of that moment. */
  lastAt: number;
  /** Log time before which nothing closes: clients that waited for the log to come back are still sending. */
  graceEnd: number;
}

/**
 * Moves log time on to a record. It never goes back, and one record moves it by ten minutes at most; records that follow
 * each other so far ahead of it move it sixty times as fast as their own clock goes on, so that a clock that was wrong
 * for a moment takes the log minutes ahead and not days. The first tick after a start may jump, since a stopped server
 * is no wrong clock.
 *
 * After a start, and after a record further ahead than log time may jump, the log was shut, or a clock is wrong. Either
 * way nothing closes for twice as long as log time stood still, ten minutes at most.
 */
export function advance(time: LogTime, at: number, event: LogEvent): void {
  const before = time.watermark;
  const elapsed = at - time.lastAt;
  time.lastAt = at;
  if (before === 0) {
    time.watermark = Math.max(at, 0);
    return;
  }
  if (at <= before) return;
  const start = event.type === EVENT_TYPES.tick && event.data.start === true;
  const ahead = at - before > LARGEST_JUMP_MS;
  if (start || !ahead) time.watermark = at;
  else time.watermark = before + Math.min(LARGEST_JUMP_MS, Math.max(0, CATCH_UP * elapsed));
  if (!start && !ahead) return;
  const grace = ahead ? LONGEST_GRACE_MS : Math.min(GRACE_FACTOR * (at - before), LONGEST_GRACE_MS);
  time.graceEnd = Math.max(time.graceEnd, time.watermark + grace);
}

/** When an event was made, as far as the log believes it: never after the log took it. */
export function eventTime(time: string, at: number): number {
  return Math.min(parsedTime(time), at);
}

/** When an id was made: the time inside a UUIDv7, else the event's own time. */
export function creationTime(id: string, time: string): number {
  const created = readUuid(id);
  return created < 0 ? parsedTime(time) : created;
}

const FULL_TIME = 'yyyy-mm-ddThh:mm:ss.mmmZ'.length;
const TO_MINUTE = 'yyyy-mm-ddThh:mm:'.length;
/** What was parsed last. It begins as what no date is. */
let lastMinute = 'yyyy-mm-ddThh:mm:';
let lastMinuteMs = Number.NaN;

/** Date.parse, which is slow, for texts of which many in a row share their minute. */
export function parsedTime(time: string): number {
  if (time.length !== FULL_TIME || !time.endsWith('Z') || time.charCodeAt(TO_MINUTE + 2) !== 46)
    return Date.parse(time);
  const seconds = digits(time, TO_MINUTE, 2);
  const ms = digits(time, TO_MINUTE + 3, 3);
  if (!(seconds < 60 && ms >= 0)) return Date.parse(time);
  if (!time.startsWith(lastMinute)) {
    const text = time.slice(0, TO_MINUTE);
    const minute = Date.parse(`${text}00.000Z`);
    // Date.parse takes more than ISO 8601, in ways of its own: what is no such minute is left to it.
    if (Number.isNaN(minute) || !new Date(minute).toISOString().startsWith(text)) return Date.parse(time);
    lastMinute = text;
    lastMinuteMs = minute;
  }
  return lastMinuteMs + 1000 * seconds + ms;
}

/** The number in decimal digits from a place on; NaN where there is another character. */
function digits(text: string, from: number, count: number): number {
  let value = 0;
  for (let i = from; i < from + count; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (!(digit >= 0 && digit <= 9)) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}

const BUCKETS_MS = [86_400_000, 3_600_000, 600_000, 60_000, 10_000, 1_000] as const;

/** Width of the decision-time buckets of a definition: the largest step that is not longer than its window. */
export function bucketWidthMs(experiment: Experiment): number {
  const window = experiment.metrics[0]?.windowMs ?? 3_600_000;
  return BUCKETS_MS.find((width) => width <= window) ?? 1_000;
}

/** How often an idle partition needs a tick: ten seconds, or a quarter of the shortest window. */
export function tickIntervalMs(registry: Registry): number {
  let shortest = LONGEST_TICK_MS * 4;
  for (const hash of registry.applied().values()) {
    for (const metric of registry.definition(hash)?.metrics ?? []) shortest = Math.min(shortest, metric.windowMs);
  }
  return Math.max(SHORTEST_TICK_MS, Math.floor(shortest / 4));
}
