import type { Moments } from '@armature/sdk/policies';
import type { Metric } from '@armature/sdk/protocol';
import { aipwEstimate, aipwFromStrata, drawnEstimate, type Weighting } from './aipw.js';
import { type AsymptoticOptions, asymptoticInterval } from './asymptotic-cs.js';
import { commonWeight, eventsIn, type WeightedOptions } from './common-weight-contrast.js';
import type { Estimate, Interval } from './estimate.js';
import { armScore } from './linear-score.js';
import { normalInterval } from './normal-interval.js';
import { wilson } from './proportions.js';
import { scoreBasis } from './score-basis.js';
import type { Stratum } from './stratum.js';
import { meanInterval } from './welch.js';

/** An arm's mean with both intervals. */
export interface ArmMean {
  readonly mean: Estimate;
  readonly oneLook: Interval;
  readonly anytime: Interval;
  /** (sum w)^2 / sum w^2 of the weights its trials carry; null without trials. */
  readonly effectiveN: number | null;
}

/**
 * An arm's mean while weights move: the AIPW mean with the common weight of the contrasts, so that the differences
 * in the table are the contrasts. Under a trend it is a mean over versions weighted by h, not over trials; per-arm
 * weights would be narrower but are right only where nothing drifts, which nobody has declared.
 *
 * @param strata one metric's strata
 * @param arm index of the arm
 * @param compared the arms that share the weight, this one among them
 * @example
 * armMeanAdaptive([], 0, [0]).mean.status // => 'insufficient'
 */
export function armMeanAdaptive(
  strata: readonly Stratum[],
  arm: number,
  compared: readonly number[],
  options: WeightedOptions = {},
): ArmMean {
  const used = strata.filter((stratum) => compared.every((k) => stratum.p[k]! > 0));
  const weigh = commonWeight(compared);
  const basisOf = scoreBasis(options.missing ?? 'zero', used, weigh);
  const sums = aipwFromStrata(used, (stratum) => armScore(basisOf(stratum), arm), weigh);
  const draws = used.reduce((sum, stratum) => sum + stratum.cells[arm]!.trials, 0);
  const mean = drawnEstimate(aipwEstimate(sums), [draws]);
  return {
    mean,
    oneLook: normalInterval(mean, 'common-weight AIPW, normal', options.alpha ?? 0.05),
    anytime: asymptoticInterval(mean, sums.trials, [draws], { ...options, ...eventsIn(used, [arm], options.type) }),
    effectiveN: effectiveTrials(used, arm, weigh),
  };
}

/**
 * Kish's effective number of an arm's trials: (sum w)^2 / sum w^2 with w = h / p over the trials of that arm.
 *
 * @returns null when the arm has no trial with a positive weight
 * @example
 * effectiveTrials([], 0, () => 1) // => null
 */
export function effectiveTrials(strata: readonly Stratum[], arm: number, weigh: Weighting): number | null {
  let sum = 0;
  let squares = 0;
  for (const { p, cells } of strata) {
    const h = weigh(p);
    const n = cells[arm]!.trials;
    if (h <= 0 || n === 0 || p[arm]! <= 0) continue;
    const w = h / p[arm]!;
    sum += n * w;
    squares += n * w * w;
  }
  return squares > 0 ? (sum * sum) / squares : null;
}

/**
 * An arm's mean under constant weights: the plain mean, Wilson's interval for binary metrics and Student's t for the
 * others, and the anytime interval on the plain mean.
 *
 * @param sample the arm's closed trials
 * @param type of the metric
 * @example
 * armMeanConstant({ count: 0, mean: 0, m2: 0 }, 'binary').mean.value // => null
 */
export function armMeanConstant(sample: Moments, type: Metric['type'], options: AsymptoticOptions = {}): ArmMean {
  const alpha = options.alpha ?? 0.05;
  const { mean, oneLook } = meanInterval(sample, alpha);
  return {
    mean,
    oneLook:
      type === 'binary' ? wilson({ successes: sample.count * sample.mean, trials: sample.count }, alpha) : oneLook,
    anytime: asymptoticInterval(mean, sample.count, [sample.count], options),
    effectiveN: sample.count === 0 ? null : sample.count,
  };
}
