import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addMissing, addReward, type Cell, EMPTY_CELL } from '../../src/policies/cells.js';
import { type RewardScale, rewardMoments, rewardRange, scaledMoments } from '../../src/policies/reward-moments.js';

const real: RewardScale = { type: 'real', better: 'higher', missing: 'ignored' };
const bounded: RewardScale = { type: 'bounded', better: 'higher', missing: 'zero', range: [-1, 3] };

const cellOf = (rewards: readonly number[]): Cell => rewards.reduce(addReward, EMPTY_CELL);
const reward = fc.double({ min: -1, max: 3, noNaN: true });
const samples = fc.array(fc.array(reward, { minLength: 1, maxLength: 20 }), { minLength: 1, maxLength: 4 });

test('a trial without a reward is a zero or nothing, as the metric says', () => {
  const cell = addMissing(cellOf([1, 3]));
  expect(rewardMoments({ ...real, missing: 'zero' }, cell).count).toBe(3);
  expect(rewardMoments({ ...real, missing: 'zero' }, cell).mean).toBeCloseTo(4 / 3, 15);
  expect(rewardMoments(real, cell)).toEqual({ count: 2, mean: 2, m2: 2 });
});

test('a binary metric has the range [0, 1], others the declared one or none', () => {
  expect(rewardRange({ ...real, type: 'binary' })).toEqual([0, 1]);
  expect(rewardRange(bounded)).toEqual([-1, 3]);
  expect(rewardRange(real)).toBeUndefined();
});

// oracle: the moments of the rewards scaled one by one
test('scaling moments by a range is the same as scaling every reward', () => {
  fc.assert(
    fc.property(samples, fc.constantFrom('higher', 'lower'), (arms, better) => {
      const scaled = scaledMoments(
        { ...bounded, better },
        arms.map((rewards) => rewardMoments(bounded, cellOf(rewards))),
      );
      scaled.forEach((moments, k) => {
        const one = (r: number) => (better === 'higher' ? (r + 1) / 4 : (3 - r) / 4);
        const expected = rewardMoments(bounded, cellOf(arms[k]!.map(one)));
        expect(moments.count).toBe(expected.count);
        expect(Math.abs(moments.mean - expected.mean)).toBeLessThan(1e-12);
        expect(Math.abs(moments.m2 - expected.m2)).toBeLessThan(1e-12);
      });
    }),
  );
});

test('without a range the scaled moments do not depend on the unit or the origin of the rewards', () => {
  fc.assert(
    fc.property(samples, (arms) => {
      fc.pre(arms.flat().some((r) => Math.abs(r - arms[0]![0]!) > 0.01));
      const of = (change: (r: number) => number) =>
        scaledMoments(
          real,
          arms.map((rewards) => rewardMoments(real, cellOf(rewards.map(change)))),
        );
      const moved = of((r) => 250 * r + 70);
      of((r) => r).forEach((moments, k) => {
        expect(Math.abs(moments.mean - moved[k]!.mean)).toBeLessThan(1e-9);
        expect(Math.abs(moments.m2 - moved[k]!.m2)).toBeLessThan(1e-9);
      });
    }),
  );
});

test('without a range all trials together have the standard deviation one half and the mean 0', () => {
  const arms = [cellOf([1, 5, 9]), cellOf([2, 2]), cellOf([])].map((cell) => rewardMoments(real, cell));
  const scaled = scaledMoments(real, arms);
  const mean = scaled.reduce((sum, m) => sum + m.count * m.mean, 0);
  const squares = scaled.reduce((sum, m) => sum + m.m2 + m.count * m.mean ** 2, 0);
  expect(mean).toBeCloseTo(0, 12);
  expect(squares / 5).toBeCloseTo(0.25, 12);
});

test('rewards that are all the same leave all arms alike', () => {
  const arms = [cellOf([7, 7, 7]), cellOf([7])].map((cell) => rewardMoments(real, cell));
  expect(scaledMoments(real, arms).map((m) => m.mean)).toEqual([0, 0]);
});

test('lower is better: the order of the means turns round', () => {
  const arms = [cellOf([1, 2]), cellOf([5, 6])].map((cell) => rewardMoments(real, cell));
  const [first, second] = scaledMoments({ ...real, better: 'lower' }, arms);
  expect(first!.mean).toBeGreaterThan(second!.mean);
});
