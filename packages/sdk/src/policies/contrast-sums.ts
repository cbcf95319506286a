import type { Moments } from './cells.js';

/**
 * The trials that were drawn from one vector, in sufficient statistics. A trial of arm A with reward R scores
 * G_k = m_k + 1[A = k] (R - m_k) / p_k for arm k: unbiased for its mean whatever m is (AIPW; IPW where m = 0).
 */
export interface ScoredStratum {
  /** The vector the trials were drawn from. */
  readonly p: readonly number[];
  /** The m_k: fixed before the draw. */
  readonly means: readonly number[];
  /** Moments of each arm's rewards over all its trials, those without a reward counting as zeros. */
  readonly arms: readonly Moments[];
}

/** N: the trials of all arms. */
export function scoredTrials({ arms }: ScoredStratum): number {
  return arms.reduce((sum, arm) => sum + arm.count, 0);
}

/** D_k / p_k, with D_k = S_k - m_k n_k written as n_k (x_k - m_k), which loses no digits to large rewards. */
function correction({ p, means, arms }: ScoredStratum, k: number): number {
  const { count, mean } = arms[k]!;
  return count === 0 ? 0 : (count * (mean - means[k]!)) / p[k]!;
}

/**
 * Sum over all trials of G_k: N m_k + D_k / p_k.
 *
 * @param stratum the trials
 * @param k an arm with p_k > 0
 * @example
 * scoreSum({ p: [0.5, 0.5], means: [0, 0], arms: [{ count: 2, mean: 3, m2: 0 }, { count: 1, mean: 9, m2: 0 }] }, 0) // => 12
 */
export function scoreSum(stratum: ScoredStratum, k: number): number {
  return scoredTrials(stratum) * stratum.means[k]! + correction(stratum, k);
}

/**
 * Sum over all trials of (G_k - q)^2:
 * N (m_k - q)^2 + 2 (m_k - q) D_k / p_k + [M2_k + n_k (x_k - m_k)^2] / p_k^2.
 *
 * @param stratum the trials
 * @param k an arm with p_k > 0
 * @param q what the scores are measured from, such as the estimate of arm k
 * @example
 * scoreSquares({ p: [0.5, 0.5], means: [0, 0], arms: [{ count: 2, mean: 3, m2: 0 }, { count: 1, mean: 9, m2: 0 }] }, 0, 4) // => 24
 */
export function scoreSquares(stratum: ScoredStratum, k: number, q: number): number {
  const { count, mean, m2 } = stratum.arms[k]!;
  const p = stratum.p[k]!;
  const m = stratum.means[k]!;
  const own = count === 0 ? 0 : (m2 + count * (mean - m) * (mean - m)) / (p * p);
  return scoredTrials(stratum) * (m - q) * (m - q) + 2 * (m - q) * correction(stratum, k) + own;
}

/**
 * Sum over all trials of (G_a - qa)(G_b - qb) for two different arms: N m'_a m'_b + m'_a D_b / p_b + m'_b D_a / p_a,
 * with m' = m - q.
 *
 * @param stratum the trials
 * @param a an arm with p_a > 0
 * @param b another arm with p_b > 0
 * @param qa what the scores of a are measured from
 * @param qb what the scores of b are measured from
 * @example
 * scoreProducts({ p: [0.5, 0.5], means: [0, 0], arms: [{ count: 2, mean: 3, m2: 0 }, { count: 1, mean: 9, m2: 0 }] }, 0, 1, 4, 6) // => -72
 */
export function scoreProducts(stratum: ScoredStratum, a: number, b: number, qa: number, qb: number): number {
  const ma = stratum.means[a]! - qa;
  const mb = stratum.means[b]! - qb;
  return scoredTrials(stratum) * ma * mb + ma * correction(stratum, b) + mb * correction(stratum, a);
}

/** The running sums of a weighted contrast, the same weight h for all arms of a stratum. They add over strata. */
export interface ContrastSums {
  /** sum of h over the trials. */
  readonly weight: number;
  /** sum of h (G_b - G_a). */
  readonly score: number;
  /** sum of h^2 (G_b - G_a - (qb - qa))^2. */
  readonly squares: number;
}

/**
 * What a stratum adds to the contrast of two arms, Q = sum h (G_b - G_a) / sum h, with the common weight
 * h = (sum over the compared arms of 1 / p_k)^(-1/2). A stratum that could not draw every compared arm adds nothing.
 *
 * @param stratum the trials
 * @param a the arm compared against
 * @param b the arm
 * @param q estimates of the two arms' means to measure the squares from, as [qa, qb]; near the truth no digits are lost
 * @param compared the arms that share the weight @default the two
 * @example
 * contrastSums({ p: [0.5, 0.5], means: [0, 0], arms: [{ count: 2, mean: 3, m2: 0 }, { count: 1, mean: 9, m2: 0 }] }, 0, 1, [4, 6]) // => { weight: 1.5, score: 3, squares: 96 }
 */
export function contrastSums(
  stratum: ScoredStratum,
  a: number,
  b: number,
  [qa, qb]: readonly [number, number],
  compared: readonly number[] = [a, b],
): ContrastSums {
  if (compared.some((k) => !(stratum.p[k]! > 0))) return { weight: 0, score: 0, squares: 0 };
  const h = 1 / Math.sqrt(compared.reduce((sum, k) => sum + 1 / stratum.p[k]!, 0));
  const squares =
    scoreSquares(stratum, a, qa) + scoreSquares(stratum, b, qb) - 2 * scoreProducts(stratum, a, b, qa, qb);
  return {
    weight: h * scoredTrials(stratum),
    score: h * (scoreSum(stratum, b) - scoreSum(stratum, a)),
    squares: h * h * squares,
  };
}
