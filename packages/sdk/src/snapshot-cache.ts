import type { Snapshot } from './protocol/snapshot.js';

/** A snapshot, and when a server last confirmed it. */
export interface CachedSnapshot {
  readonly snapshot: Snapshot;
  /** ms since the epoch, by this machine's clock. */
  readonly confirmedAt: number;
}

/**
 * Keeps the last good snapshot over a restart, so that a process that starts during an outage still decides.
 * `fileCache(path)` of `@armature/sdk/node` is one.
 */
export interface SnapshotCache {
  /** The snapshot kept, or undefined. What is damaged is not given out: throw, or reject. */
  load(): CachedSnapshot | undefined | Promise<CachedSnapshot | undefined>;
  save(cached: CachedSnapshot): void | Promise<void>;
}

/** Saves one at a time, and only the newest of those that came meanwhile. */
export interface CacheWriter {
  save(cached: CachedSnapshot): void;
  /** Resolves when nothing is left to save. */
  settled(): Promise<void>;
}

export function cacheWriter(cache: SnapshotCache, onError: (cause: unknown) => void): CacheWriter {
  let next: CachedSnapshot | undefined;
  let running: Promise<void> | undefined;
  const run = async (): Promise<void> => {
    while (next !== undefined) {
      const cached = next;
      next = undefined;
      try {
        await cache.save(cached);
      } catch (cause) {
        onError(cause);
      }
    }
    running = undefined;
  };
  return {
    save(cached) {
      next = cached;
      running ??= run();
    },
    settled: () => running ?? Promise.resolve(),
  };
}
