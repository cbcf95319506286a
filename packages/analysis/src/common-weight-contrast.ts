import { EMPTY_CELL, merge } from '@armature/sdk/policies';
import type { Metric } from '@armature/sdk/protocol';
import {
  aipwEstimate,
  aipwFromRows,
  aipwFromStrata,
  drawnEstimate,
  type RowTarget,
  uniformOver,
  type Weighting,
} from './aipw.js';
import { type AsymptoticOptions, asymptoticInterval } from './asymptotic-cs.js';
import { effectiveProportion, effectiveProportions } from './effective-proportions.js';
import { effectiveTrials } from './effective-trials.js';
import type { Estimate, Interval } from './estimate.js';
import { eventsOf } from './events.js';
import { armScore, contrastScore } from './linear-score.js';
import { normalInterval, twoSidedP } from './normal-interval.js';
import { scoreBasis } from './score-basis.js';
import type { ScoreSums } from './score-sums.js';
import type { Stratum, TrialRow } from './stratum.js';

/**
 * One weight for all arms of a version: h = (sum over the compared arms of 1 / p_k)^(-1/2), 0 where one of them could
 * not be drawn. A trend moves all arms of a version alike, so that it cancels in the contrast; weights of each
 * arm's own do not let it cancel (they covered 43 % instead of 95 % under a daily trend).
 *
 * @param compared indices of the arms compared, at least one
 * @see `docs/statistics.md`
 * @example
 * commonWeight([0, 1])([0.5, 0.5]) // => 0.5
 */
export function commonWeight(compared: readonly number[]): Weighting {
  return (p) => {
    const sum = compared.reduce((total, k) => total + (p[k]! > 0 ? 1 / p[k]! : Number.POSITIVE_INFINITY), 0);
    return sum > 0 ? 1 / Math.sqrt(sum) : 0;
  };
}

/** Options of the estimators that weigh versions. */
export interface WeightedOptions extends AsymptoticOptions {
  /** What a missing reward means: see `scoreBasis`. Default `zero`. */
  readonly missing?: Metric['missing'];
  /** Of the metric: what counts as an event of an arm (`eventsOf`). Default: events are not asked. */
  readonly type?: Metric['type'];
}

/** A contrast with all that a report shows of it. */
export interface AdaptiveContrast {
  readonly sums: ScoreSums;
  readonly difference: Estimate;
  readonly oneLook: Interval;
  readonly anytime: Interval;
  /** Two-sided p of the one-look test; null where there is none. */
  readonly p: number | null;
  /** The same contrast with every trial weighing the same. */
  readonly unweighted: { readonly difference: Estimate; readonly oneLook: Interval };
  readonly draws: { readonly arm: number; readonly against: number };
}

/**
 * The contrast of two arms from data whose weights moved: common-weight AIPW, Q = sum h (G_arm - G_against) / sum h.
 *
 * @param strata one metric's strata
 * @param arm index of the arm
 * @param against index of the arm it is compared against
 * @param compared the arms that share the weight, these two among them; versions without one of them are left out
 * @example
 * const stratum = { version: '1.1', rule: 'policy', arms: ['a', 'b'], p: [0.5, 0.5], means: [0, 0], from: 0, to: 0, opened: [2, 2], cells: [{ trials: 2, rewarded: 1, mean: 1, m2: 0 }, { trials: 2, rewarded: 2, mean: 1, m2: 0 }] };
 * commonWeightContrast([stratum], 1, 0, [0, 1]).difference.value // => 0.5
 */
export function commonWeightContrast(
  strata: readonly Stratum[],
  arm: number,
  against: number,
  compared: readonly number[],
  options: WeightedOptions = {},
): AdaptiveContrast {
  const used = strata.filter((stratum) => compared.every((k) => stratum.p[k]! > 0));
  const draws = { arm: drawsOf(used, arm), against: drawsOf(used, against) };
  const headline = weighted(used, arm, against, commonWeight(compared), 'common-weight AIPW', options);
  const uniform = weighted(used, arm, against, uniformOver(compared), 'unweighted AIPW', options);
  return {
    ...headline,
    anytime: asymptoticInterval(headline.difference, headline.sums.trials, [draws.arm, draws.against], {
      ...options,
      ...eventsIn(used, [arm, against], options.type),
    }),
    unweighted: { difference: uniform.difference, oneLook: uniform.oneLook },
    draws,
  };
}

