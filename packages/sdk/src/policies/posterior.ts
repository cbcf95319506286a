import type { Cell, Moments } from './cells.js';
import { betaQuantile } from './incomplete-beta.js';
import { gammaQuantile } from './incomplete-gamma.js';
import { normalQuantile } from './normal.js';
import { PolicyError } from './policy-error.js';
import { type BetaPrior, type GammaPrior, type NormalPrior, UNIFORM_PRIOR } from './prior.js';
import { studentTQuantile } from './student-t.js';

/** A rate in [0, 1], or a bounded mean scaled to it. */
export interface BetaPosterior {
  readonly kind: 'beta';
  readonly alpha: number;
  readonly beta: number;
}

/** A mean whose variance is unknown too: location + scale * t with `df` degrees of freedom. */
export interface StudentPosterior {
  readonly kind: 'student';
  readonly location: number;
  readonly scale: number;
  readonly df: number;
}

/** A mean with known variance, or a score that is a linear form of Gaussian coefficients. */
export interface NormalPosterior {
  readonly kind: 'normal';
  readonly mean: number;
  readonly sd: number;
}

/** A mean count: density proportional to x^(shape - 1) exp(-rate x). */
export interface GammaPosterior {
  readonly kind: 'gamma';
  readonly shape: number;
  readonly rate: number;
}

/** A value that is known. */
export interface PointPosterior {
  readonly kind: 'point';
  readonly value: number;
}

/** What is believed about the mean reward of an arm. */
export type Posterior = BetaPosterior | StudentPosterior | NormalPosterior | GammaPosterior | PointPosterior;

/** Throws POSTERIOR_INVALID unless every parameter is finite and those named in `positive` are > 0. */
function checked<P extends Posterior>(posterior: P, positive: readonly (keyof P)[]): P {
  const finite = Object.values(posterior).every((value) => typeof value === 'string' || Number.isFinite(value));
  if (finite && positive.every((name) => (posterior[name] as number) > 0)) return posterior;
  throw new PolicyError('POSTERIOR_INVALID', JSON.stringify(posterior));
}

/**
 * The posterior of a rate: alpha0 + S and beta0 + n - S, with S the sum of the rewards and n the trials of the cell; a
 * trial without a reward counts as a failure. Rewards between `low` and `high` are scaled to [0, 1] first, and so is the
 * posterior.
 *
 * @param cell of one arm; rewards 0 or 1, or within the range
 * @param prior default Beta(1, 1)
 * @param range [low, high] of one reward, default [0, 1]
 * @throws PolicyError POSTERIOR_INVALID when rewards lie outside the range
 * @example
 * betaPosterior({ trials: 10, rewarded: 4, mean: 1, m2: 0 }) // => { kind: 'beta', alpha: 5, beta: 7 }
 */
export function betaPosterior(
  cell: Cell,
  prior: BetaPrior = UNIFORM_PRIOR,
  range: readonly [low: number, high: number] = [0, 1],
): BetaPosterior {
  const [low, high] = range;
  // Each part by its distance from the low end: where the range lies far from 0, sums of rewards lose its digits.
  const sum = (cell.rewarded * (cell.mean - low) - (cell.trials - cell.rewarded) * low) / (high - low);
  const alpha = prior.alpha + sum;
  const beta = prior.beta + (cell.trials - sum);
  return checked({ kind: 'beta', alpha, beta }, ['alpha', 'beta']);
}

/**
 * The posterior of a mean with unknown variance (normal-inverse-gamma, its marginal). With kappa = strength + n:
 * location (strength * location0 + n * mean) / kappa, a = shape + n / 2,
 * b = scale + M2 / 2 + strength * n * (mean - location0)^2 / (2 kappa), df = 2 a, scale^2 = b / (a kappa).
 *
 * @param moments of one arm over all its trials (`withZeros` of its cell)
 * @param prior see `empiricalNormalPrior`; strength, shape and scale > 0
 * @throws PolicyError POSTERIOR_INVALID when prior and rewards leave no spread at all, or are not finite
 * @example
 * const prior = { location: 10, strength: 1, shape: 1.5, scale: 6 };
 * normalInverseGammaPosterior({ count: 0, mean: 0, m2: 0 }, prior) // => { kind: 'student', location: 10, scale: 2, df: 3 }
 */
