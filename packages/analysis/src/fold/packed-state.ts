import { startJournal, stopJournal, takeChanges } from './changes.js';
import type { Registry } from './registry.js';
import { isCurrentState, restoreState } from './restore.js';
import type { PartitionState } from './state.js';

interface Packed {
  readonly head: string;
  readonly parts: readonly (readonly [name: string, base64: string])[];
}

/** A whole state as one text. A journal of the state begins anew with it. */
export function packState(state: PartitionState): string {
  startJournal(state);
  const { head, parts, added } = takeChanges(state);
  const packed: Packed = {
    head,
    parts: parts.map((name) => [name, Buffer.concat(added.get(name) ?? []).toString('base64')]),
  };
  return JSON.stringify(packed);
}

/**
 * Reads back what `packState` wrote, without a journal: most who fold on from here never write changes, and what they
 * would note grows with the log.
 *
 * @returns undefined where another version of the fold wrote it
 */
export function unpackState(text: string, registry: Registry): PartitionState | undefined {
  const { head, parts } = JSON.parse(text) as Partial<Packed>;
  if (head === undefined || parts === undefined || !isCurrentState(head)) return undefined;
  const bytes = parts.map(([name, base64]) => [name, Buffer.from(base64, 'base64')] as const);
  const state = restoreState({ head, parts: new Map(bytes) }, registry);
  stopJournal(state);
  return state;
}
