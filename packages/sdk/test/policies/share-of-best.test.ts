import { expect, test } from 'vitest';
import { shareOfBest } from '../../src/policies/share-of-best.js';

test.each([
  ['the greatest takes all', [1, 3, 2], [0, 1, 0]],
  ['equals share', [3, 1, 3], [0.5, 0, 0.5]],
  ['infinite values share before finite ones', [Infinity, 5, Infinity], [0.5, 0, 0.5]],
  ['only minus infinity', [-Infinity, -Infinity], [0.5, 0.5]],
  ['the same sum in another order', [0.1 + 0.2, 0.3], [0.5, 0.5]],
  ['negative values', [-2, -1], [0, 1]],
  ['one arm', [7], [1]],
])('%s', (_, values, weights) => {
  expect(shareOfBest(values)).toEqual(weights);
});

test('a difference that is small and real decides', () => {
  expect(shareOfBest([0.5, 0.5 + 1e-9])).toEqual([0, 1]);
});
