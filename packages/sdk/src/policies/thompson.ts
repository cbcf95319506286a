import { probabilityBest } from './best-arm.js';
import type { Cell } from './cells.js';
import { betaPosterior, gammaPosterior, normalInverseGammaPosterior, type Posterior } from './posterior.js';
import { empiricalGammaPrior, empiricalNormalPrior, UNIFORM_PRIOR } from './prior.js';
import { pooledMoments, type RewardScale, rewardMoments } from './reward-moments.js';

/**
 * What is believed before the first trial; what is left out has its default. Beta(alpha, beta) for binary and bounded
 * metrics (default 1, 1); for real ones the mean, known as well as `strength` trials would tell it, and the variance,
 * inverse-gamma of `shape` and `scale`; for counts `shape` events in `rate` trials. The defaults of the last two follow
 * the rewards of all arms: see `empiricalNormalPrior` and `empiricalGammaPrior`.
 */
export interface PriorParameters {
  readonly alpha?: number;
  readonly beta?: number;
  readonly mean?: number;
  readonly strength?: number;
  readonly shape?: number;
  readonly scale?: number;
  readonly rate?: number;
}

/**
 * The posterior of each arm's mean reward: Beta for binary and bounded metrics, Gamma for counts, Student's t (from a
 * normal-inverse-gamma prior) for real ones.
 *
 * @param metric type, range and what a missing reward means
 * @param cells one per arm
 * @param prior see {@link PriorParameters}
 * @throws PolicyError POSTERIOR_INVALID when the rewards do not fit the type or the range
 * @example
 * armPosteriors({ type: 'binary', better: 'higher', missing: 'zero' }, [{ trials: 10, rewarded: 4, mean: 1, m2: 0 }]) // => [{ kind: 'beta', alpha: 5, beta: 7 }]
 */
export function armPosteriors(
  metric: RewardScale,
  cells: readonly Cell[],
  prior: PriorParameters = {},
): readonly Posterior[] {
  if (metric.type === 'binary' || metric.type === 'bounded') {
    const { alpha = UNIFORM_PRIOR.alpha, beta = UNIFORM_PRIOR.beta } = prior;
    const range = metric.type === 'bounded' ? metric.range : undefined;
    const counted = metric.missing === 'zero' ? cells : cells.map((cell) => ({ ...cell, trials: cell.rewarded }));
    return counted.map((cell) => betaPosterior(cell, { alpha, beta }, range));
  }
  const moments = cells.map((cell) => rewardMoments(metric, cell));
  const pooled = pooledMoments(moments);
  if (metric.type === 'count') {
    const { shape, rate } = { ...empiricalGammaPrior(pooled), ...prior };
    return moments.map((arm) => gammaPosterior(arm, { shape, rate }));
  }
  const { mean, ...rest } = prior;
  const normal = { ...empiricalNormalPrior(pooled), ...rest, ...(mean === undefined ? {} : { location: mean }) };
  return moments.map((arm) => normalInverseGammaPosterior(arm, normal));
}

/**
 * Thompson sampling's weights: the probability of each arm to be the best one, by quadrature, not by sampling.
 *
 * @param metric type, range, direction and what a missing reward means
 * @param cells one per arm
 * @param prior see {@link PriorParameters}
 * @returns weights of sum 1
 * @throws PolicyError POSTERIOR_INVALID
 * @see Thompson 1933; Chapelle and Li 2011
 * @example
 * thompsonWeights({ type: 'binary', better: 'higher', missing: 'zero' }, [{ trials: 0, rewarded: 0, mean: 0, m2: 0 }, { trials: 0, rewarded: 0, mean: 0, m2: 0 }]) // => [0.5, 0.5]
 */
export function thompsonWeights(
  metric: RewardScale,
  cells: readonly Cell[],
  prior: PriorParameters = {},
): readonly number[] {
  return probabilityBest(armPosteriors(metric, cells, prior), metric.better);
}
