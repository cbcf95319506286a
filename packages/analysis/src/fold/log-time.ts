import { EVENT_TYPES, type Experiment, type LogEvent } from '@armature/sdk/protocol';
import type { Registry } from './registry.js';

/** How long an id is remembered and an event accepted after it was made: the clients' retry horizon. */
export const DEDUPE_HORIZON_MS = 6 * 3_600_000;
/** How far ahead of the log's clock an event may claim to be, and how far a reward may precede its decision. */
export const FUTURE_TOLERANCE_MS = 5 * 60_000;
/** The most that one record moves log time. */
export const LARGEST_JUMP_MS = 10 * 60_000;

const LONGEST_TICK_MS = 10_000;
const SHORTEST_TICK_MS = 50;

/**
 * Log time after a record: it never goes back, and one record moves it by ten minutes at most, so that a single wrong
 * clock closes no window. The first tick after a start may jump, since a stopped server is no wrong clock.
 */
export function advance(watermark: number, at: number, event: LogEvent): number {
  if (watermark === 0 || (event.type === EVENT_TYPES.tick && event.data.start === true)) return Math.max(watermark, at);
  return Math.max(watermark, Math.min(at, watermark + LARGEST_JUMP_MS));
}

/** When an event was made, as far as the log believes it: never after the log took it. */
export function eventTime(time: string, at: number): number {
  return Math.min(Date.parse(time), at);
}

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** When an id was made: the time inside a UUIDv7, else the event's own time. */
export function creationTime(id: string, time: string): number {
  if (id.length === 36 && UUID_V7.test(id)) return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
  return Date.parse(time);
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
