import { describe, expect, test } from 'vitest';
import { createRandom, expectedCounts, fixedRatio, type RatioCount, sequentialRatio } from '../src/index.js';

// Oracle: scipy 1.17.1, stats.chisquare.
describe('the chi-square check of a fixed split', () => {
  test.each([
    [[44700, 45489], [1, 1], 6.9024049496058275, 0.008607987810836262],
    [[505, 301, 194], [5, 3, 2], 0.23333333333333334, 0.8898817709880238],
    [[5200, 4300, 3000], [0.4, 0.35, 0.25], 14.285714285714286, 0.0007904903231199663],
    [[600, 400], [0.5, 0.5], 40, 2.5396285894708634e-10],
  ])('%j against %j agrees with scipy', (opened, weights, statistic, p) => {
    const check = fixedRatio(opened, weights);
    expect(check.statistic).toBeCloseTo(statistic, 10);
    expect(check.p! / p).toBeCloseTo(1, 9);
  });

  test('an arm of weight 0 is dropped with its trials and its degree of freedom', () => {
    expect(fixedRatio([505, 301, 194, 77], [5, 3, 2, 0])).toEqual(fixedRatio([505, 301, 194], [5, 3, 2]));
  });

  test('few trials are insufficient, one arm is degenerate', () => {
    expect(fixedRatio([4, 5], [1, 1])).toMatchObject({ status: 'insufficient', p: null });
    expect(fixedRatio([100, 0], [1, 0])).toMatchObject({ status: 'degenerate', p: null, degreesOfFreedom: 0 });
  });
});

/** Versions of 100 trials whose vector wanders with the seed; `served` is what is drawn from instead of the vector. */
function run(
  seed: number,
  versions: number,
  served: (p: readonly number[]) => readonly number[],
): readonly RatioCount[] {
  const random = createRandom(seed);
  return Array.from({ length: versions }, (_, v) => {
    const shares = [0.05 + random(), 0.05 + random(), 0.05 + random()];
    const sum = shares.reduce((a, b) => a + b);
    const p = shares.map((share) => share / sum);
    const q = served(p);
    const opened = [0, 0, 0];
    for (let t = 0; t < 100; t++) {
      const u = random();
      opened[u < q[0]! ? 0 : u < q[0]! + q[1]! ? 1 : 2]!++;
    }
    return { version: `1.${v + 1}`, p, opened };
  });
}

const uniform = [1 / 3, 1 / 3, 1 / 3];

describe('the sequential ratio check', () => {
  test('agrees with its formula written out', () => {
    const counts = run(5, 7, (p) => p);
    const tilts = [0.05, 0.1, 0.2, 0.4, 0.8].flatMap((tilt) => [tilt, -tilt]);
    const eAfter = (v: number) => {
      const seen = counts.slice(0, v);
      const terms = [0, 1, 2].flatMap((k) =>
        tilts.map((lambda) => {
          const n = seen.reduce((sum, { opened }) => sum + opened[k]!, 0);
          const log = seen.reduce((sum, { p, opened }) => {
            const total = opened.reduce((a, b) => a + b);
            return sum + total * Math.log(p.reduce((all, pj, j) => all + pj * (j === k ? Math.exp(lambda) : 1), 0));
          }, 0);
          return Math.exp(lambda * n - log);
        }),
      );
      return terms.reduce((a, b) => a + b) / terms.length;
    };
    const largest = Math.max(...counts.map((_, v) => eAfter(v + 1)));
    expect(sequentialRatio(counts).eValue! / largest).toBeCloseTo(1, 10);
  });

  test('ever alarms in at most alpha of right logs, however often it is looked at', () => {
    // 400 runs of 50 looks at alpha .05: 5 % would be 20 runs; measured 2.2 % where weights follow rewards.
    const alarms = Array.from({ length: 400 }, (_, seed) =>
      sequentialRatio(
        run(seed, 50, (p) => p),
        0.05,
      ),
    );
    expect(alarms.filter(({ status }) => status === 'alarm').length).toBeLessThanOrEqual(20);
  });

  test('finds traffic that was served evenly while moving weights were logged', () => {
    const alarms = Array.from({ length: 40 }, (_, seed) => sequentialRatio(run(seed, 50, () => uniform)));
    expect(alarms.filter(({ status }) => status === 'alarm').length).toBeGreaterThanOrEqual(36);
  });

  test('keeps that promise over a thousand versions, where a chi-square per look alarms in two runs of five', () => {
    // 30 runs at alpha .05: 1.5 expected at most, more than 5 once in 300 seeds.
    const alarms = Array.from({ length: 30 }, (_, seed) =>
      sequentialRatio(
        run(seed, 1000, (p) => p),
        0.05,
      ),
    );
    expect(alarms.filter(({ status }) => status === 'alarm').length).toBeLessThanOrEqual(5);
  });

  test('once raised, the alarm stays', () => {
    const bad: RatioCount = { version: '1.1', p: [0.5, 0.5], opened: [700, 300] };
    const mend: RatioCount = { version: '1.2', p: [0.5, 0.5], opened: [300, 700] };
    expect(sequentialRatio([bad, mend]).status).toBe('alarm');
  });

  test('a trial on an arm of probability 0 alarms at once', () => {
    const check = sequentialRatio([{ version: '1.1', p: [1, 0], opened: [10, 1] }]);
    expect(check).toMatchObject({ status: 'alarm', reason: 'an arm of probability 0 has trials' });
  });

  test('no trial is insufficient, and an overwhelming e-value is still a finite number', () => {
    expect(sequentialRatio([])).toMatchObject({ status: 'insufficient', eValue: null });
    const huge = sequentialRatio([{ version: '1.1', p: [0.5, 0.5], opened: [1_000_000, 0] }]);
    expect(huge.eValue).toBe(Number.MAX_VALUE);
  });

  test('versions are taken in order whatever order they come in', () => {
    const counts = run(3, 12, (p) => p);
    expect(sequentialRatio([...counts].reverse())).toEqual(sequentialRatio(counts));
  });
});

test('expected counts add up to the trials opened', () => {
  const counts = expectedCounts(run(1, 9, (p) => p));
  const sum = (of: 'opened' | 'expected') => counts.reduce((total, arm) => total + arm[of], 0);
  expect(sum('opened')).toBe(900);
  expect(sum('expected')).toBeCloseTo(900, 9);
});
