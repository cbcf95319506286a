import { describe, expect, test } from 'vitest';
import { type CoverageRow, coverageOf, type Line } from '../src/proofs/coverage.js';
import { brokenPromises, coverageTables } from '../src/proofs/coverage-tables.js';
import { OFF_POLICY_CASES, offPolicyCoverage } from '../src/proofs/off-policy.js';
import { calibrateProbabilityBest, RATE_PRIORS } from '../src/proofs/probability-best.js';
import {
  CALIBRATION_LIMIT,
  calibratePropensities,
  changedArms,
  DRAW_PATHS,
  DRAWN_POLICIES,
} from '../src/proofs/propensities.js';
import { laiRobbins, REGRET_REFERENCES, regretAgainst } from '../src/proofs/regret-references.js';
import { scenarios } from '../src/proofs/scenarios.js';

// The short version: the full one is `npm run proofs`, its tables stand in docs/proofs.md.
const nothing = () => {};

describe('coverage', () => {
  const RUNS = 60;
  const wanted = ['Thompson, low: .026 .02 .015', 'Thompson, real, spending, 1 1', 'fixed 95/5, low: .026 .026'];
  const chosen = scenarios().filter(
    ({ name, trend }) => wanted.includes(name) || (name.startsWith('Thompson, equal') && trend.startsWith('rising')),
  );
  const steps: number[] = [];
  const rows = chosen.map((scenario) => coverageOf(scenario, RUNS, 1, () => steps.push(1)));
  const share = ({ lines }: CoverageRow, line: Line) => lines.get(line)!.hits / lines.get(line)!.of;

  test('runs each scenario as often as asked', () => {
    expect(chosen).toHaveLength(4);
    expect(steps).toHaveLength(4 * RUNS);
  });

  // Three standard errors of .95 over 60 runs are .084.
  test.each(rows)('$scenario.name, trend $scenario.trend: the lines keep their promises', (row) => {
    expect(brokenPromises([row])).toEqual([]);
    expect(share(row, 'contrast, one look')).toBeGreaterThanOrEqual(0.95 - 0.084);
    expect(share(row, 'contrast, anytime ever misses')).toBeLessThanOrEqual(0.05 + 0.084);
  });

  test('under a trend naive means fail where there is nothing to find', () => {
    const rising = rows.find(({ scenario }) => scenario.trend.startsWith('rising'))!;
    expect(share(rising, 'contrast, naive')).toBeLessThan(0.5);
    expect(share(rising, 'contrast, one look ever misses')).toBeGreaterThan(0.1);
  });

  test('a promise that is broken is named and set in bold', () => {
    const lines = new Map<Line, { hits: number; of: number }>([['contrast, one look', { hits: 800, of: 1000 }]]);
    const row = { scenario: chosen[0]!, replications: 1000, lines };
    expect(brokenPromises([row])[0]).toContain('one look covers 0.800 ± 0.013');
    expect(coverageTables([row])[0]).toContain('**0.800 ± 0.013**');
  });

  test('is the same for the same seed', () => {
    expect(coverageOf(chosen[0]!, 3, 7, nothing).lines).toEqual(coverageOf(chosen[0]!, 3, 7, nothing).lines);
  });
});

test('P(best) is calibrated where rates come from the policy’s own prior', () => {
  const bins = calibrateProbabilityBest(RATE_PRIORS[0]!, 300, 1, nothing);
  for (const { arms, stated, best } of bins) {
    if (arms < 30) continue;
    const error = Math.sqrt((stated * (1 - stated)) / arms);
    expect(Math.abs(best - stated), `${stated} stated`).toBeLessThan(4 * error + 0.01);
  }
});

test('importance weighting covers the value of an even split', () => {
  const { ipw, snipw } = offPolicyCoverage(OFF_POLICY_CASES[0]!, 100, 1, nothing);
  expect(ipw.of).toBe(100);
  expect(ipw.hits).toBeGreaterThanOrEqual(86);
  expect(snipw.hits).toBeGreaterThanOrEqual(86);
});

// 6 policies x 5 paths x 4 arms at 4.5 standard errors: a false alarm in about one suite of a thousand, and those keyed
// by anything but a decision's random id are the same every time.
test.each(DRAWN_POLICIES.flatMap((policy) => DRAW_PATHS.map((path) => [policy.name, path, policy] as const)))(
  '%s, %s: arms are drawn with the propensities that decisions carry',
  (_, path, policy) => {
    const { largestZ, logE, mismatched } = calibratePropensities(policy, path, 20_000, 1);
    expect(largestZ).toBeLessThan(CALIBRATION_LIMIT);
    expect(logE).toBeLessThan(Math.log(1000));
    expect(mismatched).toBe(0);
  },
);

test.each([1, 2, 3, 4, 5, 6])('the share of units that change arm is that of the formula, pair %d', (seed) => {
  expect(Math.abs(changedArms(seed, 20_000).z)).toBeLessThan(CALIBRATION_LIMIT);
});

test.each(REGRET_REFERENCES.filter(({ policy }) => policy !== 'thompson'))(
  'regret of $policy on $means is that of the reference',
  (reference) => {
    expect(Math.abs(regretAgainst(reference, 8, 11, nothing).z)).toBeLessThan(4.5);
  },
);

test('the bound of Lai and Robbins has the published constants', () => {
  // oracle: the constants of the field's table of instances, mpmath
  expect(laiRobbins([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9], Math.E)).toBeCloseTo(7.5165, 4);
  expect(laiRobbins([0.9, 0.8], Math.E)).toBeCloseTo(2.2521, 4);
  expect(laiRobbins([0.5, ...new Array<number>(9).fill(0.48)], Math.E)).toBeCloseTo(224.94, 2);
});
