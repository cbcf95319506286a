import {
  betaPosterior,
  type Cell,
  empiricalGammaPrior,
  empiricalNormalPrior,
  gammaPosterior,
  type Moments,
  merge,
  normalInverseGammaPosterior,
  type Posterior,
  posteriorMean,
  posteriorQuantile,
  posteriorSd,
  withZeros,
} from '@armature/sdk/policies';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const momentsOf = (values: readonly number[]): Moments => {
  const mean = values.reduce((sum, value) => sum + value, 0) / (values.length || 1);
  return { count: values.length, mean, m2: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) };
};

describe('the posterior of a rate', () => {
  test('trials without a reward are failures, rewards of 0 too', () => {
    expect(betaPosterior({ trials: 10, rewarded: 4, mean: 0.5, m2: 1 })).toEqual({ kind: 'beta', alpha: 3, beta: 9 });
  });

  test('no trials leave the prior', () => {
    const empty: Cell = { trials: 0, rewarded: 0, mean: 0, m2: 0 };
    expect(betaPosterior(empty, { alpha: 0.5, beta: 0.5 })).toEqual({ kind: 'beta', alpha: 0.5, beta: 0.5 });
  });

  test('rewards in a range are scaled to it, a missing one being 0', () => {
    // 8 trials: 3 rewards of 4 on average and 5 zeros on [-1, 9]: sum of (r + 1) / 10 = (12 + 8) / 10
    const cell: Cell = { trials: 8, rewarded: 3, mean: 4, m2: 2 };
    expect(betaPosterior(cell, undefined, [-1, 9])).toEqual({ kind: 'beta', alpha: 3, beta: 7 });
  });

  test('a range far from 0 loses no trial', () => {
    // Ten million rewards at a quarter of [1e9, 1e9 + 1]: as a difference of two sums of 1e16 it lost the digits.
    const cell = { trials: 1e7 + 1, rewarded: 1e7 + 1, mean: 1e9 + 0.25, m2: 1e6 };
    const { alpha, beta } = betaPosterior(cell, { alpha: 1, beta: 1 }, [1e9, 1e9 + 1]);
    expect(alpha).toBe(1 + 0.25 * (1e7 + 1));
    expect(alpha + beta).toBe(1e7 + 3);
  });

  test('rewards outside the range are refused', () => {
    const cell: Cell = { trials: 5, rewarded: 5, mean: 3, m2: 0 };
    expect(() => betaPosterior(cell)).toThrow(expect.objectContaining({ code: 'POSTERIOR_INVALID' }));
    expect(() => betaPosterior({ ...cell, mean: Number.NaN })).toThrow(/a posterior is not a distribution/);
  });

  test('cells may be merged before or after: the counts add', () => {
    const a: Cell = { trials: 7, rewarded: 3, mean: 1, m2: 0 };
    const b: Cell = { trials: 9, rewarded: 2, mean: 1, m2: 0 };
    expect(betaPosterior(merge(a, b))).toEqual({ kind: 'beta', alpha: 6, beta: 12 });
  });
});

