import type { Moments } from '@armature/sdk/policies';
import type { Metric } from '@armature/sdk/protocol';
import { aipwEstimate, aipwFromStrata, drawnEstimate } from './aipw.js';
import { type AsymptoticOptions, asymptoticInterval } from './asymptotic-cs.js';
import { commonWeight, eventsIn, type WeightedOptions } from './common-weight-contrast.js';
import { effectiveProportion, effectiveWilson } from './effective-proportions.js';
import { effectiveTrials } from './effective-trials.js';
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
  const effectiveN = effectiveTrials(used, arm, weigh);
  const alpha = options.alpha ?? 0.05;
  const asked = eventsIn(used, [arm], options.type);
  const proportion = options.type === 'binary' ? effectiveProportion(mean, effectiveN) : null;
  return {
    mean,
    oneLook:
      proportion === null
        ? normalInterval(mean, 'common-weight AIPW, normal', alpha, asked.events)
        : effectiveWilson(proportion, alpha),
    anytime: asymptoticInterval(mean, sums.trials, [draws], { ...options, ...asked }),
    effectiveN,
  };
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
