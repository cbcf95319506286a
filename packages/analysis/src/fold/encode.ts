import type { Cell } from '@armature/sdk/policies';
import type { MutableHealth } from './health.js';
import type { Registry } from './registry.js';
import { emptyState, type Kept, type PartitionState, type Trial, type Unexposed, type WaitingReward } from './state.js';
import { cellFor, type MutableCell } from './statistics.js';
import { bucketOf, indexTrial } from './trials.js';

type Entries<K, V> = readonly (readonly [K, V])[];
type PlainTrial = Omit<Trial, 'kept' | 'closed' | 'cell'> & {
  readonly kept: Entries<string, Kept>;
  readonly closed: readonly string[];
};
type PlainCell = Omit<MutableCell, 'arms'> & {
  readonly arms: readonly { readonly opened: number; readonly metrics: Entries<string, Cell> }[];
};

/** How a state is written down, and by which rules it was folded. A change of either is another number. */
const STATE_SCHEMA = 3;

/** A partition's state as JSON: maps become lists of entries in their order, so that reading it back changes nothing. */
interface EncodedState {
  readonly schema: typeof STATE_SCHEMA;
  readonly offset: number;
  readonly watermark: number;
  readonly lastAt: number;
  readonly graceEnd: number;
  readonly cells: readonly PlainCell[];
  readonly health: Entries<string, MutableHealth>;
  readonly trials: readonly PlainTrial[];
  readonly units: Entries<string, Entries<number, Entries<number, readonly string[]>>>;
  readonly ids: Entries<number, readonly string[]>;
  readonly uncounted: Entries<string, number>;
  readonly unexposed: Entries<string, Unexposed>;
  readonly exposures: Entries<string, number>;
  readonly waiting: Entries<string, readonly WaitingReward[]>;
}

/** Writes a state down. The same log gives the same bytes, whether or not a state was read back in between. */
export function encodeState(state: PartitionState): string {
  const encoded: EncodedState = {
    schema: STATE_SCHEMA,
    offset: state.offset,
    watermark: state.watermark,
    lastAt: state.lastAt,
    graceEnd: state.graceEnd,
    cells: [...state.cells.values()].map((cell) => ({
      ...cell,
      arms: cell.arms.map(({ opened, metrics }) => ({ opened, metrics: [...metrics] })),
    })),
    health: [...state.health],
    trials: [...state.trials.values()].map(({ cell: _, kept, closed, ...trial }) => ({
      ...trial,
      kept: [...kept],
      closed: [...closed],
    })),
    units: [...state.units].map(([experiment, epochs]) => [
      experiment,
      [...epochs].map(
        ([epoch, periods]) => [epoch, [...periods].map(([period, units]) => [period, [...units]] as const)] as const,
      ),
    ]),
    ids: [...state.ids].map(([bucket, ids]) => [bucket, [...ids]]),
    uncounted: [...state.uncounted],
    unexposed: [...state.unexposed],
    exposures: [...state.exposures],
    waiting: [...state.waiting],
  };
  return JSON.stringify(encoded);
}

/**
 * Whether a text was written by this version's `encodeState`. One that was not is folded anew from the log, which is
 * the truth.
 */
export function isCurrentState(text: string): boolean {
  return text.startsWith(`{"schema":${STATE_SCHEMA},`);
}

/**
 * Reads back what `encodeState` wrote.
 *
 * @throws when the text is not such a state, or the registry lacks a definition that an open trial names
 */
export function decodeState(text: string, registry: Registry): PartitionState {
  const encoded = JSON.parse(text) as EncodedState;
  if (encoded.schema !== STATE_SCHEMA) {
    throw new Error(`a state of schema ${String(encoded.schema)}; this version reads schema ${STATE_SCHEMA}`);
  }
  const state = emptyState();
  state.offset = encoded.offset;
  state.watermark = encoded.watermark;
  state.lastAt = encoded.lastAt;
  state.graceEnd = encoded.graceEnd;
  for (const cell of encoded.cells) {
    const arms = cell.arms.map(({ opened, metrics }) => ({ opened, metrics: new Map(metrics) }));
    state.cells.set(`${cell.experiment}\0${cell.version}\0${cell.rule}\0${cell.bucket}`, { ...cell, arms });
  }
  fill(state.health, encoded.health);
  for (const [experiment, epochs] of encoded.units) {
    const read = epochs.map(
      ([epoch, periods]) => [epoch, new Map(periods.map(([p, units]) => [p, new Set(units)]))] as const,
    );
    state.units.set(experiment, new Map(read));
  }
  for (const [bucket, ids] of encoded.ids) state.ids.set(bucket, new Set(ids));
  fill(state.uncounted, encoded.uncounted);
  fill(state.unexposed, encoded.unexposed);
  fill(state.exposures, encoded.exposures);
  for (const [key, rewards] of encoded.waiting) state.waiting.set(key, [...rewards]);
  for (const plain of encoded.trials) restoreTrial(state, plain, registry);
  return state;
}

function restoreTrial(state: PartitionState, plain: PlainTrial, registry: Registry): void {
  const experiment = registry.definition(plain.definition);
  if (experiment === undefined)
    throw new Error(`the config log lacks the definition ${plain.definition} of an open trial`);
  const { experiment: id, version, rule, arm, time, unit } = plain;
  const arms = registry.version(id, version)?.arms.length ?? arm + 1;
  const cell = cellFor(state, id, version, rule, bucketOf(time, experiment), arms);
  const trial: Trial = { ...plain, unit, kept: new Map(plain.kept), closed: new Set(plain.closed), cell };
  state.trials.set(trial.key, trial);
  indexTrial(state, trial, experiment);
}

function fill<K, V>(map: Map<K, V>, entries: Entries<K, V>): void {
  for (const [key, value] of entries) map.set(key, value);
}
