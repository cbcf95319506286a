import { OPTIONS_INVALID } from '../client-errors.js';
import { ArmatureError, clientError } from '../errors.js';
import type { StickyAssignment, StickyCounts, StickyStore } from '../sticky.js';
import { decideSticky } from './decide-sticky.js';
import { DamagedRecord } from './read-record.js';
import { type QueuedRecord, recordQueue } from './record-queue.js';
import { STICKY_ERRORS } from './sticky-errors.js';
import { storeAccess } from './store-access.js';
import { unitMemory } from './unit-memory.js';

export interface StickyOptions {
  /** Units remembered in this process, and records that may wait for the store. @default 10000 */
  readonly units?: number;
  /** The longest that a call of the store, or a prefetch, may take, ms. @default 1000 */
  readonly timeoutMs?: number;
}

/** How long what was absent from the store is believed to be absent, ms. */
const FRESH_MS = 60_000;
const MOST_TOLD = 100;

function integerOption(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw clientError(OPTIONS_INVALID, { got: `${name} ${String(value)}`, todo: 'write an integer of 1 or more' });
}

function checkStore(store: StickyStore): void {
  if (typeof store?.get === 'function' && typeof store.setIfAbsent === 'function') return;
  throw clientError(OPTIONS_INVALID, { got: 'a sticky store without get or setIfAbsent', todo: 'pass a store' });
}

interface Reports {
  listen(listener: (error: ArmatureError) => void): () => void;
  failed(cause: unknown): void;
  /** Once for each experiment: somebody forgot to prefetch, or the store is away. */
  notLoaded(experiment: string): void;
}

function reports(): Reports {
  const listeners = new Set<(error: ArmatureError) => void>();
  const told = new Set<string>();
  const report = (code: keyof typeof STICKY_ERRORS, got: string, cause?: unknown): void => {
    const error = new ArmatureError(code, STICKY_ERRORS[code], { got, cause });
    for (const listener of listeners) listener(error);
  };
  return {
    listen(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    failed: (cause) => report('STICKY_STORE_FAILED', String(cause), cause),
    notLoaded(experiment) {
      if (told.has(experiment) || told.size >= MOST_TOLD) return;
      told.add(experiment);
      report('STICKY_NOT_LOADED', JSON.stringify(experiment));
    },
  };
}

/**
 * A store with a bounded memory in front of it, for the client's option `sticky`.
 *
 * `prefetch` reads a unit's records, `decide` finds them at once; what is drawn goes to the store in the background,
 * again and again until it is kept. Several clients of a process may share one.
 *
 * @param store where records are kept: `memoryStickyStore`, `fileStickyStore`, `redisStickyStore`, or your own
 * @throws ArmatureError OPTIONS_INVALID
 * @example
 * stickyAssignment(memoryStickyStore()).counts.produced // => 0
 */
export function stickyAssignment(store: StickyStore, options: StickyOptions = {}): StickyAssignment {
  checkStore(store);
  const units = integerOption('units', options.units ?? 10_000);
  const memory = unitMemory(units);
  const access = storeAccess(store, memory, integerOption('timeoutMs', options.timeoutMs ?? 1000));
  const { listen, failed, notLoaded } = reports();
  const counts = { produced: 0, kept: 0, outrun: 0, dropped: 0 };
  const write = async (item: QueuedRecord): Promise<void> => {
    try {
      counts[(await access.confirm(item)) ? 'kept' : 'outrun'] += 1;
    } catch (cause) {
      if (!(cause instanceof DamagedRecord)) throw cause;
      counts.dropped += 1; // it would be tried for ever, and hold up the others
      failed(cause);
    }
  };
  const queue = recordQueue(units, write, failed);
  const keep = (item: QueuedRecord): void => {
    const added = queue.add(item);
    if (added === 'already') return;
    counts.produced += 1;
    if (added === 'full') counts.dropped += 1;
  };
  return {
    store,
    get counts(): StickyCounts {
      return { ...counts, queued: queue.size };
    },
    decide(experiment, rule, unit, now) {
      const { kept, drawn, loadedAt } = memory.entry(unit);
      const known = { kept, drawn, fresh: now - loadedAt <= FRESH_MS };
      const decided = decideSticky(experiment, rule, unit, now, known, (record) => {
        drawn.set(record.key, record);
        keep({ unit, record });
      });
      if (decided.error !== undefined) notLoaded(decided.outcome.experiment);
      return decided;
    },
    async prefetch(unit, keys, now) {
      if (typeof unit !== 'string' || unit === '') return; // decide will say so
      const entry = memory.entry(unit);
      if (entry.drawn.size === 0 && keys.every((key) => entry.kept.has(key))) return;
      entry.loading ??= access
        .load(unit, entry, keys, now)
        .catch(failed)
        .finally(() => {
          entry.loading = undefined;
        });
      await entry.loading;
    },
    async settled(timeoutMs) {
      await queue.idle(timeoutMs);
    },
    onError: listen,
  };
}
