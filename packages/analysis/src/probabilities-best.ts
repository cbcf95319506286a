import { type Cell, PolicyError, thompsonWeights } from '@armature/sdk/policies';
import type { Experiment, Metric } from '@armature/sdk/protocol';

/**
 * The arms that nothing can be drawn to any more: switched off (`off: true`), or no longer in the definition. An arm that
 * is held back for now, by a cap or a pinned winner, is none of them.
 *
 * @param experiment the newest definition
 * @param arms every arm that has data, or could
 * @example
 * retiredArms({ arms: [{ id: 'a', value: 'a', weight: 1, off: false }] }, ['a', 'b']) // => ['b']
 */
export function retiredArms(experiment: Pick<Experiment, 'arms'>, arms: readonly string[]): readonly string[] {
  return arms.filter((arm) => !experiment.arms.some(({ id, off }) => id === arm && !off));
}

/**
 * The posterior probability of each arm to be the best, from pooled rewards and the policy's own prior: what Thompson
 * sampling would draw from before floors and caps. Retired arms get null, and so do all
 * arms where prior and rewards leave a posterior without any spread.
 *
 * @param experiment its arms, and its prior where the policy has one
 * @param metric the metric that is learnt from
 * @param arms names in the order of the cells
 * @param cells closed trials per arm
 */
export function probabilitiesBest(
  experiment: Pick<Experiment, 'arms' | 'policy'>,
  metric: Metric,
  arms: readonly string[],
  cells: readonly Cell[],
): readonly (number | null)[] {
  const retired = retiredArms(experiment, arms);
  const known = arms.flatMap((arm, k) => (retired.includes(arm) ? [] : [k]));
  const prior = 'prior' in experiment.policy ? experiment.policy.prior : undefined;
  const probabilities = weightsOrNull(
    metric,
    known.map((k) => cells[k]!),
    prior,
  );
  return arms.map((_, k) => probabilities?.[known.indexOf(k)] ?? null);
}

function weightsOrNull(...args: Parameters<typeof thompsonWeights>): readonly number[] | null {
  try {
    return thompsonWeights(...args);
  } catch (error) {
    if (error instanceof PolicyError) return null;
    throw error;
  }
}
