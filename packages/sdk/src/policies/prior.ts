import type { Moments } from './cells.js';

/** Beta prior of a rate: alpha and beta, both > 0, count as successes and failures seen beforehand. */
export interface BetaPrior {
  readonly alpha: number;
  readonly beta: number;
}

/**
 * Normal-inverse-gamma prior of a mean with unknown variance: the mean is `location`, known as well as `strength` trials
 * would tell it; the variance is inverse-gamma with `shape` (no unit) and `scale` (squared unit of the reward).
 */
export interface NormalPrior {
  readonly location: number;
  readonly strength: number;
  readonly shape: number;
  readonly scale: number;
}

/** Gamma prior of a mean count: `shape` events in `rate` trials, both > 0. */
export interface GammaPrior {
  readonly shape: number;
  readonly rate: number;
}

/** The uniform distribution of a rate: the default of `betaPosterior`. */
export const UNIFORM_PRIOR: BetaPrior = Object.freeze({ alpha: 1, beta: 1 });

/**
 * A weak prior for the means of real rewards, in whatever unit they have: the pooled mean with the strength of one
 * trial, and the pooled variance s^2 with three degrees of freedom (shape 3/2, scale 3/2 s^2), the fewest for which an
 * arm without trials has a finite standard deviation. Rescaling or shifting all rewards rescales or shifts the prior.
 * Without spread in the rewards s^2 is the squared mean; without any rewards, or all of them 0, it is 1.
 *
 * @param pooled moments over the trials of all arms, missing rewards counted as zeros
 * @example
 * empiricalNormalPrior({ count: 5, mean: 10, m2: 16 }) // => { location: 10, strength: 1, shape: 1.5, scale: 6 }
 */
export function empiricalNormalPrior(pooled: Moments): NormalPrior {
  const { count, mean, m2 } = pooled;
  const spread = count > 1 ? m2 / (count - 1) : 0;
  const variance = spread > 0 ? spread : mean * mean || 1;
  return { location: mean, strength: 1, shape: 1.5, scale: 1.5 * variance };
}

/**
 * A weak prior for mean counts: half an event, in as many trials as make its mean the pooled mean (Jeffreys' shape; his
 * rate of 0 would leave an arm without trials without a distribution). Without any event the rate is 1 / 2.
 *
 * @param pooled moments over the trials of all arms, missing rewards counted as zeros
 * @example
 * empiricalGammaPrior({ count: 100, mean: 4, m2: 400 }) // => { shape: 0.5, rate: 0.125 }
 */
export function empiricalGammaPrior(pooled: Moments): GammaPrior {
  return { shape: 0.5, rate: 0.5 / (pooled.count > 0 && pooled.mean > 0 ? pooled.mean : 1) };
}
