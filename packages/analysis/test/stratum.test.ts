import { addMissing, addReward, EMPTY_CELL } from '@armature/sdk/policies';
import type { SnapshotData, StatisticsCell } from '@armature/sdk/protocol';
import { describe, expect, test } from 'vitest';
import { armsOf, exclusionsOf, isConstant, momentsOf, strataOf, trialsOf } from '../src/index.js';
import { NO_HEALTH } from './report-input.js';

const snapshot = (version: string, arms: string[], p: number[], means?: number[]): [string, SnapshotData] => [
  version,
  {
    experiment: 'x',
    version,
    definition: 'd',
    arms,
    rules: { policy: p },
    means: means ? { click: means } : {},
    asOf: {},
  },
];
const statistics = (version: string, bucket: number, opened: number[], rewards: number[][]): StatisticsCell => ({
  experiment: 'x',
  version,
  rule: 'policy',
  bucket,
  arms: opened.map((n, k) => ({
    opened: n,
    metrics: rewards[k]!.length === 0 ? {} : { click: rewards[k]!.reduce(addReward, addMissing(EMPTY_CELL)) },
  })),
});

const versions = new Map([
  snapshot('1.2', ['a', 'c'], [0.5, 0.5], [0.1, 0.3]),
  snapshot('1.10', ['a', 'b', 'c'], [0.2, 0.3, 0.5]),
]);
const cells = [
  statistics('1.10', 3000, [1, 2, 0], [[1], [1, 0], []]),
  statistics('1.2', 2000, [2, 1], [[0], [1]]),
  statistics('1.2', 1000, [3, 3], [[1], []]),
];

describe('strata', () => {
  test('come by version in order, their buckets merged', () => {
    const strata = strataOf(cells, versions, 'click');
    expect(strata.map(({ version, from, to }) => [version, from, to])).toEqual([
      ['1.2', 1000, 2000],
      ['1.10', 3000, 3000],
    ]);
    expect(strata[0]!.opened).toEqual([5, 0, 4]);
    expect(trialsOf(strata[0]!)).toBe(6);
    expect(momentsOf(strata[0]!)[0]).toEqual({ count: 4, mean: 0.25, m2: 0.75 });
  });

  test('an arm a version lacks has probability 0 and no trials; a version that knew no means has its own', () => {
    const [old, young] = strataOf(cells, versions, 'click');
    expect(old).toMatchObject({ arms: ['a', 'b', 'c'], p: [0.5, 0, 0.5], means: [0.1, 0, 0.3] });
    expect(old!.cells[1]).toEqual(EMPTY_CELL);
    // a: 1 and a missing reward; b: 1, 0 and a missing one; c: no trial, hence the mean of those five.
    expect(young!.means).toEqual([1 / 2, 1 / 3, 2 / 5]);
    const [first] = strataOf(cells, versions, 'click', 'bucket').slice(2);
    expect(first!.means).toEqual(young!.means);
  });

  test('by bucket they stay apart', () => {
    expect(strataOf(cells, versions, 'click', 'bucket').map(({ from }) => from)).toEqual([1000, 2000, 3000]);
  });

  test('trials of a version that no snapshot describes are left out and named', () => {
    const unknown = statistics('1.9', 0, [4, 5], [[], []]);
    expect(strataOf([unknown], versions, 'click')).toEqual([]);
    expect(exclusionsOf(NO_HEALTH, [...cells, unknown], versions)).toEqual([
      { id: 'version-unknown', count: 9, text: '9 trials name a version that no snapshot record describes' },
    ]);
  });

  test('trials of an earlier learning epoch are named as such', () => {
    const earlier = statistics('0.4', 0, [4, 5], [[], []]);
    expect(exclusionsOf(NO_HEALTH, [...cells, earlier], versions).map(({ id, count }) => [id, count])).toEqual([
      ['earlier-epoch', 9],
    ]);
  });

  test('the vectors decide whether weights were constant; a version without trials does not count', () => {
    expect(isConstant(strataOf(cells, versions, 'click'))).toBe(false);
    expect(isConstant(strataOf(cells.slice(1), versions, 'click'))).toBe(true);
    expect(
      isConstant(strataOf([...cells.slice(1), statistics('1.10', 0, [0, 0, 0], [[], [], []])], versions, 'click')),
    ).toBe(true);
  });
});

test('arms of versions and definition together, in code-point order', () => {
  expect(armsOf(versions, ['z', 'B'])).toEqual(['B', 'a', 'b', 'c', 'z']);
});
