import { DEDUPE_HORIZON_MS } from './log-time.js';
import type { PartitionState } from './state.js';

const BUCKET_MS = 600_000;

/**
 * Remembers an id for the dedupe horizon.
 *
 * @returns `new`, `duplicate`, or `too-old`: made before the horizon, so that nobody could tell whether it was seen
 */
export function remember(
  state: PartitionState,
  id: string,
  created: number,
  at: number,
): 'new' | 'duplicate' | 'too-old' {
  if (created < state.watermark - DEDUPE_HORIZON_MS) return 'too-old';
  const bucket = Math.floor(Math.min(created, at) / BUCKET_MS) * BUCKET_MS;
  let ids = state.ids.get(bucket);
  if (ids === undefined) {
    ids = new Set();
    state.ids.set(bucket, ids);
  }
  const known = ids.size;
  ids.add(id);
  return ids.size === known ? 'duplicate' : 'new';
}

/**
 * Whether an id was seen within the horizon. `created` is the time inside the id; the log may have taken the id a
 * little earlier by its own clock, hence the bucket before.
 */
export function isKnown(state: PartitionState, id: string, created: number): boolean {
  const bucket = Math.floor(created / BUCKET_MS) * BUCKET_MS;
  return state.ids.get(bucket)?.has(id) === true || state.ids.get(bucket - BUCKET_MS)?.has(id) === true;
}

/**
 * Enters a key that decisions of different times may share, such as a request id.
 *
 * @returns false when the key was there already, within the horizon
 */
export function enterKey(state: PartitionState, key: string, at: number): boolean {
  for (const ids of state.ids.values()) if (ids.has(key)) return false;
  return remember(state, key, Math.max(at, state.watermark), at) === 'new';
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
