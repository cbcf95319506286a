import { expect, test } from 'vitest';
import { epsilonGreedy } from '../../src/policies/epsilon-greedy.js';

const arm = (count: number, mean: number) => ({ count, mean, m2: 0 });

test('epsilon .4 with the third of four best gives (.1, .1, .7, .1)', () => {
  // golden of Vowpal Wabbit's epsilon-greedy
  const weights = epsilonGreedy([arm(5, 0.1), arm(5, 0.2), arm(5, 0.9), arm(5, 0.3)], 0.4);
  weights.forEach((w, k) => {
    expect(w).toBeCloseTo([0.1, 0.1, 0.7, 0.1][k]!, 15);
  });
});

test('arms that tie share the greedy part', () => {
  expect(epsilonGreedy([arm(4, 0.5), arm(2, 0.5), arm(9, 0.1)], 0)).toEqual([0.5, 0.5, 0]);
});

test('before the first trial all arms are alike', () => {
  expect(epsilonGreedy([arm(0, 0), arm(0, 0)], 0.1)).toEqual([0.5, 0.5]);
});

test('an arm without trials gets exploration only, even beside negative means', () => {
  const weights = epsilonGreedy([arm(0, 0), arm(3, -2)], 0.1);
  expect(weights[0]).toBeCloseTo(0.05, 15);
  expect(weights[1]).toBeCloseTo(0.95, 15);
});

test.each([-0.1, 1.1, Number.NaN])('epsilon %d is refused', (epsilon) => {
  expect(() => epsilonGreedy([arm(1, 1)], epsilon)).toThrow(expect.objectContaining({ code: 'POLICY_INVALID' }));
});
