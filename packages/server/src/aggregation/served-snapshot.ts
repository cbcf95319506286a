import type { Registry } from '@armature/analysis/fold';
import type { Snapshot } from '@armature/sdk/protocol';
import type { Clock } from '../ports.js';
import { snapshotOf } from './snapshot-of.js';

/** The snapshot that is served, and who wants to know of the next. */
export interface ServedSnapshot {
  readonly current: Snapshot;
  /** Makes it anew from what is durable; tells the listeners if it changed. */
  refresh(): void;
  onChange(listener: (snapshot: Snapshot) => void): () => void;
}

/** What of a log its snapshots are named by. */
export interface SnapshotLog {
  /** When it was made, ms since the epoch. */
  readonly created: number;
  readonly config: { readonly end: number };
}

/**
 * The snapshot of a log. Its version is "epoch.sequence": the second in which the log was made, and the length of the
 * config log. So it never goes back, also not when the data directory is replaced by a new one.
 */
export function servedSnapshot(log: SnapshotLog, registry: Registry, clock: Clock): ServedSnapshot {
  const make = (): Snapshot => snapshotOf(registry, `${Math.floor(log.created / 1000)}.${log.config.end}`, clock.now());
  const listeners = new Set<(snapshot: Snapshot) => void>();
  let current = make();
  return {
    get current() {
      return current;
    },
    refresh() {
      const next = make();
      // also where records changed nothing: servers that have read the same records serve the same version
      if (next.hash === current.hash && next.version === current.version) return;
      current = next;
      for (const listener of listeners) listener(next);
    },
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
