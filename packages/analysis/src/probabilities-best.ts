import { type Cell, PolicyError, thompsonWeights } from '@armature/sdk/policies';
import type { Experiment, Metric } from '@armature/sdk/protocol';

/**
 * The posterior probability of each arm to be the best, from pooled rewards and the policy's own prior: what Thompson
 * sampling would draw from before floors and caps. Arms that the definition no longer has get null, and so do all
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
  const known = arms.flatMap((arm, k) => (experiment.arms.some(({ id }) => id === arm) ? [k] : []));
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
