import type { Cell } from '@armature/sdk/policies';
import type { Kept, Trial } from './state.js';
import type { MutableCell } from './statistics.js';

export type Entries<K, V> = readonly (readonly [K, V])[];

/** A trial as JSON: maps become lists of entries in their order, so that reading it back changes nothing. */
export type PlainTrial = Omit<Trial, 'kept' | 'closed' | 'cell' | 'part' | 'changed'> & {
  readonly kept: Entries<string, Kept>;
  readonly closed: readonly string[];
};

/** A cell as JSON. */
export type PlainCell = Omit<MutableCell, 'arms' | 'changed'> & {
  readonly arms: readonly { readonly opened: number; readonly metrics: Entries<string, Cell> }[];
};

/** Field by field, in their order: copying the rest of a trial costs more than writing it down. */
export function plainTrial(trial: Trial): PlainTrial {
  const { order, key, experiment, definition, version, rule, arm, time, at, unit, decisions } = trial;
  const kept = trial.kept.size === 0 ? NO_ENTRIES : [...trial.kept];
  const closed = trial.closed.size === 0 ? NO_ENTRIES : [...trial.closed];
  return { order, key, experiment, definition, version, rule, arm, time, at, unit, decisions, kept, closed };
}

const NO_ENTRIES: readonly never[] = [];

export function plainCell({ changed: _, arms, ...cell }: MutableCell): PlainCell {
  return { ...cell, arms: arms.map(({ opened, metrics }) => ({ opened, metrics: [...metrics] })) };
}
