import { addReward, type Cell, EMPTY_CELL } from '@armature/sdk/policies';
import type { Metric } from '@armature/sdk/protocol';
import { describe, expect, test } from 'vitest';
import {
  armMeanAdaptive,
  comparisonData,
  contrastOf,
  createRandom,
  type Stratum,
  scoreBasis,
  strataOf,
  timeSeries,
  uniformWeight,
  worthOf,
} from '../src/index.js';

const ARMS = ['a', 'b'];
const METRIC: Metric = {
  name: 'ms',
  type: 'real',
  better: 'lower',
  windowMs: 1000,
  latenessMs: 0,
  missing: 'ignored',
  maturity: 'closed',
  combine: 'first',
  attribute: 'last',
};

interface Plan {
  /** Probability of b per version. */
  readonly shares: readonly number[];
  /** Chance of having a reward, per arm. */
  readonly rewarded: readonly [number, number];
  readonly mean: (arm: number, version: number) => number;
  readonly sd: number;
  readonly trials: number;
  readonly seed: number;
  readonly means?: readonly [number, number];
}

/** Normal rewards, some of them missing, under given vectors. */
function strataFor({ shares, rewarded, mean, sd, trials, seed, means = [0, 0] }: Plan): readonly Stratum[] {
  const random = createRandom(seed);
  const normal = () => Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());
  return shares.map((share, v) => {
    const cells: Cell[] = [EMPTY_CELL, EMPTY_CELL];
    const opened = [0, 0];
    for (let t = 0; t < trials; t++) {
      const arm = random() < share ? 1 : 0;
      opened[arm]! += 1;
      if (random() < rewarded[arm]!) cells[arm] = addReward(cells[arm]!, mean(arm, v) + sd * normal());
    }
    return {
      ...{ version: `1.${v + 1}`, rule: 'policy', arms: ARMS, p: [1 - share, share], means },
      ...{ from: v, to: v, opened, cells },
    };
  });
}

const contrast = (strata: readonly Stratum[], metric: Metric = METRIC) =>
  contrastOf(comparisonData(metric, strata, ARMS, 0), 1, 0);

describe('a metric whose missing rewards are left out', () => {
  const SHARES = [0.5, 0.7, 0.85, 0.6, 0.9];

  test('shows no difference between equal rewards, though one arm has them more often', () => {
    // Every reward is 100. Scores over p alone would give .6 / .9 of the truth to one arm and call it a difference.
    const plan = { shares: SHARES, rewarded: [0.9, 0.6] as const, mean: () => 100, sd: 0, trials: 400, seed: 1 };
    const strata = strataFor(plan);
    expect(contrast(strata).difference.value).toBeCloseTo(0, 10);
    expect(contrast(strata).unweighted?.difference.value).toBeCloseTo(0, 10);
    expect(armMeanAdaptive(strata, 1, [0, 1], { missing: 'ignored' }).mean.value).toBeCloseTo(100, 10);
    const worth = worthOf(strata, [0, 1], METRIC);
    expect(worth.evenSplit.gain.value! / worth.total).toBeCloseTo(0, 12);
    expect(timeSeries(strata, [0, 1], 'ignored').evenSplit.at(-1)! / worth.total).toBeCloseTo(1, 12);
  });

  test('its interval covers a true difference as often as it says, under a trend', () => {
    const truth = 3;
    const runs = Array.from({ length: 200 }, (_, r) => {
      const mean = (arm: number, v: number) => 100 + 2 * v + truth * arm;
      const plan = { shares: SHARES, rewarded: [0.9, 0.5] as const, mean, sd: 20, trials: 400, seed: 100 + r };
      const { low, high } = contrast(strataFor(plan)).oneLook;
      return low! <= truth && truth <= high!;
    });
    // binomial(200, .95): below 181 with probability .007
    expect(runs.filter(Boolean).length).toBeGreaterThanOrEqual(181);
  });

  test('its mean and standard error are those of the ratio of weighted sums', () => {
    const mean = (arm: number) => 10 + arm;
    const strata = strataFor({ shares: SHARES, rewarded: [0.9, 0.3], mean, sd: 2, trials: 50, seed: 7 });
    const basisOf = scoreBasis('ignored', strata, uniformWeight);
    const { unweighted } = contrast(strata);
    // oracle: Hajek's ratio written out, theta_k = sum (n x / p) / sum (n / p), and its linearised variance
    const ratio = (k: number) => {
      const sum = (of: (n: number, cell: Cell, p: number) => number) =>
        strata.reduce((all, { cells, p }) => all + of(cells[k]!.rewarded, cells[k]!, p[k]!), 0);
      const weight = sum((n, _, p) => n / p);
      const theta = sum((n, cell, p) => (n * cell.mean) / p) / weight;
      const variance = sum((n, cell, p) => (cell.m2 + n * (cell.mean - theta) ** 2) / p ** 2) / weight ** 2;
      return { theta, variance };
    };
    const [a, b] = [ratio(0), ratio(1)];
    expect(basisOf(strata[0]!).means).toEqual([expect.closeTo(a.theta, 12), expect.closeTo(b.theta, 12)]);
    expect(unweighted?.difference.value).toBeCloseTo(b.theta - a.theta, 10);
    expect(unweighted?.difference.standardError).toBeCloseTo(Math.sqrt(a.variance + b.variance), 10);
  });

  test('an arm without any reward has no mean and no contrast, and costs no other number', () => {
    const strata = strataFor({ shares: SHARES, rewarded: [0.9, 0], mean: () => 5, sd: 1, trials: 100, seed: 3 });
    expect(contrast(strata)).toMatchObject({
      difference: { value: null, reason: 'an arm has no closed trial' },
      oneLook: { low: null, reason: 'an arm has no closed trial' },
      p: null,
    });
    expect(armMeanAdaptive(strata, 0, [0, 1], { missing: 'ignored' }).mean.value).toBeCloseTo(5, 0);
  });
});

test('rewards far from zero cost no precision in a version that was made before anything was known', () => {
  const plan = { shares: [0.5, 0.7], rewarded: [1, 1] as const, sd: 1, trials: 500, seed: 5 };
  const real: Metric = { ...METRIC, missing: 'zero', better: 'higher' };
  const [near, far] = [0, 1e9].map((at) => {
    const strata = strataFor({ ...plan, mean: () => at });
    const versions = new Map(
      strata.map(({ version, p, means }, v) => [
        version,
        {
          ...{ experiment: 'x', version, definition: '', arms: ARMS, rules: { policy: p }, asOf: {} },
          means: { ms: v === 0 ? means : [at, at] },
        },
      ]),
    );
    const statistics = strata.map(({ version, from, opened, cells }) => ({
      ...{ experiment: 'x', version, rule: 'policy', bucket: from },
      arms: cells.map((cell, k) => ({ opened: opened[k]!, metrics: { ms: cell } })),
    }));
    return contrast(strataOf(statistics, versions, 'ms'), real).difference.standardError!;
  });
  // 1,000 trials, sd 1, two arms of about half: near 2 / sqrt(1000) = .063
  expect(near).toBeLessThan(0.08);
  expect(far! / near!).toBeCloseTo(1, 2);
});
