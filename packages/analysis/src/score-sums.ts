import type { Moments } from '@armature/sdk/policies';

/**
 * Running sums of scores s_t with weights h_t: enough for the weighted mean Q = sum h s / sum h and for
 * sum h^2 (s - Q)^2, in one pass and mergeable, kept centred so that large rewards cost no digits.
 */
export interface ScoreSums {
  readonly trials: number;
  /** sum h. */
  readonly weight: number;
  /** sum h s / sum h. */
  readonly mean: number;
  /** sum h^2. */
  readonly squareWeight: number;
  /** sum h^2 s / sum h^2. */
  readonly squareMean: number;
  /** sum h^2 (s - squareMean)^2. */
  readonly squareM2: number;
}

export const EMPTY_SUMS: ScoreSums = Object.freeze({
  trials: 0,
  weight: 0,
  mean: 0,
  squareWeight: 0,
  squareMean: 0,
  squareM2: 0,
});

/**
 * Adds one trial's score with weight h > 0.
 *
 * @example
 * addScore(EMPTY_SUMS, 2, 5).mean // => 5
 */
export function addScore(sums: ScoreSums, h: number, score: number): ScoreSums {
  return addScores(sums, h, { count: 1, mean: score, m2: 0 });
}

/** Adds the scores of a stratum, all with weight h > 0, from their moments. */
export function addScores(sums: ScoreSums, h: number, scores: Moments): ScoreSums {
  if (scores.count === 0) return sums;
  const square = h * h;
  return mergeSums(sums, {
    trials: scores.count,
    weight: h * scores.count,
    mean: scores.mean,
    squareWeight: square * scores.count,
    squareMean: scores.mean,
    squareM2: square * scores.m2,
  });
}

/** Merges the sums of two sets of trials: associative and commutative up to rounding. */
export function mergeSums(a: ScoreSums, b: ScoreSums): ScoreSums {
  if (a.trials === 0) return b;
  if (b.trials === 0) return a;
  const weight = a.weight + b.weight;
  const squareWeight = a.squareWeight + b.squareWeight;
  const delta = b.squareMean - a.squareMean;
  return {
    trials: a.trials + b.trials,
    weight,
    mean: a.mean + ((b.mean - a.mean) * b.weight) / weight,
    squareWeight,
    squareMean: a.squareMean + (delta * b.squareWeight) / squareWeight,
    squareM2: a.squareM2 + b.squareM2 + (delta * delta * a.squareWeight * b.squareWeight) / squareWeight,
  };
}

/**
 * The variance of the weighted mean: sum h^2 (s - Q)^2 / (sum h)^2; null without trials.
 *
 * @see Hadad et al. 2021, eq. 13
 * @example
 * sumsVariance(addScore(addScore(EMPTY_SUMS, 1, 0), 1, 2)) // => 0.5
 */
export function sumsVariance(sums: ScoreSums): number | null {
  if (sums.trials === 0) return null;
  const offset = sums.squareMean - sums.mean;
  return (sums.squareM2 + sums.squareWeight * offset * offset) / (sums.weight * sums.weight);
}
