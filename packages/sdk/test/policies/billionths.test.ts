import fc from 'fast-check';
import { expect, test } from 'vitest';
import { allocate } from '../../src/policies/allocate.js';
import { BILLION, fromBillionths, toBillionths } from '../../src/policies/billionths.js';
import { allocations, partsOf } from './allocation-arbitraries.js';

const RUNS = { numRuns: 1_000 };
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

// oracle: largest remainder by hand
test.each([
  [
    'thirds: the first of equal remainders gets the last part',
    [1 / 3, 1 / 3, 1 / 3],
    [333333334, 333333333, 333333333],
  ],
  ['the largest remainder', [0.1, 0.2000000006, 0.6999999994], [100000000, 200000001, 699999999]],
  ['whole billionths stay', [0.02, 0.07, 0.91], [20000000, 70000000, 910000000]],
  ['a positive probability never becomes 0', [1e-60, 1 - 1e-12, 1e-12], [1, 999999998, 1]],
  ['a zero stays 0', [0, 0.5, 0.5, 0], [0, 500000000, 500000000, 0]],
  ['one arm', [1], [BILLION]],
])('%s', (_, p, parts) => {
  expect(toBillionths(p)).toEqual(parts);
});

test('seven equal arms differ by one part at most, and the first ones have the extra', () => {
  const parts = toBillionths(new Array<number>(7).fill(1 / 7));
  expect(parts).toEqual([142857143, 142857143, 142857143, 142857143, 142857143, 142857143, 142857142]);
});

test('a floor of a third for each of three arms, which no whole billionths hold, gives way by one part', () => {
  const thirds = [1 / 3, 1 / 3, 1 / 3];
  expect(sum(toBillionths(thirds, thirds))).toBe(BILLION);
  expect(sum(toBillionths(thirds, thirds, thirds))).toBe(BILLION);
});

test('a cap that is no whole billionth is rounded down and a floor up', () => {
  expect(toBillionths([1 / 3, 2 / 3], [0, 0], [1 / 3, 1])[0]).toBe(333333333);
  expect(toBillionths([1 / 3, 2 / 3], [1 / 3, 0], [1, 1])[0]).toBe(333333334);
});

test('a floor of all there is gives way to another arm with a chance', () => {
  expect(toBillionths([1, 1e-30], [1, 0])).toEqual([999999999, 1]);
});

test.each([[[0.5, 0.4]], [[Number.NaN, 1]], [[-0.1, 1.1]], [[]]])('%j is refused', (p) => {
  expect(() => toBillionths(p)).toThrow(expect.objectContaining({ code: 'WEIGHTS_INVALID' }));
});

test('every allocation becomes parts that sum to a billion, keep zeros and positives apart, and stay within one part of p or a bound', () => {
  fc.assert(
    fc.property(allocations, (input) => {
      const { p, lower, upper } = allocate(input);
      const parts = toBillionths(p, lower, upper);
      expect(sum(parts)).toBe(BILLION);
      const positives = p.filter((x) => x > 0).length;
      parts.forEach((part, k) => {
        expect(Number.isInteger(part)).toBe(true);
        expect(part > 0).toBe(p[k]! > 0);
        expect(Math.abs(part - p[k]! * BILLION)).toBeLessThanOrEqual(1 + positives);
      });
    }),
    RUNS,
  );
});

test('parts stay inside bounds that whole billionths can hold', () => {
  fc.assert(
    fc.property(allocations, (input) => {
      const { lower, upper, capacity, count } = partsOf(input);
      fc.pre(count > 0 && capacity > 1.001 && sum(lower) < 0.999);
      const parts = toBillionths(allocate(input).p, lower, upper);
      parts.forEach((part, k) => {
        const cap = Math.floor(upper[k]! * BILLION + 1e-6);
        const floor = Math.ceil(lower[k]! * BILLION - 1e-6);
        expect(part).toBeGreaterThanOrEqual(Math.min(floor, cap));
        expect(part).toBeLessThanOrEqual(upper[k]! > 0 ? Math.max(1, cap) : 0);
      });
    }),
    RUNS,
  );
});

test('parts of parts are the same parts', () => {
  fc.assert(
    fc.property(allocations, (input) => {
      const parts = toBillionths(allocate(input).p);
      expect(toBillionths(fromBillionths(parts))).toEqual(parts);
    }),
    RUNS,
  );
});

test('the number of a part prints with nine decimals at most and parses back to itself', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: BILLION }), (part) => {
      const [p] = fromBillionths([part]);
      expect(Number(p!.toFixed(9))).toBe(p);
      expect(Math.round(p! * BILLION)).toBe(part);
    }),
  );
});
