import {
  applyRecord,
  emptyState,
  type PartitionState,
  type Registry,
  restoreState,
  type StateChanges,
  startJournal,
  takeChanges,
  writeMany,
} from '@armature/analysis/fold';
import type { LogRecord } from '@armature/sdk/protocol';

/** What a store keeps of changes: the last head, and of each part that it names all that was added. */
export function memoryStore() {
  let head = '';
  let parts = new Map<string, Uint8Array>();
  return {
    save(changes: StateChanges): void {
      const next = new Map<string, Uint8Array>();
      for (const name of changes.parts) {
        const before = changes.whole ? undefined : parts.get(name);
        next.set(name, Buffer.concat([before ?? Buffer.alloc(0), ...(changes.added.get(name) ?? [])]));
      }
      parts = next;
      head = changes.head;
    },
    load: () => ({ head, parts }),
    bytes: () => [...parts.values()].reduce((sum, { length }) => sum + length, head.length),
  };
}

/** Folds records with changes taken every so many of them, and gives the state as it is read back. */
export function writtenAndRead(records: readonly LogRecord[], registry: Registry, every: number): PartitionState {
  const store = memoryStore();
  let state = emptyState();
  startJournal(state);
  for (const [n, record] of records.entries()) {
    applyRecord(state, record, registry);
    writeMany(state);
    if (n % every === 0) store.save(takeChanges(state));
    if (n % (3 * every) === 0) state = restoreState(store.load(), registry);
  }
  store.save(takeChanges(state));
  return restoreState(store.load(), registry);
}
