import { allocate, policyWeights, type WeightsPolicy } from '@armature/sdk/policies';
import type { Assign, Experiment, Metric } from '@armature/sdk/protocol';
import type { SimulatedPolicy } from '../simulate.js';

const DAY_MS = 86_400_000;

/** What a simulated experiment declares, apart from its arms. */
export interface Declaration {
  readonly assign: Assign;
  /** With `assign: unit`: a draw in each period. */
  readonly periods?: boolean;
  readonly policy: Experiment['policy'];
  readonly floor: number;
  readonly type: Metric['type'];
  /** The shares of a fixed policy. */
  readonly shares?: readonly number[];
}

/** The metric every simulated experiment learns from. */
export function simulatedMetric(type: Metric['type']): Metric {
  return {
    name: 'reward',
    type,
    better: 'higher',
    windowMs: 600_000,
    latenessMs: 60_000,
    missing: 'zero',
    maturity: 'closed',
    combine: type === 'binary' ? 'max' : 'sum',
    attribute: 'last',
    ...(type === 'binary' ? { range: [0, 1] as const } : {}),
  };
}

/** The definition as production would hold it. */
export function simulatedExperiment(arms: readonly string[], declaration: Declaration): Experiment {
  const { assign, periods = false, policy, floor, type, shares = [] } = declaration;
  return {
    id: 'simulated',
    description: '',
    owner: '',
    status: 'running',
    control: arms[0]!,
    arms: arms.map((id, k) => ({ id, value: id, weight: shares[k] ?? 1, off: false })),
    assign,
    reassignMs: periods ? DAY_MS : null,
    policy,
    floor,
    updateMs: 1000,
    adjust: 'none',
    reward: 'reward',
    metrics: [simulatedMetric(type)],
    guardrails: [],
    audience: [],
    overrides: [],
    traffic: 1,
    salt: 'simulated',
    hash: 1,
  };
}

/** The weights that production would serve: the policy's, with its floor. */
export function simulatedPolicy({ policy, floor, type, shares }: Declaration): SimulatedPolicy {
  const metric = simulatedMetric(type);
  return (seen) => {
    const weights = policyWeights(policy as WeightsPolicy, metric, seen, shares ?? seen.map(() => 1));
    // An arm far behind may come out of the quadrature at -1e-13.
    return allocate({ weights: weights.map((weight) => Math.max(0, weight)), floor, control: 0 }).p;
  };
}
