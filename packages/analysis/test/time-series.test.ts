import { expect, test } from 'vitest';
import { type Stratum, timeSeries } from '../src/index.js';

const stratum = (from: number, p: readonly number[], opened: readonly number[], wins: readonly number[]): Stratum => ({
  version: `1.${from}`,
  rule: 'policy',
  arms: ['a', 'b'],
  p,
  means: [0, 0],
  from,
  to: from,
  opened,
  cells: wins.map((rewarded, k) => ({ trials: opened[k]!, rewarded, mean: rewarded > 0 ? 1 : 0, m2: 0 })),
});

test('shares are of each bucket, rewards add up, the even split is estimated from the same trials', () => {
  const series = timeSeries(
    [
      stratum(2000, [0.25, 0.75], [1, 3], [0, 3]),
      stratum(1000, [0.5, 0.5], [2, 2], [1, 2]),
      stratum(3000, [0.5, 0.5], [0, 0], [0, 0]),
    ],
    [0, 1],
  );
  expect(series.times).toEqual([1000, 2000, 3000]);
  expect(series.shares).toEqual([
    [0.5, 0.25, null],
    [0.5, 0.75, null],
  ]);
  expect(series.cumulative).toEqual([3, 6, 6]);
  // By hand: bucket 1 gives (1/.5 + 2/.5) / 2 = 3; bucket 2 gives (0/.25 + 3/.75) / 2 = 2.
  expect(series.evenSplit).toEqual([3, 5, 5]);
});

test('once an arm could not be drawn the even split is unknown from there on', () => {
  const series = timeSeries([stratum(1000, [0.5, 0.5], [2, 2], [1, 1]), stratum(2000, [1, 0], [4, 0], [1, 0])], [0, 1]);
  expect(series.evenSplit).toEqual([2, null]);
  expect(series.cumulative).toEqual([2, 3]);
});

test('several versions in one bucket are one bucket', () => {
  const twice = { ...stratum(1000, [0.5, 0.5], [3, 1], [0, 0]), version: '1.2' };
  expect(timeSeries([stratum(1000, [0.5, 0.5], [1, 3], [0, 0]), twice], [0, 1]).shares).toEqual([[0.5], [0.5]]);
});
