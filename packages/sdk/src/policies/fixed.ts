import { PolicyError } from './policy-error.js';

/**
 * The weights of an A/B test: the declared shares, scaled to sum 1.
 *
 * @param shares finite numbers >= 0, one per arm, one of them > 0
 * @returns weights of sum 1
 * @throws PolicyError WEIGHTS_INVALID
 * @example
 * fixedWeights([1, 3]) // => [0.25, 0.75]
 */
export function fixedWeights(shares: readonly number[]): readonly number[] {
  const total = shares.reduce((sum, share) => sum + share, 0);
  if (!(total > 0 && total < Number.POSITIVE_INFINITY) || shares.some((share) => !(share >= 0))) {
    throw new PolicyError('WEIGHTS_INVALID', JSON.stringify(shares.map(String)));
  }
  return shares.map((share) => share / total);
}