describe('the posterior of a mean with unknown variance', () => {
  const prior = { location: 2, strength: 0.5, shape: 1.5, scale: 3 };

  test('is the conjugate update', () => {
    // oracle: kappa = 4.5, location = (1 + 20) / 4.5, a = 3.5, b = 3 + 13 + 0.5 * 4 * 9 / 9 = 18 by hand
    const posterior = normalInverseGammaPosterior({ count: 4, mean: 5, m2: 26 }, prior);
    expect(posterior.df).toBe(7);
    expect(posterior.location).toBeCloseTo(21 / 4.5, 14);
    expect(posterior.scale).toBeCloseTo(Math.sqrt(18 / (3.5 * 4.5)), 14);
  });

  test('learning in two steps is learning at once: the first posterior is the prior of the second', () => {
    const values = fc.array(fc.double({ min: -100, max: 100, noNaN: true }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(values, values, (first, second) => {
        const { count, mean, m2 } = momentsOf(first);
        const strength = prior.strength + count;
        const next = {
          location: (prior.strength * prior.location + count * mean) / strength,
          strength,
          shape: prior.shape + count / 2,
          scale: prior.scale + m2 / 2 + (prior.strength * count * (mean - prior.location) ** 2) / (2 * strength),
        };
        const steps = normalInverseGammaPosterior(momentsOf(second), next);
        const once = normalInverseGammaPosterior(momentsOf([...first, ...second]), prior);
        expect(steps.location).toBeCloseTo(once.location, 9);
        expect(steps.scale / once.scale).toBeCloseTo(1, 9);
        expect(steps.df).toBe(once.df);
      }),
      { numRuns: 100 },
    );
  });

  test('the empirical prior follows the unit: rescaled and shifted rewards give the rescaled and shifted posterior', () => {
    const values = fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 2, maxLength: 20 });
    fc.assert(
      fc.property(
        values,
        fc.constantFrom(1 / 1024, 0.5, 64, 2 ** 20),
        fc.integer({ min: -9, max: 9 }),
        (list, unit, shift) => {
          const pooled = momentsOf(list);
          fc.pre(pooled.m2 > 0);
          const arm = momentsOf(list.slice(0, 1));
          const plain = normalInverseGammaPosterior(arm, empiricalNormalPrior(pooled));
          const move = (moments: Moments) => ({
            ...moments,
            mean: unit * (moments.mean + shift),
            m2: unit ** 2 * moments.m2,
          });
          const moved = normalInverseGammaPosterior(move(arm), empiricalNormalPrior(move(pooled)));
          expect(moved.location / unit - shift).toBeCloseTo(plain.location, 9);
          expect(moved.scale / unit / plain.scale).toBeCloseTo(1, 9);
        },
      ),
      { numRuns: 100 },
    );
  });

  test('an arm without trials is centred on the pooled mean with a finite standard deviation', () => {
    const untried = normalInverseGammaPosterior(
      { count: 0, mean: 0, m2: 0 },
      empiricalNormalPrior({ count: 11, mean: 7, m2: 40 }),
    );
    expect(untried).toEqual({ kind: 'student', location: 7, scale: 2, df: 3 });
    expect(posteriorSd(untried)).toBeCloseTo(2 * Math.sqrt(3), 14);
  });

  test('rewards that do not vary, and no rewards, still give a proper prior', () => {
    expect(empiricalNormalPrior({ count: 5, mean: 3, m2: 0 }).scale).toBe(13.5);
    expect(empiricalNormalPrior({ count: 5, mean: 0, m2: 0 }).scale).toBe(1.5);
    expect(empiricalNormalPrior({ count: 0, mean: 0, m2: 0 }).scale).toBe(1.5);
    expect(empiricalNormalPrior({ count: 1, mean: 2, m2: 0 }).scale).toBe(6);
  });

  test('a prior and rewards without any spread are refused', () => {
    const flat = { location: 1, strength: 1, shape: 1, scale: 0 };
    expect(() => normalInverseGammaPosterior({ count: 3, mean: 1, m2: 0 }, flat)).toThrow(/not a distribution/);
  });
});

describe('the posterior of a mean count', () => {
  test('adds the events to the shape and the trials to the rate', () => {
    const cell: Cell = { trials: 20, rewarded: 5, mean: 3, m2: 4 };
    expect(gammaPosterior(withZeros(cell), { shape: 0.5, rate: 0.25 })).toEqual({
      kind: 'gamma',
      shape: 15.5,
      rate: 20.25,
    });
  });

  test('the empirical prior has the pooled mean and weighs half an event', () => {
    const prior = empiricalGammaPrior({ count: 40, mean: 2.5, m2: 9 });
    expect(prior.shape / prior.rate).toBe(2.5);
    expect(empiricalGammaPrior({ count: 40, mean: 0, m2: 0 })).toEqual({ shape: 0.5, rate: 0.5 });
  });

  test('negative counts are refused', () => {
    expect(() => gammaPosterior({ count: 3, mean: -1, m2: 0 }, { shape: 0.5, rate: 1 })).toThrow(/not a distribution/);
  });
});

describe('what a posterior says', () => {
  // oracle: scipy 1.17 stats, mean, std and ppf(0.9)
  test.each<[Posterior, mean: number, sd: number, quantile: number]>([
    [{ kind: 'beta', alpha: 3, beta: 9 }, 0.25, 0.12009611535381536, 0.4151569317],
    [{ kind: 'student', location: 2, scale: 0.5, df: 5 }, 2, 0.6454972243679028, 2.7379420244],
    [{ kind: 'normal', mean: -1, sd: 2 }, -1, 2, 1.5631031311],
    [{ kind: 'gamma', shape: 4, rate: 2 }, 2, 1, 3.3403915341],
    [{ kind: 'point', value: 7 }, 7, 0, 7],
  ])('%j', (posterior, mean, sd, quantile) => {
    expect(posteriorMean(posterior)).toBeCloseTo(mean, 14);
    expect(posteriorSd(posterior)).toBeCloseTo(sd, 14);
    expect(posteriorQuantile(posterior, 0.9)).toBeCloseTo(quantile, 9);
  });

  test('heavy tails have no mean, or no standard deviation', () => {
    expect(posteriorMean({ kind: 'student', location: 0, scale: 1, df: 1 })).toBeNaN();
    expect(posteriorSd({ kind: 'student', location: 0, scale: 1, df: 2 })).toBe(Number.POSITIVE_INFINITY);
  });

  test('there is no quantile outside [0, 1]', () => {
    expect(posteriorQuantile({ kind: 'point', value: 7 }, 1.5)).toBeNaN();
    expect(posteriorQuantile({ kind: 'beta', alpha: 1, beta: 1 }, -0.5)).toBeNaN();
  });
});
