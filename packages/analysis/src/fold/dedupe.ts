import { EVENT_TYPES, type LogEvent, type TickEvent } from '@armature/sdk/protocol';
import {
  addAny,
  addKey,
  addUuid,
  emptyIdSet,
  forgetBefore,
  hasAny,
  type IdSet,
  KEY_BUCKET_MS,
  UUID_BUCKET_MS,
} from './id-set.js';
import { addId, emptyTable, type IdTable } from './id-table.js';
import { hashId, idWords, readUuid } from './id-words.js';
import { DEDUPE_HORIZON_MS, FUTURE_TOLERANCE_MS, parsedTime } from './log-time.js';
import type { PartitionState, Trial } from './state.js';

/** Events that are counted once: all but ticks. */
export type CountedEvent = Exclude<LogEvent, TickEvent>;

/**
 * The name of a decision in the state. A UUIDv7 is nobody else's; any other id, such as an order number, is one name in
 * its experiment only.
 */
export function decisionName(experiment: string, id: string): string {
  return readUuid(id) < 0 ? `${id}\0d\0${experiment}` : id;
}

/** Whether a partition took a decision within the horizon. */
export function hasDecision(state: PartitionState, experiment: string, id: string): boolean {
  return isKnown(state, decisionName(experiment, id));
}

/** The id of a trial's first decision, as its event gave it. */
export function decisionIdOf({ first }: Pick<Trial, 'first'>): string {
  const end = first.indexOf('\0');
  return end < 0 ? first : first.slice(0, end);
}

/** What an event with an id of its user's own is known by: that id, within its experiment and its type. */
function ownName({ id, type, data }: CountedEvent): string {
  if (type === EVENT_TYPES.decision) return decisionName(data.experiment, id);
  return `${id}\0${type === EVENT_TYPES.reward ? 'r' : 'x'}\0${data.experiment}`;
}

/** Where the UUID of an event is looked for: a decision's is nobody else's, others hold within their experiment. */
function uuidsOf(state: PartitionState, { type, data: { experiment } }: CountedEvent): IdSet {
  if (type === EVENT_TYPES.decision) return state.ids;
  const sets = type === EVENT_TYPES.reward ? state.rewardIds : state.exposureIds;
  const known = sets.get(experiment);
  if (known !== undefined) return known;
  const made = emptyIdSet();
  sets.set(experiment, made);
  return made;
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
  const made = readUuid(event.id);
  const created = made < 0 ? parsedTime(event.time) : made;
  if (created < state.watermark - DEDUPE_HORIZON_MS) return 'too-old';
  // A copy is taken until six hours after the time it names, which may be minutes ahead of the log.
  const from = Math.max(at, Math.min(created, at + FUTURE_TOLERANCE_MS));
  if (made < 0) return enterKey(state, ownName(event), from) ? 'new' : 'duplicate';
  return addUuid(uuidsOf(state, event), made, state.journal !== undefined) ? 'new' : 'duplicate';
}

/** Whether a decision was seen within the horizon, by its name. */
export function isKnown(state: PartitionState, id: string): boolean {
  return hasAny(state.ids, id);
}

/**
 * Enters a key that does not tell its time, such as a request id.
 *
 * @returns false when the key was there already, within the horizon
 */
export function enterKey(state: PartitionState, key: string, at: number): boolean {
  return addKey(state.ids, key, Math.max(at, state.watermark), state.journal !== undefined);
}

/** Remembers for the horizon that a decision does not count; one that is older is forgotten already. */
export function enterUncounted(state: PartitionState, decision: string): void {
  const made = readUuid(decision);
  if (made >= 0 && made < state.watermark - DEDUPE_HORIZON_MS) return;
  addAny(state.uncounted, decision, state.watermark, state.journal !== undefined);
}

const passes = (width: number, before: number, now: number): boolean =>
  Math.ceil(before / width) !== Math.ceil(now / width);

/**
 * Drops the buckets that lie behind the horizon.
 *
 * @param before log time when it was called last: between two buckets there is nothing to drop
 */
export function forgetIds(state: PartitionState, before: number): void {
  if (!passes(UUID_BUCKET_MS, before, state.watermark) && !passes(KEY_BUCKET_MS, before, state.watermark)) return;
  forgetBefore(state.ids, state.watermark);
  forgetBefore(state.uncounted, state.watermark);
  for (const sets of [state.rewardIds, state.exposureIds]) {
    for (const [experiment, set] of sets) if (forgetBefore(set, state.watermark)) sets.delete(experiment);
  }
}

/** Units of periods and learning epochs older than these are forgotten; decisions that name such a one add nothing. */
const PERIODS_KEPT = 3;
const EPOCHS_KEPT = 2;

/**
 * Enters a randomisation unit, by its hash, into its (experiment, learning epoch, period).
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
  const periods = recent(epochs, Number(epoch), EPOCHS_KEPT, () => new Map<number, IdTable>());
  const make = (): IdTable => emptyTable(state.journal !== undefined);
  const units = periods && recent(periods, period ?? NEVER, PERIODS_KEPT, make);
  if (units === undefined) return false;
  hashId(unit);
  return addId(units, idWords[0] ?? 0, idWords[1] ?? 0, idWords[2] ?? 0);
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
