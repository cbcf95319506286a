import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addMissing, addReward, type Cell, EMPTY_CELL, merge, withZeros } from '../../src/policies/cells.js';

/** A trial: its reward, or undefined where none came. */
type Trial = number | undefined;

const trials = fc.array(fc.oneof(fc.double({ min: -1e3, max: 1e3, noNaN: true }), fc.constant(undefined)), {
  maxLength: 40,
});

function cellOf(rewards: readonly Trial[]): Cell {
  return rewards.reduce<Cell>((cell, r) => (r === undefined ? addMissing(cell) : addReward(cell, r)), EMPTY_CELL);
}

/** Mean and sum of squared deviations in two passes. */
function twoPass(values: readonly number[]): { count: number; mean: number; m2: number } {
  const count = values.length;
  const mean = count === 0 ? 0 : values.reduce((sum, x) => sum + x, 0) / count;
  return { count, mean, m2: values.reduce((sum, x) => sum + (x - mean) ** 2, 0) };
}

/** Equal to 1e-12 of the size of the rewards. */
function expectSame(actual: Cell, expected: Cell, size: number): void {
  expect(actual.trials).toBe(expected.trials);
  expect(actual.rewarded).toBe(expected.rewarded);
  expect(Math.abs(actual.mean - expected.mean)).toBeLessThanOrEqual(1e-12 * size);
  expect(Math.abs(actual.m2 - expected.m2)).toBeLessThanOrEqual(1e-12 * size * size * Math.max(1, expected.rewarded));
}

const sizeOf = (...lists: readonly (readonly Trial[])[]): number =>
  Math.max(1, ...lists.flat().map((r) => Math.abs(r ?? 0)));

test('merging is commutative', () => {
  fc.assert(
    fc.property(trials, trials, (a, b) => {
      expectSame(merge(cellOf(a), cellOf(b)), merge(cellOf(b), cellOf(a)), sizeOf(a, b));
    }),
  );
});

test('merging is associative', () => {
  fc.assert(
    fc.property(trials, trials, trials, (a, b, c) => {
      const left = merge(merge(cellOf(a), cellOf(b)), cellOf(c));
      const right = merge(cellOf(a), merge(cellOf(b), cellOf(c)));
      expectSame(left, right, sizeOf(a, b, c));
    }),
  );
});

test('merging the parts of a sample is the same as one pass over it', () => {
  fc.assert(
    fc.property(trials, fc.nat(), (all, cut) => {
      const at = all.length === 0 ? 0 : cut % (all.length + 1);
      expectSame(merge(cellOf(all.slice(0, at)), cellOf(all.slice(at))), cellOf(all), sizeOf(all));
    }),
  );
});

test('the empty cell changes nothing', () => {
  fc.assert(
    fc.property(trials, (all) => {
      expect(merge(cellOf(all), EMPTY_CELL)).toEqual(cellOf(all));
      expect(merge(EMPTY_CELL, cellOf(all))).toEqual(cellOf(all));
    }),
  );
});

// oracle: two passes over the rewards
test('a cell holds the mean and the squared deviations of its rewards', () => {
  fc.assert(
    fc.property(trials, (all) => {
      const rewards = all.filter((r): r is number => r !== undefined);
      const { count, mean, m2 } = twoPass(rewards);
      expectSame(cellOf(all), { trials: all.length, rewarded: count, mean, m2 }, sizeOf(all));
    }),
  );
});

// oracle: two passes over the rewards with a zero for every missing one
test('a missing reward enters as a zero in closed form', () => {
  fc.assert(
    fc.property(trials, (all) => {
      const expected = twoPass(all.map((r) => r ?? 0));
      const actual = withZeros(cellOf(all));
      const size = sizeOf(all);
      expect(actual.count).toBe(expected.count);
      expect(Math.abs(actual.mean - expected.mean)).toBeLessThanOrEqual(1e-12 * size);
      expect(Math.abs(actual.m2 - expected.m2)).toBeLessThanOrEqual(1e-12 * size * size * Math.max(1, all.length));
    }),
  );
});

// oracle: the variance of 0..9 is 82.5 / 9 = 9.1667; differences of sums of squares give 0 here
test('a billion added to every reward costs no digit of the variance', () => {
  const far = cellOf(Array.from({ length: 10 }, (_, i) => 1e9 + i));
  expect(far.m2 / 9).toBeCloseTo(9.1667, 4);
  const halves = merge(cellOf([0, 2, 4, 6, 8].map((i) => 1e9 + i)), cellOf([1, 3, 5, 7, 9].map((i) => 1e9 + i)));
  expect(halves.m2 / 9).toBeCloseTo(9.1667, 4);
});

test('a cell without trials has moments without a count', () => {
  expect(withZeros(EMPTY_CELL)).toEqual({ count: 0, mean: 0, m2: 0 });
});
