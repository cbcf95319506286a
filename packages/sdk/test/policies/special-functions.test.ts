import { readFileSync } from 'node:fs';
import {
  betaCdf,
  betaQuantile,
  betaSf,
  chiSquaredCdf,
  chiSquaredQuantile,
  chiSquaredSf,
  erfc,
  gammaCdf,
  gammaQuantile,
  gammaSf,
  logBeta,
  logGamma,
  normalCdf,
  normalLogSf,
  normalPdf,
  normalQuantile,
  normalSf,
  studentTCdf,
  studentTQuantile,
  studentTSf,
} from '@armature/sdk/policies';
import { describe, expect, test } from 'vitest';

/** oracle: mpmath at 50 digits, scripts/oracles/special-functions.py */
type Grid = Readonly<Record<string, readonly (readonly number[])[]>>;
const grid: Grid = JSON.parse(readFileSync(new URL('./fixtures/special-functions.json', import.meta.url), 'utf8'));
const rowsOf = (name: string) => grid[name] ?? [];

const DEEP = 1e-100;

/** The rows whose relative error is above `limit` (above 1e-9 where the value is a tail below 1e-100). */
function misses(name: string, column: number, limit: number, compute: (...args: readonly number[]) => number) {
  return rowsOf(name).flatMap((row) => {
    const want = row.at(column)!;
    const got = compute(...row);
    const allowed = Math.abs(want) < DEEP ? Math.max(limit, 1e-9) : limit;
    const fits = got === want || Math.abs(got - want) <= allowed * Math.abs(want);
    return fits ? [] : [{ row, got, relative: got / want - 1 }];
  });
}

test('the grid holds a few hundred points', () => {
  expect(Object.values(grid).flat().length).toBeGreaterThan(800);
});

describe('against 50 digits', () => {
  test('log-gamma and log-beta to 1e-13, also beside the zeros of log-gamma', () => {
    expect(misses('logGamma', -1, 1e-13, (x) => logGamma(x!))).toEqual([]);
    expect(misses('logBeta', -1, 1e-13, (a, b) => logBeta(a!, b!))).toEqual([]);
  });

  test('the normal cdf and sf to 1e-13, the logarithm of the sf to 1e-13', () => {
    expect(misses('normal', 1, 1e-13, (z) => normalCdf(z!))).toEqual([]);
    expect(misses('normal', 2, 1e-13, (z) => normalSf(z!))).toEqual([]);
    expect(misses('normal', 3, 1e-13, (z) => normalLogSf(z!))).toEqual([]);
  });

  test('the normal quantile to 1e-14, from 1e-300 to 1 - 1e-10', () => {
    expect(misses('normalQuantile', -1, 1e-14, (p) => normalQuantile(p!))).toEqual([]);
  });

  test('both tails of the beta distribution to 1e-12, shapes from 0.01 to 1e6', () => {
    expect(misses('beta', 3, 1e-12, (x, a, b) => betaCdf(x!, a!, b!))).toEqual([]);
    expect(misses('beta', 4, 1e-12, (x, a, b) => betaSf(x!, a!, b!))).toEqual([]);
  });

  test('the beta quantile to 1e-10', () => {
    expect(misses('betaQuantile', -1, 1e-10, (p, a, b) => betaQuantile(p!, a!, b!))).toEqual([]);
  });

  test('both tails of the gamma distribution to 1e-12, and of the chi-squared, which is the gamma of half', () => {
    expect(misses('gamma', 2, 1e-12, (x, a) => gammaCdf(x!, a!))).toEqual([]);
    expect(misses('gamma', 3, 1e-12, (x, a) => gammaSf(x!, a!))).toEqual([]);
    expect(misses('gamma', 2, 1e-12, (x, a) => chiSquaredCdf(2 * x!, 2 * a!))).toEqual([]);
    expect(misses('gamma', 3, 1e-12, (x, a) => chiSquaredSf(2 * x!, 2 * a!))).toEqual([]);
  });

  test('the gamma and chi-squared quantiles to 1e-10', () => {
    expect(misses('gammaQuantile', -1, 1e-10, (p, a) => gammaQuantile(p!, a!))).toEqual([]);
    expect(misses('gammaQuantile', -1, 1e-10, (p, a) => chiSquaredQuantile(p!, 2 * a!) / 2)).toEqual([]);
  });

  test("both tails of Student's t to 1e-12, for 1 to 1e7 degrees of freedom, whole or not", () => {
    expect(misses('student', 2, 1e-12, (t, df) => studentTCdf(t!, df!))).toEqual([]);
    expect(misses('student', 3, 1e-12, (t, df) => studentTSf(t!, df!))).toEqual([]);
  });

  test("Student's quantile to 1e-10", () => {
    expect(misses('studentQuantile', -1, 1e-10, (p, df) => studentTQuantile(p!, df!))).toEqual([]);
  });
});

describe('at the edges', () => {
  test('probabilities outside the support are 0 or 1', () => {
    expect([betaCdf(-1, 2, 3), betaSf(-1, 2, 3), betaCdf(1, 2, 3), betaSf(2, 2, 3)]).toEqual([0, 1, 1, 0]);
    expect([gammaCdf(-1, 2), gammaSf(0, 2), gammaSf(Number.POSITIVE_INFINITY, 2)]).toEqual([0, 1, 0]);
    expect([normalSf(Number.POSITIVE_INFINITY), normalCdf(Number.POSITIVE_INFINITY), normalSf(40)]).toEqual([0, 1, 0]);
    expect([studentTSf(Number.POSITIVE_INFINITY, 3), studentTCdf(Number.POSITIVE_INFINITY, 3)]).toEqual([0, 1]);
  });

  test('quantiles of 0 and 1 are the ends of the support', () => {
    expect([betaQuantile(0, 2, 3), betaQuantile(1, 2, 3)]).toEqual([0, 1]);
    expect([gammaQuantile(0, 2), gammaQuantile(1, 2)]).toEqual([0, Number.POSITIVE_INFINITY]);
    expect([normalQuantile(0), normalQuantile(1)]).toEqual([Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
    expect([studentTQuantile(0, 2), studentTQuantile(1, 2)]).toEqual([
      Number.NEGATIVE_INFINITY,
      Number.POSITIVE_INFINITY,
    ]);
  });

  test('a probability outside [0, 1], and a log-gamma of no positive number, are not a number', () => {
    const wrong = [normalQuantile(-0.1), normalQuantile(1.1), normalQuantile(Number.NaN), betaQuantile(2, 1, 1)];
    expect([...wrong, gammaQuantile(-1, 1), studentTQuantile(1.5, 3), logGamma(0)].every(Number.isNaN)).toBe(true);
  });

  test('erfc and the normal density are those of the tables', () => {
    expect(erfc(-1) + erfc(1)).toBe(2);
    expect(erfc(0)).toBe(1);
    expect(erfc(10)).toBeCloseTo(2.088487583762545e-45, 58); // oracle: mpmath
    expect(normalPdf(1)).toBeCloseTo(0.24197072451914337, 15); // oracle: mpmath
  });
});
