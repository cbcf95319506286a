import { type ArmatureError, clientError, isArmatureError } from './errors.js';
import { asUnavailable } from './http-request.js';
import type { Snapshot } from './protocol/snapshot.js';
import { type ReadyOptions, readiness } from './readiness.js';
import { type Refresh, type RefreshMode, refresh } from './refresh.js';
import type { Serving } from './serving.js';
import { type CachedSnapshot, cacheWriter, type SnapshotCache } from './snapshot-cache.js';
import type { Transport } from './transport.js';

/**
 * `starting`: nothing was tried yet. `ready`: a snapshot in use that the server confirmed within `maxAgeMs`. `stale`: a
 * snapshot in use, older than that. `default`: no snapshot; control arms are served. `closed`: after `close()`.
 */
export type Status = 'starting' | 'ready' | 'stale' | 'default' | 'closed';

/** Keeps the snapshot in use up to date. */
export interface Follower {
  /** Reads the cache and begins to follow the server. Once. */
  start(): void;
  ready(options: ReadyOptions): Promise<void>;
  readonly status: Status;
  stop(): Promise<void>;
}

export interface FollowerParts {
  readonly serving: Serving;
  readonly transport: Transport | undefined;
  readonly cache: SnapshotCache | undefined;
  readonly mode: RefreshMode | undefined;
  readonly maxAgeMs: number;
  /** The local clock. */
  readonly local: () => number;
  readonly random: () => number;
  readonly onStatus: (status: Status) => void;
  readonly onSnapshot: () => void;
  readonly onError: (error: ArmatureError) => void;
}

const POLL_MS = 5000;
/** A cached snapshot learns this often that it is still current. */
const SAVE_AGAIN_MS = 30_000;

export function follower(parts: FollowerParts): Follower {
  const { serving, transport, cache, local, onError, maxAgeMs } = parts;
  let started = false;
  let closed = false;
  let tried = false;
  let confirmed = false;
  let asking = false;
  let savedAt = Number.NEGATIVE_INFINITY;
  let announced: Status = 'starting';

  const status = (): Status => {
    if (closed) return 'closed';
    if (serving.snapshot === undefined) return tried ? 'default' : 'starting';
    return serving.ageMs(local()) > maxAgeMs ? 'stale' : 'ready';
  };
  const waiting = readiness(() => {
    if (closed || following === undefined) return true;
    if (mode === 'manual') return !asking;
    return confirmed || (tried && serving.snapshot !== undefined);
  });
  const announce = (): void => {
    const next = status();
    if (next !== announced) {
      announced = next;
      parts.onStatus(next);
    }
    waiting.check();
  };
  const cacheError = (cause: unknown): void => {
    const got = cause instanceof Error ? cause.message : String(cause);
    onError(isArmatureError(cause) ? cause : clientError('CACHE_UNUSABLE', { got, cause }));
  };
  const writer = cache === undefined ? undefined : cacheWriter(cache, cacheError);
  const save = (): void => {
    const { snapshot, confirmedAt } = serving;
    if (writer === undefined || snapshot === undefined) return;
    savedAt = local();
    writer.save({ snapshot, confirmedAt });
  };
  const install = (snapshot: Snapshot, at: number): 'new' | 'same' | 'older' | 'refused' => {
    try {
      const installed = serving.install(snapshot, at);
      if (installed === 'new') parts.onSnapshot();
      return installed;
    } catch (cause) {
      onError(isArmatureError(cause) ? cause : clientError('SNAPSHOT_REFUSED', { got: String(cause), cause }));
      return 'refused';
    }
  };
  const onUnchanged = (): void => {
    tried = true;
    confirmed = true;
    serving.confirm(local());
    if (local() - savedAt >= SAVE_AGAIN_MS) save();
    announce();
  };
  const onSnapshot = (snapshot: Snapshot): void => {
    tried = true;
    const installed = install(snapshot, local());
    if (installed === 'same') return onUnchanged();
    // An older snapshot proves that somebody answers, not that the one in use is current.
    if (installed === 'new') {
      confirmed = true;
      save();
    }
    announce();
  };
  const onDown = (cause: unknown): void => {
    tried = true;
    onError(asUnavailable(cause));
    announce();
  };
  const onCached = (cached: CachedSnapshot | undefined): void => {
    if (closed || cached === undefined) return;
    install(cached.snapshot, Math.min(cached.confirmedAt, local()));
    announce();
  };
  const readCache = (): void => {
    try {
      const cached = cache?.load();
      if (cached instanceof Promise) cached.then(onCached, cacheError);
      else onCached(cached);
    } catch (cause) {
      cacheError(cause);
    }
  };
  const mode = parts.mode ?? (transport?.subscribe === undefined ? 'poll' : 'stream');
  const following: Refresh | undefined =
    transport === undefined
      ? undefined
      : refresh({
          transport,
          mode: mode === 'stream' && transport.subscribe === undefined ? 'poll' : mode,
          pollMs: POLL_MS,
          checkMs: maxAgeMs / 2,
          random: parts.random,
          version: () => serving.snapshot?.version,
          onSnapshot,
          onUnchanged,
          onDown,
        });
  const start = (): void => {
    if (started || closed) return;
    started = true;
    readCache();
    following?.start();
    announce();
  };

  return {
    start,
    async ready(options) {
      start();
      if (mode === 'manual' && !closed) {
        asking = true;
        void following?.once().then(() => {
          asking = false;
          waiting.check();
        });
      }
      await waiting.wait(options);
    },
    get status() {
      return status();
    },
    async stop() {
      closed = true;
      following?.stop();
      announce();
      await writer?.settled();
    },
  };
}
