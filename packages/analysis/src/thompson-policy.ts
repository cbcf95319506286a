import { allocate, thompsonWeights } from '@armature/sdk/policies';
import type { SimulatedPolicy } from './simulate.js';

/**
 * Thompson sampling on Bernoulli arms for simulations, Beta(1, 1), with a floor: the weights production would serve.
 *
 * @param floor least probability of an arm, in [0, 1 / K]
 * @example
 * thompsonPolicy(0.02)([{ trials: 0, rewarded: 0, mean: 0, m2: 0 }, { trials: 0, rewarded: 0, mean: 0, m2: 0 }]) // => [0.5, 0.5]
 */
export function thompsonPolicy(floor: number): SimulatedPolicy {
  return (seen) => {
    const weights = thompsonWeights({ type: 'binary', better: 'higher', missing: 'zero' }, seen);
    // An arm far behind may come out of the quadrature at -1e-13.
    return allocate({ weights: weights.map((weight) => Math.max(0, weight)), floor, control: 0 }).p;
  };
}
