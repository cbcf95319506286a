import fc from 'fast-check';
import { expect, test } from 'vitest';
import { draw, drawKey, prepareDraw } from '../../src/policies/draw.js';
import { PolicyError } from '../../src/policies/policy-error.js';

const DRAWS = 200_000;

/** Chi-square of counts against shares. */
function chiSquare(counts: readonly number[], shares: readonly number[], n: number): number {
  return counts.reduce((sum, count, k) => sum + (count - n * shares[k]!) ** 2 / (n * shares[k]!), 0);
}

const arms = (count: number): readonly string[] => Array.from({ length: count }, (_, k) => `arm-${k}`);

// The keys are fixed, so the statistics are too: they are compared with the .9999 quantile of chi-square.
// oracle of the quantiles: scipy 1.17 stats.chi2.ppf(.9999, K - 1)
test.each([
  ['even, two arms', [0.5, 0.5], 15.1367],
  ['even, four arms', [0.25, 0.25, 0.25, 0.25], 21.1075],
  ['moved by a bandit', [0.7, 0.2, 0.05, 0.05], 21.1075],
  ['a floor of one in a thousand', [0.997, 0.001, 0.001, 0.001], 21.1075],
  ['ten arms', [0.02, 0.02, 0.02, 0.02, 0.02, 0.1, 0.1, 0.1, 0.2, 0.4], 33.7199],
])('sequential ids are drawn in the given shares: %s', (_, shares, limit) => {
  const drawer = prepareDraw('draw', 'calibration', arms(shares.length));
  const counts = shares.map(() => 0);
  for (let i = 0; i < DRAWS; i++) counts[draw(drawer, shares, `user-${i}`)]!++;
  expect(chiSquare(counts, shares, DRAWS)).toBeLessThan(limit);
});

test('two experiments with different salts draw the same ids independently', () => {
  const first = prepareDraw('draw', 'first', arms(3));
  const second = prepareDraw('draw', 'second', arms(3));
  const shares = [0.6, 0.3, 0.1];
  const cells = new Array<number>(9).fill(0);
  for (let i = 0; i < DRAWS; i++) {
    cells[3 * draw(first, shares, `user-${i}`) + draw(second, shares, `user-${i}`)]!++;
  }
  const joint = shares.flatMap((p) => shares.map((q) => p * q));
  // oracle: scipy stats.chi2.ppf(.9999, 8)
  expect(chiSquare(cells, joint, DRAWS)).toBeLessThan(31.8276);
});

test('consecutive periods of one unit are drawn independently', () => {
  const drawer = prepareDraw('draw', 'periods', arms(2));
  const cells = new Array<number>(4).fill(0);
  for (let i = 0; i < DRAWS; i++) {
    const [today, tomorrow] = [7, 8].map((period) => draw(drawer, [0.3, 0.7], drawKey(`user-${i}`, period)));
    cells[2 * today! + tomorrow!]!++;
  }
  // oracle: scipy stats.chi2.ppf(.9999, 3)
  expect(chiSquare(cells, [0.09, 0.21, 0.21, 0.49], DRAWS)).toBeLessThan(21.1075);
});

test('the order in which four arms are given does not matter', () => {
  const ids = ['😀', '～', 'b', 'a'];
  const shares = [0.1, 0.2, 0.3, 0.4];
  const reference = prepareDraw('draw', 'order', ids);
  const permutation = fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 });
  fc.assert(
    fc.property(permutation, fc.string({ unit: 'binary' }), (order, key) => {
      const permuted = prepareDraw(
        'draw',
        'order',
        order.map((k) => ids[k]!),
      );
      const weights = order.map((k) => shares[k]!);
      expect(order[draw(permuted, weights, key)]).toBe(draw(reference, shares, key));
    }),
  );
});

test('an arm without weight is never drawn, and no arm where none has any', () => {
  const drawer = prepareDraw('draw', 'zeros', arms(4));
  for (let i = 0; i < 5_000; i++) expect([1, 3]).toContain(draw(drawer, [0, 0.5, 0, 0.5], `u${i}`));
  expect(draw(drawer, [0, 0, 0, 0], 'u')).toBe(-1);
  expect(draw(drawer, [0, 0, 5e-324, 0], 'u')).toBe(2);
});

test('raising one arm while the others fall in proportion moves keys only to that arm', () => {
  const drawer = prepareDraw('draw', 'raise', arms(3));
  const before = [0.2, 0.3, 0.5];
  const after = [0.4, 0.225, 0.375];
  let moved = 0;
  for (let i = 0; i < 20_000; i++) {
    const from = draw(drawer, before, `user-${i}`);
    const to = draw(drawer, after, `user-${i}`);
    if (from === to) continue;
    expect(to).toBe(0);
    moved++;
  }
  // .2 of all keys move; the standard error of the share is .0028
  expect(Math.abs(moved / 20_000 - 0.2)).toBeLessThan(0.0112);
});

test('an arm that leaves hands on its own keys only', () => {
  const drawer = prepareDraw('draw', 'leave', arms(3));
  for (let i = 0; i < 5_000; i++) {
    const from = draw(drawer, [0.2, 0.3, 0.5], `user-${i}`);
    if (from !== 0) expect(draw(drawer, [0, 0.375, 0.625], `user-${i}`)).toBe(from);
  }
});

test('arms that hash alike are refused', () => {
  expect(() => prepareDraw('draw', 's', ['a', 'b', 'a'])).toThrow(PolicyError);
  expect(() => prepareDraw('draw', 's', ['x\ud800', 'x\udbff'])).toThrow(/same hash/);
});

test('the key of a period is the unit, NUL and the index in decimal', () => {
  expect(drawKey('u-1', 20563)).toBe('u-1\u000020563');
  expect(drawKey('', -1)).toBe('\u0000-1');
});
