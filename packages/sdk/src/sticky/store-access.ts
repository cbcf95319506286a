import type { StickyRecord, StickyStore } from '../sticky.js';
import { withinTime } from '../time-limit.js';
import { after } from '../timer.js';
import { DamagedRecord, readRecord } from './read-record.js';
import type { QueuedRecord } from './record-queue.js';
import type { KnownUnit, UnitMemory } from './unit-memory.js';

/** The store as the memory sees it: every call has a time limit, and what comes back is checked. */
export interface StoreAccess {
  /** Offers a record to the store, and remembers the one that is kept. @returns whether it is this one */
  confirm(item: QueuedRecord, ms?: number): Promise<boolean>;
  /**
   * Confirms what was drawn of a unit, and reads its records where one of `keys` is not known; tries again until the time
   * is over. Rejects with the last failure; a damaged record is one, and does not keep the others from being read.
   */
  load(unit: string, entry: KnownUnit, keys: readonly string[], now: number): Promise<void>;
}

const RETRY_MS = 20;

/** Whether two records are of one draw. */
const same = (a: StickyRecord, b: StickyRecord): boolean =>
  a.arm === b.arm && a.time === b.time && a.snapshot === b.snapshot && a.definition === b.definition;

export function storeAccess(store: StickyStore, memory: UnitMemory, timeoutMs: number): StoreAccess {
  /** A store of others may throw where it should reject, and may never answer: that is awaited, if only so long. */
  const limited = <T>(call: () => Promise<T>, ms: number): Promise<T> =>
    withinTime((async () => call())(), ms, new AbortController(), true);
  const remember = (entry: KnownUnit | undefined, record: StickyRecord): void => {
    entry?.kept.set(record.key, record);
    entry?.drawn.delete(record.key);
  };
  const confirm: StoreAccess['confirm'] = async ({ unit, record }, ms = timeoutMs) => {
    const first = readRecord(await limited(() => store.setIfAbsent(unit, record), ms));
    if (first.key !== record.key) throw new Error(`the store answered ${first.key} for ${record.key}`);
    remember(memory.find(unit), first);
    return same(first, record);
  };
  const attempt = async (
    unit: string,
    entry: KnownUnit,
    keys: readonly string[],
    left: () => number,
  ): Promise<boolean> => {
    for (const record of [...entry.drawn.values()]) await confirm({ unit, record }, left());
    if (keys.every((key) => entry.kept.has(key))) return false;
    let damage: unknown;
    for (const record of await limited(() => store.get(unit), left())) {
      try {
        remember(entry, readRecord(record));
      } catch (cause) {
        damage = cause; // the others are sound
      }
    }
    if (damage !== undefined) throw damage;
    return true;
  };
  return {
    confirm,
    async load(unit, entry, keys, now) {
      const until = performance.now() + timeoutMs;
      const left = (): number => Math.max(1, until - performance.now());
      for (let pauseMs = RETRY_MS; ; pauseMs *= 2) {
        try {
          if (await attempt(unit, entry, keys, left)) entry.loadedAt = now;
          return;
        } catch (cause) {
          if (cause instanceof DamagedRecord || left() <= pauseMs) throw cause;
          await new Promise<void>((resolve) => void after(pauseMs, resolve, true));
        }
      }
    },
  };
}
