import { expect, test } from 'vitest';
import { addReward, type Cell, EMPTY_CELL } from '../../src/policies/cells.js';
import type { RewardScale } from '../../src/policies/reward-moments.js';
import { armPosteriors, thompsonWeights } from '../../src/policies/thompson.js';

const binary: RewardScale = { type: 'binary', better: 'higher', missing: 'zero' };
const trials = (n: number, rewarded: number, mean = 1, m2 = 0): Cell => ({ trials: n, rewarded, mean, m2 });

function expectWeights(actual: readonly number[], expected: readonly number[]): void {
  expected.forEach((w, k) => {
    expect(Math.abs(actual[k]! - w), `entry ${k} of ${actual}`).toBeLessThan(1e-9);
  });
}

// oracle: the closed form of two Betas with whole parameters (sum over i < alpha_B), mpmath at 15 digits
test.each([
  ['Beta(3, 4) and Beta(3, 3)', trials(5, 2), trials(4, 2), 0.608225108225108],
  ['Beta(81, 21) and Beta(86, 16)', trials(100, 80), trials(100, 85), 0.820942848110063],
  ['Beta(11, 91) and Beta(16, 86)', trials(100, 10), trials(100, 15), 0.853283789933966],
])('the second of two arms gets the probability that its rate is the higher: %s', (_, a, b, better) => {
  expectWeights(thompsonWeights(binary, [a, b]), [1 - better, better]);
});

test('a trial without a reward is a failure, or no trial where missing rewards are ignored', () => {
  const cell = trials(10, 4);
  expect(armPosteriors(binary, [cell])).toEqual([{ kind: 'beta', alpha: 5, beta: 7 }]);
  expect(armPosteriors({ ...binary, missing: 'ignored' }, [cell])).toEqual([{ kind: 'beta', alpha: 5, beta: 1 }]);
});

test('the prior of the file replaces what it names and leaves the rest', () => {
  expect(armPosteriors(binary, [EMPTY_CELL], { alpha: 0.5 })).toEqual([{ kind: 'beta', alpha: 0.5, beta: 1 }]);
  const counts = { ...binary, type: 'count' } as const;
  expect(armPosteriors(counts, [trials(10, 10, 2, 3)], { shape: 2 })).toEqual([
    { kind: 'gamma', shape: 22, rate: 10.25 },
  ]);
});

test('rewards of a bounded metric are scaled to [0, 1] by its range', () => {
  const stars = { type: 'bounded', better: 'higher', missing: 'ignored', range: [1, 5] } as const;
  expect(armPosteriors(stars, [trials(8, 8, 4, 1)])).toEqual([{ kind: 'beta', alpha: 7, beta: 3 }]);
});

test('the mean of a real metric has the location that its prior names', () => {
  const real = { type: 'real', better: 'higher', missing: 'ignored' } as const;
  const cell = [8, 12].reduce(addReward, EMPTY_CELL);
  const prior = { mean: 4, strength: 2, shape: 1, scale: 3 };
  // kappa = 4, a = 2, b = 3 + 8 / 2 + 2 * 2 * 36 / 8 = 25, scale^2 = 25 / (2 * 4)
  expect(armPosteriors(real, [cell], prior)).toEqual([
    { kind: 'student', location: 7, scale: Math.sqrt(25 / 8), df: 4 },
  ]);
});

test('where lower is better the weights turn round', () => {
  const cells = [trials(100, 80), trials(100, 85)];
  const higher = thompsonWeights(binary, cells);
  expectWeights(thompsonWeights({ ...binary, better: 'lower' }, cells), [higher[1]!, higher[0]!]);
});

test.each(['binary', 'bounded', 'count', 'real'] as const)(
  'before the first trial of a %s metric all arms are alike',
  (type) => {
    const metric: RewardScale = {
      type,
      better: 'higher',
      missing: 'zero',
      ...(type === 'bounded' ? { range: [0, 3] } : {}),
    };
    expectWeights(thompsonWeights(metric, [EMPTY_CELL, EMPTY_CELL, EMPTY_CELL]), [1 / 3, 1 / 3, 1 / 3]);
  },
);

test('one more success never lowers the weight of its arm', () => {
  for (let s = 0; s < 20; s++) {
    const weight = (successes: number) => thompsonWeights(binary, [trials(20, successes), trials(50, 20)])[0]!;
    expect(weight(s + 1)).toBeGreaterThanOrEqual(weight(s));
  }
});

test('rewards outside the range are refused', () => {
  const stars = { type: 'bounded', better: 'higher', missing: 'ignored', range: [1, 5] } as const;
  expect(() => armPosteriors(stars, [trials(8, 8, 9, 1)])).toThrow(
    expect.objectContaining({ code: 'POSTERIOR_INVALID' }),
  );
});
