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

export function plainTrial({ cell: _, part: __, changed: ___, order, kept, closed, ...trial }: Trial): PlainTrial {
  return { order, ...trial, kept: [...kept], closed: [...closed] };
}

export function plainCell({ changed: _, arms, ...cell }: MutableCell): PlainCell {
  return { ...cell, arms: arms.map(({ opened, metrics }) => ({ opened, metrics: [...metrics] })) };
}
