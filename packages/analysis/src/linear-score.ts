import type { Moments } from '@armature/sdk/policies';

/**
 * A score that is linear in the reward: a trial of arm j with reward R scores `intercept[j] + slope[j] (R - means[j])`.
 * Every estimator with one vector per version is a mean of such scores, so cells give it exactly. The rewards are
 * taken from the plug-in means, so that large rewards cost no digits.
 */
export interface LinearScore {
  readonly means: readonly number[];
  readonly intercept: readonly number[];
  readonly slope: readonly number[];
}

/** What a score is built from: the vector drawn from and the plug-in means, in arm order. */
export interface ScoreBasis {
  readonly p: readonly number[];
  readonly means: readonly number[];
}

/**
 * The AIPW score of arm k: m_k + 1[A = k] (R - m_k) / p_k. Its expectation is arm k's mean whatever m is.
 *
 * @param basis vector and plug-in means
 * @param k arm index with p_k > 0
 * @see Hadad et al. 2021, eq. 5
 * @example
 * armScore({ p: [0.5, 0.5], means: [0.25, 0] }, 0) // => { means: [0.25, 0], intercept: [0.25, 0.25], slope: [2, 0] }
 */
export function armScore({ p, means }: ScoreBasis, k: number): LinearScore {
  const slope = new Array<number>(p.length).fill(0);
  slope[k] = 1 / p[k]!;
  return { means, intercept: new Array<number>(p.length).fill(means[k]!), slope };
}

/**
 * The IPW score of arm k: 1[A = k] R / p_k.
 *
 * @example
 * ipwScore({ p: [0.5, 0.5], means: [0, 3] }, 1) // => { means: [0, 0], intercept: [0, 0], slope: [0, 2] }
 */
export function ipwScore({ p }: ScoreBasis, k: number): LinearScore {
  const zeros = p.map(() => 0);
  return { means: zeros, intercept: zeros, slope: p.map((pk, j) => (j === k ? 1 / pk : 0)) };
}

/** The score of the reward itself: R. */
export function rewardScore({ means }: ScoreBasis): LinearScore {
  return { means, intercept: means, slope: means.map(() => 1) };
}

/**
 * The sum of scores over the same plug-in means, each times its factor; at least one.
 *
 * @example
 * combineScores([[1, { means: [0], intercept: [1], slope: [2] }], [-1, { means: [0], intercept: [0], slope: [3] }]]).slope // => [-1]
 */
export function combineScores(parts: readonly (readonly [factor: number, score: LinearScore])[]): LinearScore {
  const means = parts[0]?.[1].means ?? [];
  return {
    means,
    intercept: means.map((_, j) => parts.reduce((sum, [factor, score]) => sum + factor * score.intercept[j]!, 0)),
    slope: means.map((_, j) => parts.reduce((sum, [factor, score]) => sum + factor * score.slope[j]!, 0)),
  };
}

/** The AIPW score of the contrast of two arms: that of `arm` less that of `against`. */
export function contrastScore(basis: ScoreBasis, arm: number, against: number): LinearScore {
  const { p, means } = basis;
  const intercept = new Array<number>(p.length).fill(means[arm]! - means[against]!);
  const slope = new Array<number>(p.length).fill(0);
  slope[arm]! += 1 / p[arm]!;
  slope[against]! -= 1 / p[against]!;
  return { means, intercept, slope };
}

/** The AIPW score of serving the arms of `among` evenly. */
export function evenSplitScore(basis: ScoreBasis, among: readonly number[]): LinearScore {
  return combineScores(among.map((k) => [1 / among.length, armScore(basis, k)] as const));
}

/**
 * The moments of a score over the trials of a stratum, from each arm's moments alone. On the trials of arm j, with
 * reward mean x_j, the score has mean intercept + slope (x_j - m_j) and sum of squares slope^2 M2_j; the arms' groups are then
 * merged, which loses nothing to cancellation.
 *
 * @example
 * scoreMoments({ means: [0, 0], intercept: [0, 0], slope: [2, 0] }, [{ count: 1, mean: 1, m2: 0 }, { count: 1, mean: 5, m2: 0 }]) // => { count: 2, mean: 1, m2: 2 }
 */
export function scoreMoments(score: LinearScore, arms: readonly Moments[]): Moments {
  // Chan's merge of the arms' groups in place: reports sum scores over every version many times.
  let [total, mean, m2] = [0, 0, 0];
  for (let j = 0; j < arms.length; j++) {
    const arm = arms[j]!;
    if (arm.count === 0) continue;
    const slope = score.slope[j]!;
    const scored = score.intercept[j]! + slope * (arm.mean - score.means[j]!);
    const count = total + arm.count;
    const delta = scored - mean;
    m2 += slope * slope * arm.m2 + (delta * delta * total * arm.count) / count;
    mean = total === 0 ? scored : mean + (delta * arm.count) / count;
    total = count;
  }
  return { count: total, mean, m2 };
}
