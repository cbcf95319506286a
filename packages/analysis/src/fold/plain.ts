import type { Cell } from '@armature/sdk/policies';
import type { Kept, Trial } from './state.js';
import type { MutableCell } from './statistics.js';

export type Entries<K, V> = readonly (readonly [K, V])[];

/** A trial as JSON: maps become lists of entries in their order, so that reading it back changes nothing. */
export type PlainTrial = Omit<Trial, 'first' | 'more' | 'kept' | 'closed' | 'cell' | 'part' | 'changed'> & {
  /** Names of its decisions, the first one first. */
  readonly decisions: readonly string[];
  readonly kept: Entries<string, Omit<Kept, 'metric'>>;
  readonly closed: readonly string[];
};

/** A cell as JSON. */
export type PlainCell = Omit<MutableCell, 'arms' | 'changed'> & {
  readonly arms: readonly { readonly opened: number; readonly metrics: Entries<string, Cell> }[];
};

/** Field by field, in their order: copying the rest of a trial costs more than writing it down. */
export function plainTrial(trial: Trial): PlainTrial {
  const { order, key, experiment, definition, version, rule, arm, time, at, unit, first, more } = trial;
  const decisions = more === undefined ? [first] : [first, ...more];
  const kept = trial.kept.length === 0 ? NO_ENTRIES : trial.kept.map(plainKept);
  const closed = trial.closed.size === 0 ? NO_ENTRIES : [...trial.closed];
  return { order, key, experiment, definition, version, rule, arm, time, at, unit, decisions, kept, closed };
}

function plainKept({ metric, value, time, id }: Kept): PlainTrial['kept'][number] {
  return [metric, { value, time, id }];
}

const NO_ENTRIES: readonly never[] = [];

export function plainCell({ changed: _, arms, ...cell }: MutableCell): PlainCell {
  return { ...cell, arms: arms.map(({ opened, metrics }) => ({ opened, metrics: [...metrics] })) };
}
