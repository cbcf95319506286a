import { expect, test } from 'vitest';
import { fixedWeights } from '../../src/policies/fixed.js';

test('shares of any size are scaled to sum 1', () => {
  expect(fixedWeights([1, 1, 2])).toEqual([0.25, 0.25, 0.5]);
  expect(fixedWeights([90, 10])).toEqual([0.9, 0.1]);
  expect(fixedWeights([1e-300, 3e-300])).toEqual([0.25, 0.75]);
});

test('an arm of weight 0 gets nothing', () => {
  expect(fixedWeights([0, 3])).toEqual([0, 1]);
});

test.each([[[0, 0]], [[]], [[1, -1]], [[1, Number.NaN]], [[1, Infinity]], [[1e308, 1e308]]])(
  '%j is refused',
  (shares) => {
    expect(() => fixedWeights(shares)).toThrow(expect.objectContaining({ code: 'WEIGHTS_INVALID' }));
  },
);
