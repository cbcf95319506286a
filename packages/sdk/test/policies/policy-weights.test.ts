import { expect, expectTypeOf, test } from 'vitest';
import { addReward, type Cell, EMPTY_CELL } from '../../src/policies/cells.js';
import { epsilonGreedy } from '../../src/policies/epsilon-greedy.js';
import { policyWeights, type WeightsPolicy } from '../../src/policies/policy-weights.js';
import type { RewardScale } from '../../src/policies/reward-moments.js';
import { ucbWeights } from '../../src/policies/ucb.js';
import type { Metric, Policy } from '../../src/protocol/experiment.js';

const binary: RewardScale = { type: 'binary', better: 'higher', missing: 'zero' };
const real: RewardScale = { type: 'real', better: 'higher', missing: 'ignored' };
const trials = (n: number, rewarded: number): Cell => ({ trials: n, rewarded, mean: 1, m2: 0 });
const cellOf = (rewards: readonly number[]): Cell => rewards.reduce(addReward, EMPTY_CELL);
const bernoulli = (n: number, s: number) => ({ count: n, mean: s / n, m2: (s * (n - s)) / n });

test('policies and metrics of experiment files are accepted as they are', () => {
  expectTypeOf<Policy>().toExtend<WeightsPolicy>();
  expectTypeOf<Metric>().toExtend<RewardScale>();
});

test('a fixed policy serves the declared shares and reads no rewards', () => {
  expect(policyWeights({ kind: 'fixed' }, undefined, [EMPTY_CELL, trials(9, 9)], [3, 1])).toEqual([0.75, 0.25]);
  expect(policyWeights({ kind: 'fixed' }, binary, [EMPTY_CELL, trials(9, 9)])).toEqual([0.5, 0.5]);
});

test('thompson gives two arms without trials the same weight', () => {
  expect(policyWeights({ kind: 'thompson' }, binary, [EMPTY_CELL, EMPTY_CELL])).toEqual([0.5, 0.5]);
});

test('an index policy sees trials without a reward as zeros', () => {
  const cells = [trials(100, 20), trials(80, 18)];
  for (const variant of ['ucb1', 'ucb1-tuned', 'kl-ucb'] as const) {
    const expected = ucbWeights(variant, 1, [bernoulli(100, 20), bernoulli(80, 18)]);
    expect(policyWeights({ kind: 'ucb', variant, c: 1 }, binary, cells)).toEqual(expected);
  }
  expect(policyWeights({ kind: 'epsilon-greedy', epsilon: 0.1 }, binary, cells)).toEqual(
    epsilonGreedy([bernoulli(100, 20), bernoulli(80, 18)], 0.1),
  );
});

test('where lower is better an index policy serves the lower reward, still favouring the unknown', () => {
  const errors: RewardScale = { ...binary, better: 'lower' };
  const policy = { kind: 'ucb', variant: 'ucb1', c: 0.1 } as const;
  expect(policyWeights(policy, errors, [trials(500, 100), trials(500, 50)])).toEqual([0, 1]);
  expect(policyWeights(policy, errors, [trials(5, 1), trials(5000, 900)])).toEqual([1, 0]);
  const greedy = policyWeights({ kind: 'epsilon-greedy', epsilon: 0 }, errors, [trials(50, 9), trials(50, 5)]);
  expect(greedy).toEqual([0, 1]);
});

test.each(['ucb1', 'ucb1-tuned'] as const)('%s on rewards without a range does not depend on their unit', (variant) => {
  const arms = [
    [1, 2, 3, 4],
    [2.5, 3.5],
    [0, 6],
  ];
  const policy = { kind: 'ucb', variant, c: 1 } as const;
  const weights = policyWeights(policy, real, arms.map(cellOf));
  const inGrams = policyWeights(
    policy,
    real,
    arms.map((rewards) => cellOf(rewards.map((r) => 1000 * r - 5e4))),
  );
  expect(inGrams).toEqual(weights);
});

test('equal rewards without a range leave the choice open', () => {
  const cells = [cellOf([5, 5, 5]), cellOf([5])];
  expect(policyWeights({ kind: 'epsilon-greedy', epsilon: 0.1 }, real, cells)).toEqual([0.5, 0.5]);
});

test.each([
  ['RANGE_REQUIRED', { kind: 'ucb', variant: 'kl-ucb', c: 0 }, real],
  ['POLICY_INVALID', { kind: 'linear-thompson' }, binary],
  ['POLICY_INVALID', { kind: 'thompson' }, undefined],
] as const)('%s: %j is refused', (code, policy, metric) => {
  expect(() => policyWeights(policy, metric, [EMPTY_CELL, EMPTY_CELL])).toThrow(expect.objectContaining({ code }));
});
