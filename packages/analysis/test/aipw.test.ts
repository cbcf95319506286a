import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  aipwEstimate,
  aipwFromRows,
  aipwFromStrata,
  armScore,
  commonWeight,
  contrastScore,
  ipwScore,
  policyValue,
  sumsVariance,
  type TrialRow,
  uniformOver,
} from '../src/index.js';
import { agree, arbitraryRows, strataOfRows } from './trial-rows.js';

/** The worked example of docs/statistics.md: six trials, two arms, means of earlier rewards only. */
const EXAMPLE: readonly TrialRow[] = (
  [
    [0, 0.5, 0, 0, 1],
    [1, 0.5, 1, 0, 0],
    [0, 0.5, 1, 0, 0],
    [1, 0.3, 0.5, 0, 1],
    [1, 0.3, 0.5, 0.5, 1],
    [0, 0.2, 0.5, 2 / 3, 1],
  ] as const
).map(([arm, e, m0, m1, reward], t) => ({
  version: `1.${t + 1}`,
  rule: 'policy',
  arm,
  p: [e, 1 - e],
  means: [m0, m1],
  reward,
  time: t,
}));
const ONE_A_VERSION = strataOfRows(EXAMPLE, ['0', '1']);

// Oracle: the values printed in the worked example, computed independently to ten digits.
describe('the worked example', () => {
  test.each([
    [0, 1.0, 0.5137011669],
    [1, 0.5515873016, 0.2434850702],
  ])('the unweighted AIPW mean of arm %i', (arm, value, standardError) => {
    for (const sums of [aipwFromRows(EXAMPLE, { arm }), aipwFromStrata(ONE_A_VERSION, (s) => armScore(s, arm))]) {
      expect(aipwEstimate(sums).value).toBeCloseTo(value, 10);
      expect(aipwEstimate(sums).standardError).toBeCloseTo(standardError, 10);
    }
  });

  test('the unweighted AIPW contrast', () => {
    for (const sums of [
      aipwFromRows(EXAMPLE, { arm: 1, against: 0 }),
      aipwFromStrata(ONE_A_VERSION, (s) => contrastScore(s, 1, 0)),
    ]) {
      expect(aipwEstimate(sums).value).toBeCloseTo(-0.4484126984, 10);
      expect(aipwEstimate(sums).standardError).toBeCloseTo(0.5679018336, 10);
    }
  });

  test.each([
    [0, 0.9016364061, 0.502776472],
    [1, 0.5987240893, 0.2420963184],
  ])('the mean of arm %i weighted by the root of its propensity', (arm, value, standardError) => {
    const sums = aipwFromRows(EXAMPLE, { arm }, (p) => Math.sqrt(p[arm]!));
    expect(sums.mean).toBeCloseTo(value, 10);
    expect(Math.sqrt(sumsVariance(sums)!)).toBeCloseTo(standardError, 10);
  });

  test.each([
    [0, 1.1666666667, 0.7607257743, 0.7777777778, 2.4545454545],
    [1, 0.4761904762, 0.2749286996, 0.5882352941, 2.9191919192],
  ])('IPW, SNIPW and the effective sample size of arm %i', (arm, ipw, error, snipw, effective) => {
    const sums = aipwEstimate(aipwFromStrata(ONE_A_VERSION, (s) => ipwScore(s, arm)));
    expect(sums.value).toBeCloseTo(ipw, 10);
    const rows = EXAMPLE.map((row) => ({
      time: row.time,
      arm: String(row.arm),
      propensity: row.p[row.arm],
      reward: row.reward ?? 0,
    }));
    const value = policyValue(rows, (row) => (row.arm === String(arm) ? 1 : 0), { leastEffective: 1 });
    expect(value.ipw.value).toBeCloseTo(ipw, 10);
    expect(value.ipw.standardError).toBeCloseTo(error, 10);
    expect(value.snipw.value).toBeCloseTo(snipw, 10);
    expect(value.effectiveN).toBeCloseTo(effective, 10);
  });
});

describe('rows and strata', () => {
  test.each(['zero', 'ignored'] as const)(
    'give the same sums for an arm and for a contrast, missing: %s',
    (missing) => {
      fc.assert(
        fc.property(arbitraryRows(3), fc.nat({ max: 2 }), fc.nat({ max: 2 }), (rows, arm, against) => {
          const kept = missing === 'zero' ? rows : rows.filter(({ reward }) => reward !== undefined);
          const strata = strataOfRows(kept, ['a', 'b', 'c']);
          for (const weigh of [uniformOver([arm, against]), commonWeight([0, 1, 2])]) {
            const one = aipwFromRows(rows, { arm, missing }, weigh);
            const other = aipwFromStrata(strata, (s) => armScore(s, arm), weigh);
            const both = aipwFromRows(rows, { arm, against, missing }, weigh);
            const again = aipwFromStrata(strata, (s) => contrastScore(s, arm, against), weigh);
            for (const [x, y] of [
              [one, other],
              [both, again],
            ] as const) {
              expect(x.trials).toBe(y.trials);
              if (x.trials === 0) continue;
              const variance = sumsVariance(x)!;
              expect(agree(x.mean, y.mean, Math.sqrt(variance * x.trials) + 1)).toBe(true);
              expect(agree(variance, sumsVariance(y)!)).toBe(true);
            }
          }
        }),
        { numRuns: 150 },
      );
    },
  );

  test('large rewards around a large mean cost no digits of the variance', () => {
    const rows = Array.from(
      { length: 400 },
      (_, t): TrialRow => ({
        version: '1.1',
        rule: 'policy',
        arm: t % 2,
        p: [0.5, 0.5],
        means: [1e9, 1e9],
        reward: 1e9 + (t % 10),
        time: t,
      }),
    );
    const sums = aipwFromRows(rows, { arm: 1, against: 0 });
    // By hand: scores are -2d on arm 0 (d = 0, 2, 4, 6, 8) and 2d on arm 1 (d = 1, 3, 5, 7, 9).
    const scores = rows.map(({ arm }, t) => (arm === 1 ? 2 : -2) * (t % 10));
    const mean = scores.reduce((sum, x) => sum + x, 0) / 400;
    const variance = scores.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 400 ** 2;
    expect(sums.mean).toBeCloseTo(mean, 12);
    expect(sumsVariance(sums)!).toBeCloseTo(variance, 12);
    // A cell's mean is a double, exact to 1.2e-7 at 1e9; differences of sums of squares would give nothing at all.
    expect(
      agree(
        sumsVariance(aipwFromStrata(strataOfRows(rows, ['a', 'b']), (s) => contrastScore(s, 1, 0)))!,
        variance,
        0,
        1e-6,
      ),
    ).toBe(true);
  });
});

test('without trials there is no estimate, with one there is no standard error', () => {
  expect(aipwEstimate(aipwFromRows([], { arm: 0 }))).toMatchObject({ status: 'insufficient', value: null });
  const one = aipwEstimate(aipwFromRows(EXAMPLE.slice(0, 1), { arm: 0 }));
  expect(one).toEqual({ status: 'insufficient', reason: 'one trial has closed', value: 2, standardError: null });
});
