import type { StickyRecord, StickyStore } from '../sticky.js';

/**
 * Keeps records in this process, for as long as it lives: for tests, and for a process that keeps its users itself. The
 * unit that was asked for longest ago is forgotten when there are too many.
 *
 * @param units how many are remembered, integer >= 1
 * @example
 * await memoryStickyStore().get('u-1') // => []
 */
export function memoryStickyStore(units = 100_000): StickyStore {
  const kept = new Map<string, Map<string, StickyRecord>>();
  const touch = (unit: string): Map<string, StickyRecord> | undefined => {
    const records = kept.get(unit);
    if (records === undefined) return undefined;
    kept.delete(unit);
    kept.set(unit, records);
    return records;
  };
  return {
    async get(unit) {
      return [...(touch(unit)?.values() ?? [])];
    },
    async setIfAbsent(unit, record) {
      let records = touch(unit);
      if (records === undefined) {
        records = new Map();
        kept.set(unit, records);
        const [oldest] = kept.keys();
        if (kept.size > units && oldest !== undefined) kept.delete(oldest);
      }
      const first = records.get(record.key) ?? record;
      records.set(record.key, first);
      return first;
    },
  };
}
