import { normalQuantile, normalSf } from '@armature/sdk/policies';
import { estimateOf, type Interval, type IntervalKind, intervalOf, noEstimate, noInterval } from './estimate.js';
import type { TwoSampleTest } from './welch.js';

/** Successes among trials. */
export interface Proportion {
  readonly successes: number;
  readonly trials: number;
}

/**
 * Wilson's score interval of a proportion; it has a width also with no success or nothing but successes.
 *
 * @param proportion 0 <= successes <= trials
 * @param alpha probability of missing, in (0, 1)
 * @see Wilson 1927
 * @example
 * Math.round(wilson({ successes: 0, trials: 10 }).high! * 1e4) / 1e4 // => 0.2775
 */
export function wilson({ successes, trials }: Proportion, alpha = 0.05): Interval {
  const kind: IntervalKind = { level: 1 - alpha, guarantee: 'one look', method: 'Wilson' };
  if (trials === 0) return noInterval('insufficient', 'no closed trial', kind);
  const [low, high] = wilsonBounds(successes, trials, -normalQuantile(alpha / 2));
  return intervalOf(low, high, kind);
}

function wilsonBounds(successes: number, trials: number, z: number): readonly [number, number] {
  const p = successes / trials;
  const z2 = z * z;
  const middle = (successes + z2 / 2) / (trials + z2);
  const half = (z * Math.sqrt(trials * p * (1 - p) + z2 / 4)) / (trials + z2);
  return [successes === 0 ? 0 : Math.max(0, middle - half), successes === trials ? 1 : Math.min(1, middle + half)];
}

/**
 * The difference of two proportions, b - a: Newcombe's hybrid score interval, and p from the pooled z test without
 * continuity correction. For constant weights only.
 *
 * @param a the arm compared against
 * @param b the arm
 * @param alpha probability of missing, in (0, 1)
 * @returns p is null when all trials succeeded or none did; the interval still stands
 * @see Newcombe 1998, method 10
 * @example
 * twoProportions({ successes: 40, trials: 100 }, { successes: 50, trials: 100 }).difference.value // => 0.09999999999999998
 */
export function twoProportions(a: Proportion, b: Proportion, alpha = 0.05): TwoSampleTest {
  const kind: IntervalKind = { level: 1 - alpha, guarantee: 'one look', method: 'Newcombe' };
  if (a.trials === 0 || b.trials === 0) {
    const reason = 'an arm has no closed trial';
    return {
      difference: noEstimate('insufficient', reason),
      oneLook: noInterval('insufficient', reason, kind),
      p: null,
    };
  }
  const pa = a.successes / a.trials;
  const pb = b.successes / b.trials;
  const value = pb - pa;
  const z = -normalQuantile(alpha / 2);
  const [la, ua] = wilsonBounds(a.successes, a.trials, z);
  const [lb, ub] = wilsonBounds(b.successes, b.trials, z);
  const pooled = (a.successes + b.successes) / (a.trials + b.trials);
  const pooledError = Math.sqrt(pooled * (1 - pooled) * (1 / a.trials + 1 / b.trials));
  return {
    difference: estimateOf(value, Math.sqrt((pa * (1 - pa)) / a.trials + (pb * (1 - pb)) / b.trials)),
    oneLook: intervalOf(value - Math.hypot(pb - lb, ua - pa), value + Math.hypot(ub - pb, pa - la), kind),
    p: pooledError === 0 ? null : Math.min(1, 2 * normalSf(Math.abs(value) / pooledError)),
  };
}
