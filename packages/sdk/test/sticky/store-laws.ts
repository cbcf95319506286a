import { expect, test } from 'vitest';
import type { StickyRecord, StickyStore } from '../../src/sticky/index.js';

/** A record, told apart by its arm and its time. */
export function recordOf(key: string, arm = 'a', time = 1_763_960_000_000): StickyRecord {
  const propensities = { a: 0.25, b: 0.5, c: 0.25 };
  return { key, arm, propensities, snapshot: '3.17', definition: `sha256:${'ab'.repeat(32)}`, rule: 'policy', time };
}

let made = 0;
const someUnit = (): string => `unit-${process.pid}-${made++}`;

/** What every store has to do, whatever holds its records. */
export function storeLaws(makeStore: () => StickyStore): void {
  test('a unit that was never seen has no records', async () => {
    expect(await makeStore().get(someUnit())).toEqual([]);
  });

  test('what is kept comes back as it was, also through another client of the same store', async () => {
    const unit = `${someUnit()} é\u{1f600} :{}`;
    const record = { ...recordOf('shop/1.2!b', 'c'), outer: 0.45 };
    expect(await makeStore().setIfAbsent(unit, record)).toEqual(record);
    expect(await makeStore().get(unit)).toEqual([record]);
  });

  test('the first of a key stays, and keys do not touch each other', async () => {
    const [store, unit] = [makeStore(), someUnit()];
    const [first, other] = [recordOf('shop/1.1', 'a'), recordOf('menu/1.1', 'b')];
    await store.setIfAbsent(unit, first);
    expect(await store.setIfAbsent(unit, recordOf('shop/1.1', 'b', 5))).toEqual(first);
    expect(await store.setIfAbsent(unit, first)).toEqual(first);
    await store.setIfAbsent(unit, other);
    const kept = [...(await store.get(unit))].sort((a, b) => (a.key < b.key ? -1 : 1));
    expect(kept).toEqual([other, first]);
    expect(await store.get(someUnit())).toEqual([]);
  });

  test('of fifty callers at the same time one is first, and all of them get its record', async () => {
    const [one, two, unit] = [makeStore(), makeStore(), someUnit()];
    const calls = Array.from({ length: 50 }, (_, i) =>
      (i % 2 === 0 ? one : two).setIfAbsent(unit, recordOf('shop/1.1', 'abc'[i % 3], i)),
    );
    const results = await Promise.all(calls);
    expect(new Set(results.map(({ time }) => time)).size).toBe(1);
    expect(await two.get(unit)).toEqual([results[0]]);
  });
}
