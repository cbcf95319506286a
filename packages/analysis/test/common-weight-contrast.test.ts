import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  armMeanAdaptive,
  commonWeight,
  commonWeightContrast,
  commonWeightSumsFromRows,
  type Stratum,
  type TrialRow,
} from '../src/index.js';
import { agree, arbitraryRows, strataOfRows } from './trial-rows.js';

const ARMS = ['a', 'b', 'c'];

test('the weight is the inverse root of the summed inverse propensities, 0 where an arm could not be drawn', () => {
  expect(commonWeight([0, 1, 2])([0.2, 0.3, 0.5])).toBeCloseTo((1 / 0.2 + 1 / 0.3 + 1 / 0.5) ** -0.5, 15);
  expect(commonWeight([0, 1])([0.4, 0.6, 0])).toBeCloseTo((1 / 0.4 + 1 / 0.6) ** -0.5, 15);
  expect(commonWeight([0, 2])([0.4, 0.6, 0])).toBe(0);
});

describe('the contrast', () => {
  test("is the difference of the arms' means in the same table", () => {
    fc.assert(
      fc.property(arbitraryRows(3), (rows) => {
        const strata = strataOfRows(rows, ARMS);
        const { difference } = commonWeightContrast(strata, 2, 0, [0, 1, 2]);
        const [a, c] = [0, 2].map((k) => armMeanAdaptive(strata, k, [0, 1, 2]).mean.value);
        if (difference.value === null) expect([a, c]).toContain(null);
        else expect(agree(difference.value, c! - a!, Math.abs(a!) + Math.abs(c!) + 1)).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  test('does not depend on the order of versions, nor on the order or split of the trials within one', () => {
    fc.assert(
      fc.property(arbitraryRows(3), (rows) => {
        const one = commonWeightContrast(strataOfRows(rows, ARMS), 1, 0, [0, 1, 2]);
        const other = commonWeightContrast(strataOfRows([...rows].reverse(), ARMS), 1, 0, [0, 1, 2]);
        const halves = [rows.filter((_, t) => t % 2 === 0), rows.filter((_, t) => t % 2 === 1)];
        const split = commonWeightContrast(
          halves.flatMap((half) => strataOfRows(half, ARMS)),
          1,
          0,
          [0, 1, 2],
        );
        for (const { difference } of [other, split]) {
          const scale = 1 + 100 * (one.difference.standardError ?? 0);
          expect(agree(difference.value ?? 0, one.difference.value ?? 0, scale)).toBe(true);
          expect(agree(difference.standardError ?? 0, one.difference.standardError ?? 0)).toBe(true);
        }
      }),
      { numRuns: 100 },
    );
  });

  test('read from rows and from strata agree to 1e-12', () => {
    fc.assert(
      fc.property(arbitraryRows(3), (rows) => {
        const { sums } = commonWeightContrast(strataOfRows(rows, ARMS), 1, 0, [0, 1, 2]);
        const streamed = commonWeightSumsFromRows(rows, { arm: 1, against: 0 }, [0, 1, 2]);
        expect(agree(sums.mean, streamed.mean, 1 + Math.sqrt(sums.squareM2) / sums.weight)).toBe(true);
        expect(agree(sums.weight, streamed.weight)).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  test('leaves out versions in which a compared arm could not be drawn', () => {
    const cell = (trials: number, successes: number) => ({ trials, rewarded: successes, mean: 1, m2: 0 });
    const stratum = (version: string, p: number[], wins: number[]): Stratum => ({
      version,
      rule: 'policy',
      arms: ARMS,
      p,
      means: [0, 0, 0],
      from: 0,
      to: 0,
      opened: [400, 400, 400],
      cells: wins.map((successes, k) => (p[k] === 0 ? cell(0, 0) : cell(400, successes))),
    });
    const both = stratum('1.1', [0.25, 0.25, 0.5], [40, 80, 20]);
    const without = stratum('1.2', [0.5, 0, 0.5], [400, 0, 400]);
    const contrast = commonWeightContrast([both, without], 1, 0, [0, 1]);
    expect(contrast.sums.trials).toBe(1200);
    expect(contrast.draws).toEqual({ arm: 400, against: 400 });
    expect(contrast).toEqual(commonWeightContrast([both], 1, 0, [0, 1]));
  });

  test('needs 300 draws in each arm for the anytime interval, none for the one-look interval', () => {
    const rows = Array.from(
      { length: 40 },
      (_, t): TrialRow => ({
        version: '1.1',
        rule: 'policy',
        arm: t % 2,
        p: [0.5, 0.5, 0],
        means: [0, 0, 0],
        reward: t % 3 === 0 ? 1 : 0,
        time: t,
      }),
    );
    const { anytime, oneLook, unweighted } = commonWeightContrast(strataOfRows(rows, ARMS), 1, 0, [0, 1]);
    expect(anytime).toMatchObject({ status: 'insufficient', low: null, high: null });
    expect(anytime.reason).toBe('an arm has 20 of the 300 draws the anytime interval needs');
    expect(oneLook.status).toBe('ok');
    expect(unweighted.difference.status).toBe('ok');
  });

  test('a trend that lifts all arms of a version alike cancels', () => {
    const version = (v: number, p: readonly number[], lift: number): TrialRow[] =>
      Array.from({ length: 200 }, (_, t) => ({
        version: `1.${v}`,
        rule: 'policy',
        arm: t % 200 < 200 * p[0]! ? 0 : 1,
        p,
        means: [lift, lift],
        reward: lift + (t % 200 < 200 * p[0]! ? 0 : 0.5),
        time: t,
      }));
    const rows = [...version(1, [0.5, 0.5], 0), ...version(2, [0.1, 0.9], 10), ...version(3, [0.9, 0.1], -10)];
    const { difference } = commonWeightContrast(strataOfRows(rows, ['a', 'b']), 1, 0, [0, 1]);
    expect(difference.value).toBeCloseTo(0.5, 12);
  });
});
