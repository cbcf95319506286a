import { type Moments, withZeros } from '@armature/sdk/policies';
import type { Metric } from '@armature/sdk/protocol';
import { type AsymptoticOptions, asymptoticInterval } from './asymptotic-cs.js';
import { commonWeightAnytime, commonWeightContrast, eventsIn } from './common-weight-contrast.js';
import type { Interval } from './estimate.js';
import { twoProportions } from './proportions.js';
import type { ContrastReport } from './report.js';
import { isConstant, poolArms, type Stratum, trialsOf } from './stratum.js';
import { welch } from './welch.js';

/** One metric's data, prepared for comparing arms. */
export interface ComparisonData {
  readonly metric: Metric;
  readonly strata: readonly Stratum[];
  /** Whether one vector served every version: it chooses the estimator. */
  readonly constant: boolean;
  /** Each arm's closed trials, pooled. */
  readonly pooled: readonly Moments[];
  /** Arms that could be drawn wherever control could: they share one weight. */
  readonly common: readonly number[];
}

/** A contrast apart from the names of its arms. */
export type ContrastNumbers = Omit<ContrastReport, 'arm' | 'against' | 'relative'>;

/**
 * Prepares one metric's strata.
 *
 * @param metric its declaration
 * @param strata its strata, merged by version
 * @param arms the strata's arms; they count also where there is no stratum
 * @param control index of the control arm
 */
export function comparisonData(
  metric: Metric,
  strata: readonly Stratum[],
  arms: readonly string[],
  control: number,
): ComparisonData {
  const base = strata.filter((stratum) => stratum.p[control]! > 0 && trialsOf(stratum) > 0);
  const common = arms.flatMap((_, k) => (base.length > 0 && base.every(({ p }) => p[k]! > 0) ? [k] : []));
  return { metric, strata, constant: isConstant(strata), pooled: poolArms(strata, arms).map(withZeros), common };
}

/**
 * The arms that share the weight when these are compared: all that could always be drawn; just these where one
 * of them was added or killed on the way, so that it costs the others no data.
 */
export function comparedWith(data: ComparisonData, arms: readonly number[]): readonly number[] {
  return arms.every((k) => data.common.includes(k)) ? data.common : arms;
}

/**
 * Compares two arms by the estimator the weights call for: difference of means (two proportions or Welch) while
 * they stood still, common-weight AIPW once they moved.
 *
 * @param data one metric's data
 * @param arm index of the arm
 * @param against index of the arm it is compared against
 */
export function contrastOf(
  data: ComparisonData,
  arm: number,
  against: number,
  options: AsymptoticOptions = {},
): ContrastNumbers {
  return data.constant ? constantContrast(data, arm, against, options) : movingContrast(data, arm, against, options);
}

/**
 * The anytime intervals of a contrast at several levels, and nothing else of it.
 *
 * @param data one metric's data
 * @param arm index of the arm
 * @param against index of the arm it is compared against
 * @param alphas probabilities of ever missing, each in (0, 1)
 */
export function anytimeContrast(
  data: ComparisonData,
  arm: number,
  against: number,
  alphas: readonly number[],
): readonly Interval[] {
  const { metric, strata, constant, pooled } = data;
  const [a, b] = [pooled[against]!, pooled[arm]!];
  const { type, missing } = metric;
  if (!constant)
    return commonWeightAnytime(strata, arm, against, comparedWith(data, [arm, against]), alphas, { type, missing });
  const { difference } = welch(a, b);
  const events = eventsIn(strata, [arm, against], type);
  return alphas.map((alpha) =>
    asymptoticInterval(difference, a.count + b.count, [b.count, a.count], { alpha, ...events }),
  );
}

function constantContrast(
  { metric, strata, pooled }: ComparisonData,
  arm: number,
  against: number,
  options: AsymptoticOptions,
): ContrastNumbers {
  const [a, b] = [pooled[against]!, pooled[arm]!];
  const plain = welch(a, b, options.alpha);
  const test =
    metric.type === 'binary'
      ? twoProportions(
          { successes: Math.round(a.count * a.mean), trials: a.count },
          { successes: Math.round(b.count * b.mean), trials: b.count },
          options.alpha,
        )
      : plain;
  const trials = a.count + b.count;
  return {
    ...test,
    anytime: asymptoticInterval(plain.difference, trials, [b.count, a.count], {
      ...options,
      ...eventsIn(strata, [arm, against], metric.type),
    }),
    unweighted: null,
    naive: naiveDifference(a, b),
    trials,
    draws: { arm: b.count, against: a.count },
  };
}

function movingContrast(
  data: ComparisonData,
  arm: number,
  against: number,
  options: AsymptoticOptions,
): ContrastNumbers {
  const { sums, ...contrast } = commonWeightContrast(data.strata, arm, against, comparedWith(data, [arm, against]), {
    ...options,
    missing: data.metric.missing,
    type: data.metric.type,
  });
  return {
    ...contrast,
    naive: naiveDifference(data.pooled[against]!, data.pooled[arm]!),
    trials: sums.trials,
  };
}

function naiveDifference(a: Moments, b: Moments): number | null {
  return a.count === 0 || b.count === 0 ? null : b.mean - a.mean;
}
