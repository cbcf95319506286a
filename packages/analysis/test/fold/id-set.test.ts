import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addAny, emptyIdSet, forgetBefore, hasAny } from '../../src/fold/id-set.js';
import { addId, emptyTable, hasId, sortedIds, tableOf, takeFresh } from '../../src/fold/id-table.js';
import { idWords, readUuid } from '../../src/fold/id-words.js';
import { START, uuid } from './records.js';

const HOUR = 3_600_000;
const word = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const entry = fc.tuple(
  word,
  word.map((w) => w | 0x80000000),
  word,
);
/** Few bits, so that ids repeat and their slots collide. */
const close = fc.tuple(
  fc.nat({ max: 3 }),
  fc.nat({ max: 3 }).map((w) => w | 0x80000000),
  fc.nat({ max: 30 }),
);

/** UUIDs, and what looks like them. */
const anyId = fc.oneof(
  fc.tuple(fc.nat({ max: 3 * HOUR }), fc.nat({ max: 20 })).map(([ms, n]) => uuid(START + ms, n)),
  fc.constantFrom('order-1', 'order-2', '', 'ü', uuid(START, 1).toUpperCase(), `${uuid(START, 1)}x`),
  fc.nat({ max: 40 }).map((n) => uuid(START, n).replace('-7', '-4')),
  fc.string({ maxLength: 40 }),
);

describe('a table of ids', () => {
  test('holds what a Set holds, however it grows', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(entry, close), { maxLength: 600 }), fc.array(close), (ids, others) => {
        const table = emptyTable(false);
        const naive = new Set<string>();
        for (const [a, b, c] of ids) {
          expect(addId(table, a, b, c)).toBe(!naive.has(`${a} ${b} ${c}`));
          naive.add(`${a} ${b} ${c}`);
        }
        expect(table.count).toBe(naive.size);
        for (const [a, b, c] of [...ids, ...others]) expect(hasId(table, a, b, c)).toBe(naive.has(`${a} ${b} ${c}`));
      }),
      { numRuns: 300 },
    );
  });

  test('holds the same ids when it is made again from what was taken of it, part by part', () => {
    fc.assert(
      fc.property(fc.array(fc.array(entry, { maxLength: 200 }), { maxLength: 5 }), (parts) => {
        const table = emptyTable(true);
        const taken: Uint8Array[] = [];
        for (const ids of parts) {
          for (const [a, b, c] of ids) addId(table, a, b, c);
          taken.push(takeFresh(table) ?? new Uint8Array());
        }
        const again = tableOf(Buffer.concat(taken));
        expect(again.count).toBe(table.count);
        expect(sortedIds(again)).toEqual(sortedIds(table));
        expect(takeFresh(table)).toBeUndefined();
      }),
    );
  });

  test.each([1000, 10_000, 300_000])('takes at most 17 bytes for each of %i ids at every size from there', (first) => {
    const table = emptyTable(false);
    for (let n = 0; n < first; n += 1) addId(table, n, ~n | 0x80000000, Math.imul(n, 7));
    for (let n = first; n < 1.25 * first; n += 1) {
      addId(table, n, ~n | 0x80000000, Math.imul(n, 7));
      if (n % 97 === 0) expect(table.words.byteLength / table.count).toBeLessThanOrEqual(17);
    }
  });
});

describe('a set of ids', () => {
  test('answers as a Set of the same texts does', () => {
    fc.assert(
      fc.property(fc.array(anyId, { maxLength: 300 }), fc.array(anyId), (ids, others) => {
        const set = emptyIdSet();
        const naive = new Set<string>();
        for (const id of ids) {
          expect(hasAny(set, id)).toBe(naive.has(id));
          expect(addAny(set, id, START, false)).toBe(!naive.has(id));
          naive.add(id);
        }
        for (const id of others) expect(hasAny(set, id)).toBe(naive.has(id));
      }),
      { numRuns: 500 },
    );
  });

  test('forgets ids that are older than the horizon, and none that is not', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat({ max: 20 * HOUR }), { minLength: 1, maxLength: 50 }),
        fc.nat({ max: 30 * HOUR }),
        (ages, now) => {
          const set = emptyIdSet();
          for (const [n, ms] of ages.entries()) {
            addAny(set, uuid(START + ms, n), START, false);
            addAny(set, `own-${n}`, START + ms, false);
          }
          forgetBefore(set, START + now);
          for (const [n, ms] of ages.entries()) {
            const age = now - ms;
            if (age <= 6 * HOUR) expect(hasAny(set, uuid(START + ms, n)) && hasAny(set, `own-${n}`)).toBe(true);
            if (age > 6 * HOUR + HOUR / 6) expect(hasAny(set, uuid(START + ms, n))).toBe(false);
            if (age > 7 * HOUR) expect(hasAny(set, `own-${n}`)).toBe(false);
          }
        },
      ),
    );
  });
});

test('the words of a UUIDv7, its time, version and variant are all of it', () => {
  fc.assert(
    fc.property(fc.uuid({ version: 7 }), (id) => {
      const made = readUuid(id);
      const hex = (value: number, digits: number): string => (value >>> 0).toString(16).padStart(digits, '0');
      const [a = 0, b = 0, c = 0] = idWords;
      const time = made.toString(16).padStart(12, '0');
      const text = `${time}7${hex(a, 3)}${hex(b, 8)}${hex(c, 8)}`;
      expect(text).toBe(id.replaceAll('-', ''));
    }),
  );
});
