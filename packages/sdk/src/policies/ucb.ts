import type { Moments } from './cells.js';
import { klUcb } from './kl-ucb.js';
import { PolicyError } from './policy-error.js';
import { shareOfBest } from './share-of-best.js';

export type UcbVariant = 'ucb1' | 'ucb1-tuned' | 'kl-ucb';

/**
 * The UCB1 index: mean + sqrt(c ln t / n).
 *
 * @param mean mean reward of the arm, in [0, 1]
 * @param n its pulls, >= 0; without a pull the index is infinite
 * @param t pulls of all arms, >= n
 * @param c width of the bound, >= 0; 1 or .5 lose less in practice @default 2
 * @see Auer, Cesa-Bianchi and Fischer 2002, figure 1
 * @example
 * ucb1(0.5, 10, 100).toFixed(4) // => '1.4597'
 */
export function ucb1(mean: number, n: number, t: number, c = 2): number {
  return n === 0 ? Number.POSITIVE_INFINITY : mean + Math.sqrt((c * Math.log(Math.max(1, t))) / n);
}

/**
 * The UCB1-Tuned index: mean + sqrt(c (ln t / n) min(1/4, V)) with V = M2 / n + sqrt(2 ln t / n): narrower than UCB1
 * where the rewards vary little.
 *
 * @param moments moments of the arm's rewards, in [0, 1]; without a pull the index is infinite
 * @param t pulls of all arms
 * @param c width of the bound, >= 0 @default 1
 * @see Auer, Cesa-Bianchi and Fischer 2002, section 4
 * @example
 * ucb1Tuned({ count: 10, mean: 0.5, m2: 2.5 }, 100).toFixed(4) // => '0.8393'
 */
export function ucb1Tuned({ count, mean, m2 }: Moments, t: number, c = 1): number {
  if (count === 0) return Number.POSITIVE_INFINITY;
  const log = Math.log(Math.max(1, t));
  const variance = m2 / count + Math.sqrt((2 * log) / count);
  return mean + Math.sqrt(((c * log) / count) * Math.min(0.25, variance));
}

/**
 * Weights of an upper-confidence-bound policy: all on the arm of the greatest index, shared where several tie, such as
 * arms that have never been pulled. One-hot weights tell nothing about the other arms, so serve them over a floor.
 *
 * @param variant which index
 * @param c its constant: see {@link ucb1}, {@link ucb1Tuned}, {@link klUcb}
 * @param arms moments of each arm's rewards, scaled to [0, 1], greater being better
 * @returns weights of sum 1
 * @throws PolicyError POLICY_INVALID
 * @example
 * ucbWeights('ucb1', 2, [{ count: 100, mean: 0.5, m2: 25 }, { count: 10, mean: 0.4, m2: 2.4 }]) // => [0, 1]
 */
export function ucbWeights(variant: UcbVariant, c: number, arms: readonly Moments[]): readonly number[] {
  if (!(c >= 0 && c < Number.POSITIVE_INFINITY)) throw new PolicyError('POLICY_INVALID', `c ${c}`);
  const t = arms.reduce((sum, { count }) => sum + count, 0);
  const index = (arm: Moments): number => {
    if (variant === 'ucb1-tuned') return ucb1Tuned(arm, t, c);
    return variant === 'kl-ucb' ? klUcb(arm.mean, arm.count, t, c) : ucb1(arm.mean, arm.count, t, c);
  };
  return shareOfBest(arms.map(index));
}
