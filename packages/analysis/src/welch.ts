import { type Moments, studentTQuantile, studentTSf } from '@armature/sdk/policies';
import {
  type Estimate,
  estimateOf,
  type Interval,
  type IntervalKind,
  intervalOf,
  noEstimate,
  noInterval,
} from './estimate.js';
import { varianceOf } from './moments.js';

/** A difference with its one-look interval and two-sided p. */
export interface TwoSampleTest {
  readonly difference: Estimate;
  readonly oneLook: Interval;
  /** null where the test has no answer; see the interval's reason. */
  readonly p: number | null;
}

/**
 * Welch's t: b - a with unequal variances. Biased when the arms' shares moved with the rewards: for constant
 * weights only. se^2 = va/na + vb/nb; df by Welch and Satterthwaite.
 *
 * @param a the arm compared against
 * @param b the arm
 * @param alpha probability of missing, in (0, 1)
 * @returns insufficient with fewer than two trials in an arm, degenerate when neither varies
 * @example
 * welch({ count: 3, mean: 1, m2: 2 }, { count: 3, mean: 2, m2: 2 }).difference.value // => 1
 */
export function welch(a: Moments, b: Moments, alpha = 0.05): TwoSampleTest {
  const kind: IntervalKind = { level: 1 - alpha, guarantee: 'one look', method: 'Welch t' };
  if (a.count === 0 || b.count === 0) {
    const reason = 'an arm has no closed trial';
    return {
      difference: noEstimate('insufficient', reason),
      oneLook: noInterval('insufficient', reason, kind),
      p: null,
    };
  }
  const value = b.mean - a.mean;
  const va = varianceOf(a);
  const vb = varianceOf(b);
  if (va === null || vb === null)
    return {
      difference: estimateOf(value, null),
      oneLook: noInterval('insufficient', 'an arm has one closed trial', kind),
      p: null,
    };
  const [ea, eb] = [va / a.count, vb / b.count];
  const standardError = Math.sqrt(ea + eb);
  const difference = estimateOf(value, standardError);
  if (standardError === 0)
    return { difference, oneLook: noInterval('degenerate', 'the rewards do not vary', kind), p: null };
  const shareA = ea / (ea + eb);
  const df = 1 / (shareA ** 2 / (a.count - 1) + (1 - shareA) ** 2 / (b.count - 1));
  const half = -studentTQuantile(alpha / 2, df) * standardError;
  return {
    difference,
    oneLook: intervalOf(value - half, value + half, kind),
    p: Math.min(1, 2 * studentTSf(Math.abs(value) / standardError, df)),
  };
}

/**
 * The mean of one arm with its t interval.
 *
 * @param sample the arm's closed trials
 * @param alpha probability of missing, in (0, 1)
 * @example
 * meanInterval({ count: 1, mean: 3, m2: 0 }).oneLook.reason // => 'one closed trial'
 */
export function meanInterval(sample: Moments, alpha = 0.05): { readonly mean: Estimate; readonly oneLook: Interval } {
  const kind: IntervalKind = { level: 1 - alpha, guarantee: 'one look', method: 'Student t' };
  if (sample.count === 0) {
    const reason = 'no closed trial';
    return { mean: noEstimate('insufficient', reason), oneLook: noInterval('insufficient', reason, kind) };
  }
  const variance = varianceOf(sample);
  if (variance === null)
    return { mean: estimateOf(sample.mean, null), oneLook: noInterval('insufficient', 'one closed trial', kind) };
  const standardError = Math.sqrt(variance / sample.count);
  const mean = estimateOf(sample.mean, standardError);
  if (standardError === 0) return { mean, oneLook: noInterval('degenerate', 'the rewards do not vary', kind) };
  const half = -studentTQuantile(alpha / 2, sample.count - 1) * standardError;
  return { mean, oneLook: intervalOf(sample.mean - half, sample.mean + half, kind) };
}
