import type { Cell } from './cells.js';
import { epsilonGreedy } from './epsilon-greedy.js';
import { fixedWeights } from './fixed.js';
import { PolicyError } from './policy-error.js';
import { type RewardScale, rewardMoments, rewardRange, scaledMoments } from './reward-moments.js';
import { type PriorParameters, thompsonWeights } from './thompson.js';
import { type UcbVariant, ucbWeights } from './ucb.js';

/** How an experiment turns what it has learned into weights. */
export type WeightsPolicy =
  | { readonly kind: 'fixed' }
  | { readonly kind: 'thompson'; readonly prior?: PriorParameters }
  | { readonly kind: 'ucb'; readonly variant: UcbVariant; readonly c: number }
  | { readonly kind: 'epsilon-greedy'; readonly epsilon: number }
  | { readonly kind: 'linear-thompson' | 'logistic-thompson'; readonly prior?: PriorParameters };

/**
 * The weights of a policy from each arm's statistics. They are what the policy wants: {@link allocate} puts floors and
 * caps on them.
 *
 * @param policy its kind and parameters; the contextual kinds have no weights that hold for every request
 * @param metric what is learnt from; a fixed policy reads none
 * @param cells one merged cell per arm
 * @param shares the arms' declared shares, which a fixed policy serves @default 1 each
 * @returns weights of sum 1, in the order of the cells
 * @throws PolicyError POLICY_INVALID, WEIGHTS_INVALID, POSTERIOR_INVALID, or RANGE_REQUIRED for kl-ucb on a metric
 *   without a range
 * @example
 * policyWeights({ kind: 'fixed' }, undefined, [EMPTY_CELL, EMPTY_CELL], [3, 1]) // => [0.75, 0.25]
 */
export function policyWeights(
  policy: WeightsPolicy,
  metric: RewardScale | undefined,
  cells: readonly Cell[],
  shares: readonly number[] = cells.map(() => 1),
): readonly number[] {
  if (policy.kind === 'fixed') return fixedWeights(shares);
  if (metric === undefined) throw new PolicyError('POLICY_INVALID', `${policy.kind} without a metric`);
  switch (policy.kind) {
    case 'thompson':
      return thompsonWeights(metric, cells, policy.prior);
    case 'ucb':
      if (policy.variant === 'kl-ucb' && rewardRange(metric) === undefined) {
        throw new PolicyError('RANGE_REQUIRED', `a ${metric.type} metric without a range`);
      }
      return ucbWeights(policy.variant, policy.c, scaled(metric, cells));
    case 'epsilon-greedy':
      return epsilonGreedy(scaled(metric, cells), policy.epsilon);
    default:
      throw new PolicyError('POLICY_INVALID', `${policy.kind}, whose weights depend on the request`);
  }
}

function scaled(metric: RewardScale, cells: readonly Cell[]) {
  return scaledMoments(
    metric,
    cells.map((cell) => rewardMoments(metric, cell)),
  );
}
