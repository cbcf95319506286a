import { startJournal, stopJournal, takeChanges } from './changes.js';
import type { Registry } from './registry.js';
import { isCurrentState, restoreState, type WrittenState } from './restore.js';
import type { PartitionState } from './state.js';

/** A whole state, written down. A journal of the state begins anew with it. */
export function packState(state: PartitionState): WrittenState {
  startJournal(state);
  const { head, parts, added } = takeChanges(state);
  return { head, parts: new Map(parts.map((name) => [name, Buffer.concat(added.get(name) ?? [])])) };
}

/**
 * Reads back what `packState` gave, without a journal: most who fold on from here never write changes, and what they
 * would note grows with the log.
 *
 * @returns undefined where another version of the fold wrote it
 */
export function unpackState(written: WrittenState, registry: Registry): PartitionState | undefined {
  if (!isCurrentState(written.head)) return undefined;
  const state = restoreState(written, registry);
  stopJournal(state);
  return state;
}