export function normalInverseGammaPosterior(moments: Moments, prior: NormalPrior): StudentPosterior {
  const { count, mean, m2 } = moments;
  const kappa = prior.strength + count;
  const gap = mean - prior.location;
  const location = prior.location + (count / kappa) * gap;
  const a = prior.shape + count / 2;
  const b = prior.scale + m2 / 2 + (prior.strength * (count / kappa) * gap * gap) / 2;
  return checked({ kind: 'student', location, scale: Math.sqrt(b / (a * kappa)), df: 2 * a }, ['scale', 'df']);
}

/**
 * The posterior of a mean count: shape + the sum of the counts, rate + the number of trials.
 *
 * @param moments of one arm over all its trials (`withZeros` of its cell)
 * @param prior see `empiricalGammaPrior`; both > 0
 * @throws PolicyError POSTERIOR_INVALID when counts are negative or not finite
 * @example
 * gammaPosterior({ count: 8, mean: 0.25, m2: 1.5 }, { shape: 0.5, rate: 2 }) // => { kind: 'gamma', shape: 2.5, rate: 10 }
 */
export function gammaPosterior(moments: Moments, prior: GammaPrior): GammaPosterior {
  const { count, mean } = moments;
  return checked({ kind: 'gamma', shape: prior.shape + count * mean, rate: prior.rate + count }, ['shape', 'rate']);
}

/**
 * The mean of a posterior: NaN for a Student posterior with at most one degree of freedom.
 *
 * @example
 * posteriorMean({ kind: 'beta', alpha: 3, beta: 1 }) // => 0.75
 */
export function posteriorMean(posterior: Posterior): number {
  switch (posterior.kind) {
    case 'beta':
      return posterior.alpha / (posterior.alpha + posterior.beta);
    case 'student':
      return posterior.df > 1 ? posterior.location : Number.NaN;
    case 'normal':
      return posterior.mean;
    case 'gamma':
      return posterior.shape / posterior.rate;
    case 'point':
      return posterior.value;
  }
}

/**
 * The standard deviation of a posterior: Infinity for a Student posterior with at most two degrees of freedom.
 *
 * @example
 * posteriorSd({ kind: 'gamma', shape: 4, rate: 2 }) // => 1
 */
export function posteriorSd(posterior: Posterior): number {
  switch (posterior.kind) {
    case 'beta': {
      const n = posterior.alpha + posterior.beta;
      return Math.sqrt(((posterior.alpha / n) * (posterior.beta / n)) / (n + 1));
    }
    case 'student':
      return posterior.df > 2
        ? posterior.scale * Math.sqrt(posterior.df / (posterior.df - 2))
        : Number.POSITIVE_INFINITY;
    case 'normal':
      return posterior.sd;
    case 'gamma':
      return Math.sqrt(posterior.shape) / posterior.rate;
    case 'point':
      return 0;
  }
}

/**
 * The value that the mean reward lies below with probability p: two of them bound a credible interval.
 *
 * @param p probability in [0, 1]
 * @returns NaN for p outside [0, 1]
 * @example
 * posteriorQuantile({ kind: 'beta', alpha: 1, beta: 1 }, 0.025).toFixed(12) // => '0.025000000000'
 */
export function posteriorQuantile(posterior: Posterior, p: number): number {
  switch (posterior.kind) {
    case 'beta':
      return betaQuantile(p, posterior.alpha, posterior.beta);
    case 'student':
      return posterior.location + posterior.scale * studentTQuantile(p, posterior.df);
    case 'normal':
      return posterior.mean + posterior.sd * normalQuantile(p);
    case 'gamma':
      return gammaQuantile(p, posterior.shape, posterior.rate);
    case 'point':
      return p >= 0 && p <= 1 ? posterior.value : Number.NaN;
  }
}
