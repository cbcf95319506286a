import type { Moments } from './cells.js';
import { PolicyError } from './policy-error.js';
import { shareOfBest } from './share-of-best.js';

/**
 * Epsilon-greedy weights: (1 - epsilon) on the arm with the greatest mean, shared where means tie, and epsilon spread
 * evenly over all K arms. An arm without trials has no mean: exploration finds it, unless no arm has any, and then all
 * tie. So an arm whose rewards are lost cannot draw the traffic to itself.
 *
 * @param arms moments of each arm's trials, greater means being better
 * @param epsilon share of exploration, in [0, 1]
 * @returns weights of sum 1
 * @throws PolicyError POLICY_INVALID
 * @example
 * epsilonGreedy([{ count: 9, mean: 0.2, m2: 0 }, { count: 9, mean: 0.5, m2: 0 }], 0.5) // => [0.25, 0.75]
 */
export function epsilonGreedy(arms: readonly Moments[], epsilon: number): readonly number[] {
  if (!(epsilon >= 0 && epsilon <= 1)) throw new PolicyError('POLICY_INVALID', `epsilon ${epsilon}`);
  const greedy = shareOfBest(arms.map(({ count, mean }) => (count > 0 ? mean : Number.NEGATIVE_INFINITY)));
  return greedy.map((share) => (1 - epsilon) * share + epsilon / arms.length);
}
