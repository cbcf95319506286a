import { describe, expect, test } from 'vitest';
import { AnalysisError, createRandom, type LoggedRow, policyValue } from '../src/index.js';

function log(rows: number, propensity: (t: number) => number | undefined): LoggedRow[] {
  const random = createRandom(3);
  return Array.from({ length: rows }, (_, t) => ({
    time: t,
    arm: 'a',
    propensity: propensity(t),
    reward: random() < 0.3 ? 1 : 0,
  }));
}

describe('importance weighting', () => {
  test('with the logging policy itself is the plain mean', () => {
    const value = policyValue(
      log(500, () => 0.25),
      () => 0.25,
    );
    expect(value.ipw.value).toBeCloseTo(value.logged!, 12);
    expect(value.snipw.value).toBeCloseTo(value.logged!, 12);
    expect(value.effectiveN).toBeCloseTo(500, 9);
    expect(value.meanWeight).toMatchObject({ value: 1, standardError: 0 });
  });

  test('up to 0.1 % of rows may have an impossible propensity; they are counted and left out', () => {
    const value = policyValue(
      log(2000, (t) => (t < 2 ? 0 : 0.5)),
      () => 0.5,
    );
    expect(value.invalid).toEqual({ missing: 0, notPositive: 2, aboveOne: 0 });
    expect(value.ipw.status).toBe('ok');
  });

  test.each([
    ['missing', undefined, '3 missing, 0 not positive, 0 above 1'],
    ['zero', 0, '0 missing, 3 not positive, 0 above 1'],
    ['negative', -0.5, '0 missing, 3 not positive, 0 above 1'],
    ['above one', 1.5, '0 missing, 0 not positive, 3 above 1'],
    ['not a number', Number.NaN, '3 missing, 0 not positive, 0 above 1'],
  ])('more than that is refused: propensity %s', (_, propensity, faults) => {
    const value = policyValue(
      log(2000, (t) => (t < 3 ? propensity : 0.5)),
      () => 0.5,
    );
    expect(value.ipw).toMatchObject({ status: 'degenerate', value: null });
    expect(value.ipw.reason).toContain(faults);
    expect(value.ipwInterval.low).toBeNull();
    expect(value.snipw.value).toBeNull();
  });

  test('an effective sample size below 100 is refused, and the reason names the heaviest row', () => {
    const value = policyValue(
      log(1000, (t) => (t === 0 ? 1e-6 : 0.5)),
      () => 0.1,
    );
    expect(value.snipw).toMatchObject({ status: 'insufficient', value: null });
    expect(value.snipw.reason).toMatch(
      /^effective sample size 1\.0 of 1000 rows, at least 100 needed; one row carries 100% of/,
    );
  });

  test('a policy that shares no arm with the log is degenerate, no row is insufficient', () => {
    expect(
      policyValue(
        log(500, () => 0.5),
        () => 0,
      ).ipw.reason,
    ).toBe('the policy gives every logged arm probability 0');
    expect(policyValue([], () => 1)).toMatchObject({ rows: 0, logged: null, ipw: { status: 'insufficient' } });
  });

  test.each(['unit', 'sticky'] as const)('decisions of assign: %s are refused', (assign) => {
    expect(() => policyValue([], () => 1, { assign })).toThrowError(AnalysisError);
    expect(() => policyValue([], () => 1, { assign })).toThrowError(/^ROW_WISE_REFUSED: .*got assign: /);
  });

  test('few weighted rewards get an interval that knows of the heavy rows which had none', () => {
    // 2,000 rows, of which 20 weigh 20 and the rest 1; 40 rewards, all on light rows: the normal interval would be narrow.
    const rows = log(2000, (t) => (t % 100 === 0 ? 0.025 : 0.5)).map((row, t) => ({
      ...row,
      reward: t % 50 === 1 ? 1 : 0,
    }));
    const value = policyValue(rows, () => 0.5);
    // oracle: scipy 1.17 gamma.ppf(.025, 40, scale=1/2000), gamma.ppf(.975, 60^2/440, scale=440/60/2000)
    expect(value.ipwInterval).toMatchObject({ status: 'ok', method: 'IPW, gamma (Fay and Feuer)', level: 0.95 });
    expect(value.ipwInterval.low).toBeCloseTo(0.014288293220894482, 9);
    expect(value.ipwInterval.high).toBeCloseTo(0.05378254177329961, 9);
    const none = policyValue(
      rows.map((row) => ({ ...row, reward: 0 })),
      () => 0.5,
    );
    // -ln(.025) times the largest weight over the rows
    expect(none.ipwInterval).toMatchObject({ low: 0, high: expect.closeTo((20 / 2000) * -Math.log(0.025), 12) });
    const money = policyValue(
      rows.map((row) => ({ ...row, reward: 9.5 * row.reward })),
      () => 0.5,
    );
    expect(money.ipw.value).toBeCloseTo(0.19, 12);
    expect(money.ipwInterval).toMatchObject({
      status: 'insufficient',
      reason: '40.0 effective rewards carry the value, at least 100 needed',
    });
  });

  test('covers rare rewards under heavy weights at least as often as it says', () => {
    // Rate .5 %, 98 % of rows of weight .6 and 2 % of weight 20.6: the normal interval covers in about 80 % of runs.
    let covered = 0;
    for (let seed = 0; seed < 100; seed++) {
      const random = createRandom(5000 + seed);
      const rows = Array.from({ length: 2000 }, (_, time): LoggedRow => {
        const heavy = random() < 0.02;
        return { time, arm: 'a', propensity: heavy ? 0.02 : 0.02 * (20.6 / 0.6), reward: random() < 0.005 ? 1 : 0 };
      });
      const { low, high } = policyValue(rows, () => 0.412).ipwInterval;
      covered += low! <= 0.005 && 0.005 <= high! ? 1 : 0;
    }
    expect(covered).toBeGreaterThanOrEqual(95);
  });

  test('is right for another policy: 95 % intervals cover in about 95 % of runs', () => {
    // 200 logs of 1,000 rows, rates .1 and .3, drawn .8 / .2, the even policy worth .2: 3 standard errors of slack.
    let covered = 0;
    for (let seed = 0; seed < 200; seed++) {
      const random = createRandom(1000 + seed);
      const rows = Array.from({ length: 1000 }, (_, time): LoggedRow => {
        const arm = random() < 0.8 ? 'a' : 'b';
        return { time, arm, propensity: arm === 'a' ? 0.8 : 0.2, reward: random() < (arm === 'a' ? 0.1 : 0.3) ? 1 : 0 };
      });
      const { low, high } = policyValue(rows, () => 0.5).snipwInterval;
      covered += low! <= 0.2 && 0.2 <= high! ? 1 : 0;
    }
    expect(Math.abs(covered / 200 - 0.95)).toBeLessThanOrEqual(3 * Math.sqrt((0.95 * 0.05) / 200));
  });
});
