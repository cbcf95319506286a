import { CACHE_UNUSABLE, SNAPSHOT_REFUSED } from './client-errors.js';
import { type ArmatureError, clientError, isArmatureError } from './errors.js';
import { asUnavailable } from './http-request.js';
import type { Snapshot } from './protocol/snapshot.js';
import { type Readiness, type ReadyOptions, readiness } from './readiness.js';
import { Refresh, type RefreshMode } from './refresh.js';
import type { Installed, Serving } from './serving.js';
import { type CachedSnapshot, type CacheWriter, cacheWriter, type SnapshotCache } from './snapshot-cache.js';
import { pause } from './timer.js';
import type { Transport } from './transport.js';

/**
 * `starting`: nothing was tried yet. `ready`: a snapshot in use that the server confirmed within `maxAgeMs`. `stale`: a
 * snapshot in use, older than that. `default`: no snapshot; control arms are served. `closed`: after `close()`.
 */
export type Status = 'starting' | 'ready' | 'stale' | 'default' | 'closed';

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

/** Keeps the snapshot in use up to date: from the cache at first, then from the server. */
export class Follower {
  readonly #parts: FollowerParts;
  readonly #manual: boolean;
  readonly #refresh: Refresh | undefined;
  readonly #writer: CacheWriter | undefined;
  readonly #readiness: Readiness;
  #started = false;
  #closed = false;
  /** The server was asked, with whatever result. */
  #tried = false;
  /** The server has confirmed the snapshot in use. */
  #confirmed = false;
  #asking = false;
  #savedAt = Number.NEGATIVE_INFINITY;
  #announced: Status = 'starting';

  constructor(parts: FollowerParts) {
    const { transport, cache, mode } = parts;
    this.#parts = parts;
    this.#manual = mode === 'manual';
    this.#readiness = readiness(() => this.#isReady());
    this.#writer = cache === undefined ? undefined : cacheWriter(cache, (cause) => this.#cacheFailed(cause));
    if (transport === undefined) return;
    const streams = transport.subscribe !== undefined && (mode === undefined || mode === 'stream');
    this.#refresh = new Refresh({
      transport,
      mode: streams ? 'stream' : this.#manual ? 'manual' : 'poll',
      pollMs: POLL_MS,
      checkMs: parts.maxAgeMs / 2,
      random: parts.random,
      version: () => parts.serving.snapshot?.version,
      onSnapshot: (snapshot) => this.#onSnapshot(snapshot),
      onUnchanged: () => this.#onUnchanged(),
      onDown: (cause) => this.#onDown(cause),
    });
  }

  get status(): Status {
    const { serving, local, maxAgeMs } = this.#parts;
    if (this.#closed) return 'closed';
    if (serving.snapshot === undefined) return this.#tried ? 'default' : 'starting';
    return serving.ageMs(local()) > maxAgeMs ? 'stale' : 'ready';
  }

  /** Reads the cache and begins to follow the server. Once. */
  start(): void {
    if (this.#started || this.#closed) return;
    this.#started = true;
    this.#readCache();
    this.#refresh?.start();
    this.#announce();
  }

  /** Waits until the server has confirmed a snapshot, or has failed to while there is one; in mode `manual`, asks. */
  async ready(options: ReadyOptions): Promise<void> {
    this.start();
    if (this.#manual && !this.#closed && this.#refresh !== undefined) {
      this.#asking = true;
      void this.#refresh.once().then(() => {
        this.#asking = false;
        this.#readiness.check();
      });
    }
    await this.#readiness.wait(options);
  }

  /** @param deadlineMs longest time that the cache is waited for */
  async stop(deadlineMs: number): Promise<void> {
    this.#closed = true;
    this.#refresh?.stop();
    this.#announce();
    const saved = this.#writer?.settled();
    if (saved === undefined) return;
    let late = true;
    const done = saved.then(() => {
      late = false;
    });
    await pause(deadlineMs, done);
    if (late) this.#cacheFailed(`a save that did not end in ${deadlineMs} ms`);
  }

  #isReady(): boolean {
    if (this.#closed || this.#refresh === undefined) return true;
    if (this.#manual) return !this.#asking;
    return this.#confirmed || (this.#tried && this.#parts.serving.snapshot !== undefined);
  }

  #announce(): void {
    const { status } = this;
    if (status !== this.#announced) {
      this.#announced = status;
      this.#parts.onStatus(status);
    }
    this.#readiness.check();
  }

  #install(snapshot: Snapshot, at: number, instead = false): Installed | 'refused' {
    const { serving, onSnapshot, onError } = this.#parts;
    try {
      const installed = serving.install(snapshot, at, instead);
      if (installed === 'new') onSnapshot();
      return installed;
    } catch (cause) {
      onError(isArmatureError(cause) ? cause : clientError(SNAPSHOT_REFUSED, { got: String(cause), cause }));
      return 'refused';
    }
  }

  #onSnapshot(snapshot: Snapshot): void {
    this.#tried = true;
    const { serving, local, maxAgeMs } = this.#parts;
    // What the server never confirmed may be of another server, and what it no longer confirms of a log it has lost.
    const unbacked = !this.#confirmed || serving.ageMs(local()) > maxAgeMs;
    const installed = this.#install(snapshot, local(), unbacked);
    if (installed === 'same') return this.#onUnchanged();
    // An older snapshot proves that somebody answers, not that the one in use is current.
    if (installed === 'new') {
      this.#confirmed = true;
      this.#save();
    }
    this.#announce();
  }

  #onUnchanged(): void {
    const now = this.#parts.local();
    this.#tried = true;
    this.#confirmed = true;
    this.#parts.serving.confirm(now);
    if (now - this.#savedAt >= SAVE_AGAIN_MS) this.#save();
    this.#announce();
  }

  #onDown(cause: unknown): void {
    this.#tried = true;
    this.#parts.onError(asUnavailable(cause));
    this.#announce();
  }

  #readCache(): void {
    const onCached = (cached: CachedSnapshot | undefined): void => {
      if (this.#closed || this.#confirmed || cached === undefined) return;
      this.#install(cached.snapshot, Math.min(cached.confirmedAt, this.#parts.local()));
      this.#announce();
    };
    try {
      const cached = this.#parts.cache?.load();
      if (cached instanceof Promise) cached.then(onCached).catch((cause: unknown) => this.#cacheFailed(cause));
      else onCached(cached);
    } catch (cause) {
      this.#cacheFailed(cause);
    }
  }

  #save(): void {
    const { snapshot, confirmedAt } = this.#parts.serving;
    if (this.#writer === undefined || snapshot === undefined) return;
    this.#savedAt = this.#parts.local();
    this.#writer.save({ snapshot, confirmedAt });
  }

  #cacheFailed(cause: unknown): void {
    const got = cause instanceof Error ? cause.message : String(cause);
    this.#parts.onError(isArmatureError(cause) ? cause : clientError(CACHE_UNUSABLE, { got, cause }));
  }
}
