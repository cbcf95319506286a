import type { StickyRecord } from '../sticky.js';

/** What is known of one unit in this process. */
export interface KnownUnit {
  /** Records that the store holds, by key. */
  readonly kept: Map<string, StickyRecord>;
  /** Records drawn here that the store has not confirmed yet. */
  readonly drawn: Map<string, StickyRecord>;
  /** When the store was read last. */
  loadedAt: number;
  loading: Promise<void> | undefined;
}

/** The units seen last. */
export interface UnitMemory {
  /** The unit's entry, made at need; it becomes the last seen. */
  entry(unit: string): KnownUnit;
  find(unit: string): KnownUnit | undefined;
}

/** @param units how many are remembered */
export function unitMemory(units: number): UnitMemory {
  const entries = new Map<string, KnownUnit>();
  const empty = (): KnownUnit => ({
    kept: new Map(),
    drawn: new Map(),
    loadedAt: Number.NEGATIVE_INFINITY,
    loading: undefined,
  });
  return {
    find: (unit) => entries.get(unit),
    entry(unit) {
      const entry = entries.get(unit) ?? empty();
      entries.delete(unit);
      entries.set(unit, entry);
      const [oldest] = entries.keys();
      if (entries.size > units && oldest !== undefined) entries.delete(oldest);
      return entry;
    },
  };
}
