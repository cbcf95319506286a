import { type Estimate, estimateOf, noEstimate } from './estimate.js';
import { type LinearScore, scoreMoments } from './linear-score.js';
import { addScore, addScores, EMPTY_SUMS, type ScoreSums, sumsVariance } from './score-sums.js';
import { momentsOf, type Stratum, type TrialRow } from './stratum.js';

/** The weight h of a version's trials, from its vector alone, hence fixed before they were drawn; 0 leaves them out. */
export type Weighting = (p: readonly number[]) => number;

/**
 * Every trial the same weight: unbiased for the mean over trials, and wide where an arm was rarely drawn.
 *
 * @example
 * uniformWeight([0.5, 0.5]) // => 1
 */
export const uniformWeight: Weighting = () => 1;

/**
 * Weight 1 where every arm of `compared` could be drawn, 0 elsewhere.
 *
 * @example
 * uniformOver([0, 1])([0, 1]) // => 0
 */
export function uniformOver(compared: readonly number[]): Weighting {
  return (p) => (compared.every((k) => p[k]! > 0) ? 1 : 0);
}

/**
 * AIPW sums from strata, by the algebra of cells: equal to those from the rows to 1e-12.
 *
 * @param strata one metric's strata
 * @param score builds the score from a stratum's vector and plug-in means, such as `armScore` of one arm; called only where the weight is positive
 * @param weigh the weight of a stratum's trials
 */
export function aipwFromStrata(
  strata: Iterable<Stratum>,
  score: (stratum: Stratum) => LinearScore,
  weigh: Weighting = uniformWeight,
): ScoreSums {
  let sums = EMPTY_SUMS;
  for (const stratum of strata) {
    const h = weigh(stratum.p);
    if (h > 0) sums = addScores(sums, h, scoreMoments(score(stratum), momentsOf(stratum)));
  }
  return sums;
}

/** What the rows are asked for: an arm's mean, or the contrast of two arms. */
export interface RowTarget {
  readonly arm: number;
  readonly against?: number;
  /** What a row without reward means. Default `zero`. */
  readonly missing?: 'zero' | 'ignored';
}

/**
 * AIPW sums from rows, one pass, streaming: G_k = m_k + 1[A = k] (R - m_k) / p_k for each row's own vector.
 * A row is a trial, one per randomisation unit; decisions of `unit` or `sticky` experiments are not trials.
 *
 * @param rows trials in any order
 * @param target the arm, or the arm and the one it is compared against
 * @param weigh the weight of a row, from its vector
 */
export function aipwFromRows(rows: Iterable<TrialRow>, target: RowTarget, weigh: Weighting = uniformWeight): ScoreSums {
  let sums = EMPTY_SUMS;
  for (const row of rows) {
    if (row.reward === undefined && target.missing === 'ignored') continue;
    const h = weigh(row.p);
    if (h <= 0) continue;
    const reward = row.reward ?? 0;
    const of = rowScore(row, target.arm, reward);
    sums = addScore(sums, h, target.against === undefined ? of : of - rowScore(row, target.against, reward));
  }
  return sums;
}

function rowScore(row: TrialRow, k: number, reward: number): number {
  const m = row.means[k]!;
  return row.arm === k ? m + (reward - m) / row.p[k]! : m;
}

/**
 * The estimate the sums hold: Q = sum h s / sum h with standard error sqrt(sum h^2 (s - Q)^2) / sum h.
 *
 * @example
 * aipwEstimate(EMPTY_SUMS).reason // => 'no trial has closed'
 */
export function aipwEstimate(sums: ScoreSums): Estimate {
  const variance = sumsVariance(sums);
  if (variance === null) return noEstimate('insufficient', 'no trial has closed');
  if (sums.trials < 2)
    return { ...estimateOf(sums.mean, null), status: 'insufficient', reason: 'one trial has closed' };
  return estimateOf(sums.mean, Math.sqrt(variance));
}

/**
 * The estimate, where every arm it rests on was drawn: an arm that never was has nothing but its plug-in mean, and one
 * that was drawn once has no spread.
 *
 * @param draws closed trials of each arm that the estimate is about
 * @example
 * drawnEstimate(estimateOf(0.5, 0.1), [400, 0]).reason // => 'an arm has no closed trial'
 */
export function drawnEstimate(estimate: Estimate, draws: readonly number[]): Estimate {
  if (estimate.value === null) return estimate;
  const fewest = Math.min(...draws);
  if (fewest === 0) return noEstimate('insufficient', 'an arm has no closed trial');
  if (fewest > 1) return estimate;
  return { ...estimateOf(estimate.value, null), status: 'insufficient', reason: 'an arm has one closed trial' };
}
