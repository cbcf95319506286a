import { EVENT_TYPES, type LogEvent, type TickEvent } from '@armature/sdk/protocol';
import { DEDUPE_HORIZON_MS, parsedTime, uuidTime } from './log-time.js';
import type { PartitionState, Trial } from './state.js';

const BUCKET_MS = 600_000;

/** Events that are counted once: all but ticks. */
export type CountedEvent = Exclude<LogEvent, TickEvent>;

/**
 * The name of a decision in the state. A UUIDv7 is nobody else's; any other id, such as an order number, is one name in
 * its experiment only.
 */
export function decisionName(experiment: string, id: string): string {
  return uuidTime(id) < 0 ? `${id}\0d\0${experiment}` : id;
}

/** Whether a partition took a decision within the horizon. */
export function hasDecision(state: PartitionState, experiment: string, id: string): boolean {
  return isKnown(state, decisionName(experiment, id));
}

/** The id of a trial's first decision, as its event gave it. */
export function decisionIdOf({ decisions: [name = ''] }: Pick<Trial, 'decisions'>): string {
  const end = name.indexOf('\0');
  return end < 0 ? name : name.slice(0, end);
}

/** What an event is known by: its id, within its experiment and its type. */
export function eventName(event: CountedEvent): string {
  const { id, data } = event;
  if (event.type === EVENT_TYPES.decision) return decisionName(data.experiment, id);
  return `${id}\0${event.type === EVENT_TYPES.reward ? 'r' : 'x'}\0${data.experiment}`;
}

/**
 * Remembers an event for the dedupe horizon, by its name. A UUIDv7 says itself when it was made, so that each copy of it is
 * looked for in one place, whatever the clocks said. Any other id may come again with another time: it is looked for
 * everywhere.
 *
 * @param at when the log took it
 * @returns `new`, `duplicate`, or `too-old`: made before the horizon, so that nobody could tell whether it was seen
 */
export function remember(state: PartitionState, event: CountedEvent, at: number): 'new' | 'duplicate' | 'too-old' {
  const made = uuidTime(event.id);
  const created = made < 0 ? parsedTime(event.time) : made;
  if (created < state.watermark - DEDUPE_HORIZON_MS) return 'too-old';
  const name = eventName(event);
  if (made < 0) return enterKey(state, name, at) ? 'new' : 'duplicate';
  return add(state, name, made) ? 'new' : 'duplicate';
}

/** Whether a decision was seen within the horizon, by its name. */
export function isKnown(state: PartitionState, id: string): boolean {
  const made = uuidTime(id);
  return made < 0 ? isAnywhere(state, id) : state.ids.get(bucketOf(made))?.has(id) === true;
}

/**
 * Enters a key that does not tell its time, such as a request id.
 *
 * @returns false when the key was there already, within the horizon
 */
export function enterKey(state: PartitionState, key: string, at: number): boolean {
  return !isAnywhere(state, key) && add(state, key, Math.max(at, state.watermark));
}

const bucketOf = (time: number): number => Math.floor(time / BUCKET_MS) * BUCKET_MS;

function isAnywhere(state: PartitionState, id: string): boolean {
  for (const ids of state.ids.values()) if (ids.has(id)) return true;
  return false;
}

/** Whether it was not there before. */
function add(state: PartitionState, id: string, time: number): boolean {
  const bucket = bucketOf(time);
  let ids = state.ids.get(bucket);
  if (ids === undefined) {
    ids = new Set();
    state.ids.set(bucket, ids);
  }
  const known = ids.size;
  ids.add(id);
  return ids.size > known;
}

/**
 * Drops the buckets that lie behind the horizon.
 *
 * @param before log time when it was called last: between two buckets there is nothing to drop
 */
export function forgetIds(state: PartitionState, before: number): void {
  if (Math.ceil(before / BUCKET_MS) === Math.ceil(state.watermark / BUCKET_MS)) return;
  for (const bucket of state.ids.keys()) {
    if (bucket + BUCKET_MS < state.watermark - DEDUPE_HORIZON_MS) state.ids.delete(bucket);
  }
}

/** Units of periods and learning epochs older than these are forgotten; decisions that name such a one add nothing. */
const PERIODS_KEPT = 3;
const EPOCHS_KEPT = 2;

/**
 * Enters a randomisation unit into its (experiment, learning epoch, period).
 *
 * @returns false when the unit was there already, or the period or epoch is long over
 */
export function enter(
  state: PartitionState,
  experiment: string,
  epoch: string,
  period: number | undefined,
  unit: string,
): boolean {
  let epochs = state.units.get(experiment);
  if (epochs === undefined) {
    epochs = new Map();
    state.units.set(experiment, epochs);
  }
  const periods = recent(epochs, Number(epoch), EPOCHS_KEPT, () => new Map<number, Set<string>>());
  const units = periods && recent(periods, period ?? NEVER, PERIODS_KEPT, () => new Set<string>());
  if (units === undefined || units.has(unit)) return false;
  units.add(unit);
  return true;
}

/** Period index of units that are drawn once for ever. */
const NEVER = 0;

/** The entry at an index, made at need; undefined when the index is too old. Keeps the newest indices only. */
function recent<V>(entries: Map<number, V>, index: number, keep: number, make: () => V): V | undefined {
  const known = entries.get(index);
  if (known !== undefined) return known;
  const newest = Math.max(index, ...entries.keys());
  if (index <= newest - keep) return undefined;
  for (const other of entries.keys()) if (other <= newest - keep) entries.delete(other);
  const made = make();
  entries.set(index, made);
  return made;
}
