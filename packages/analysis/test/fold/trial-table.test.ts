import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Trial } from '../../src/fold/state.js';
import { TrialTable } from '../../src/fold/trial-table.js';

const trialOf = (key: string, order: number): Trial => ({ key, order }) as Trial;
/** UUIDv7s that differ in their last digits only, and names that are none. */
const keyOf = (n: number): string =>
  n % 3 === 0 ? `order-${n}` : `0192a5c8-0000-7000-8000-${n.toString(16).padStart(12, '0')}`;

describe('trials by their keys', () => {
  test('are found, missed, replaced and taken out as in a Map, and come in the order in which they opened', () => {
    const steps = fc.array(fc.tuple(fc.constantFrom('set', 'set', 'delete'), fc.nat(300)), { maxLength: 1200 });
    fc.assert(
      fc.property(steps, (taken) => {
        const table = new TrialTable();
        const map = new Map<string, Trial>();
        for (const [order, [what, n]] of taken.entries()) {
          const key = keyOf(n);
          const trial = trialOf(key, order);
          if (what === 'delete') {
            table.delete(key);
            map.delete(key);
          } else {
            table.set(key, trial);
            map.set(key, trial);
          }
          expect(table.size).toBe(map.size);
        }
        for (let n = 0; n <= 300; n += 1) {
          expect(table.get(keyOf(n))).toBe(map.get(keyOf(n)));
          expect(table.has(keyOf(n))).toBe(map.has(keyOf(n)));
        }
        const inOrder = [...map.values()].sort((a, b) => a.order - b.order);
        expect(table.values()).toEqual(inOrder);
        expect(table.oldest()).toBe(inOrder[0]);
      }),
    );
  });

  test('are found while their table grows to thousands, and after all but few of them have gone', () => {
    const table = new TrialTable();
    const many = Array.from({ length: 20_000 }, (_, n) => trialOf(keyOf(n), n));
    for (const trial of many) table.set(trial.key, trial);
    expect(many.every((trial) => table.get(trial.key) === trial)).toBe(true);
    for (const trial of many.slice(0, -10)) table.delete(trial.key);
    expect(table.values()).toEqual(many.slice(-10));
    expect(table.get(keyOf(0))).toBeUndefined();
    table.clear();
    expect([table.size, table.oldest()]).toEqual([0, undefined]);
  });
});