/**
 * The anytime intervals of the same contrast at several levels, and nothing else of it.
 *
 * @param alphas probabilities of ever missing, each in (0, 1)
 */
export function commonWeightAnytime(
  strata: readonly Stratum[],
  arm: number,
  against: number,
  compared: readonly number[],
  alphas: readonly number[],
  { missing = 'zero', type }: Pick<WeightedOptions, 'missing' | 'type'> = {},
): readonly Interval[] {
  const used = strata.filter((stratum) => compared.every((k) => stratum.p[k]! > 0));
  const sums = contrastSums(used, arm, against, commonWeight(compared), missing);
  const draws = [drawsOf(used, arm), drawsOf(used, against)];
  const difference = drawnEstimate(aipwEstimate(sums), draws);
  const events = eventsIn(used, [arm, against], type);
  return alphas.map((alpha) => asymptoticInterval(difference, sums.trials, draws, { alpha, ...events }));
}

function contrastSums(
  used: readonly Stratum[],
  arm: number,
  against: number,
  weigh: Weighting,
  missing: Metric['missing'],
): ScoreSums {
  const basisOf = scoreBasis(missing, used, weigh);
  return aipwFromStrata(used, (stratum) => contrastScore(basisOf(stratum), arm, against), weigh);
}

/** Closed trials of an arm. */
function drawsOf(strata: readonly Stratum[], k: number): number {
  return strata.reduce((sum, stratum) => sum + stratum.cells[k]!.trials, 0);
}

/** One weighting's contrast: the normal interval, or that of two proportions where the rewards are 0 and 1. */
function weighted(
  used: readonly Stratum[],
  arm: number,
  against: number,
  weigh: Weighting,
  name: string,
  { missing = 'zero', type, alpha = 0.05 }: WeightedOptions,
): Pick<AdaptiveContrast, 'sums' | 'difference' | 'oneLook' | 'p'> {
  const sums = contrastSums(used, arm, against, weigh, missing);
  const difference = drawnEstimate(aipwEstimate(sums), [drawsOf(used, arm), drawsOf(used, against)]);
  if (type === 'binary') {
    const basisOf = scoreBasis(missing, used, weigh);
    const meanOf = (k: number): Estimate => {
      const own = aipwFromStrata(used, (stratum) => armScore(basisOf(stratum), k), weigh);
      return drawnEstimate(aipwEstimate(own), [drawsOf(used, k)]);
    };
    const means = [meanOf(against), meanOf(arm)] as const;
    const shrink = varianceRatio(difference, means);
    const a = effectiveProportion(means[0], effectiveTrials(used, against, weigh), shrink);
    const b = effectiveProportion(means[1], effectiveTrials(used, arm, weigh), shrink);
    if (a !== null && b !== null) return { sums, difference, ...effectiveProportions(a, b, alpha) };
  }
  const { events } = eventsIn(used, [arm, against], type);
  const oneLook = normalInterval(difference, `${name}, normal`, alpha, events);
  return { sums, difference, oneLook, p: oneLook.status === 'insufficient' ? null : twoSidedP(difference) };
}

/**
 * The variances of two means over that of their difference, at most 1. Where plug-in means lag behind the rates, what a
 * trial lets the one arm gain it lets the other lose: the difference varies more than two independent means would.
 */
function varianceRatio({ standardError }: Estimate, [a, b]: readonly [Estimate, Estimate]): number {
  if (!standardError || a.standardError === null || b.standardError === null) return 1;
  return Math.min(1, (a.standardError ** 2 + b.standardError ** 2) / standardError ** 2);
}

/** The events of arms over strata, as an option of the anytime interval. */
export function eventsIn(
  strata: readonly Stratum[],
  arms: readonly number[],
  type: Metric['type'] | undefined,
): Pick<AsymptoticOptions, 'events'> {
  if (type === undefined) return {};
  return {
    events: arms.map((k) =>
      eventsOf(
        type,
        strata.reduce((cell, { cells }) => merge(cell, cells[k]!), EMPTY_CELL),
      ),
    ),
  };
}

/** The sums of the same contrast from rows, streaming. */
export function commonWeightSumsFromRows(
  rows: Iterable<TrialRow>,
  target: RowTarget,
  compared: readonly number[],
): ScoreSums {
  return aipwFromRows(rows, target, commonWeight(compared));
}
