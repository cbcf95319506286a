import type { Experiment, Health, Metric } from '@armature/sdk/protocol';
import { emptyHealth } from '../src/fold/health.js';
import { type ReportInput, type SimulationPlan, simulate } from '../src/index.js';

export const NO_HEALTH: Health = emptyHealth();

export const CLICK: Metric = {
  name: 'click',
  type: 'binary',
  range: [0, 1],
  better: 'higher',
  windowMs: 600_000,
  latenessMs: 60_000,
  missing: 'zero',
  maturity: 'closed',
  combine: 'max',
  attribute: 'last',
};

/** A complete definition of an experiment on these arms, the first one being control. */
export function experimentOn(arms: readonly string[], changes: Partial<Experiment> = {}): Experiment {
  return {
    id: 'headline',
    description: '',
    owner: '',
    status: 'running',
    control: arms[0]!,
    arms: arms.map((id) => ({ id, value: id, weight: 1, off: false })),
    assign: 'request',
    reassignMs: null,
    policy: { kind: 'thompson' },
    floor: 0.02,
    updateMs: 1000,
    adjust: 'none',
    reward: 'click',
    metrics: [CLICK],
    guardrails: [],
    audience: [],
    overrides: [],
    traffic: 1,
    salt: 'headline',
    hash: 1,
    ...changes,
  };
}

/** A report's input from a simulated run. */
export function inputOf(plan: SimulationPlan, changes: Partial<ReportInput> = {}): ReportInput {
  const { statistics, versions } = simulate(plan, 'headline', 'click');
  return {
    experiment: experimentOn(plan.environment.arms),
    statistics,
    versions,
    health: { ...NO_HEALTH, decisions: plan.trials, rewards: plan.trials },
    open: { open: 0, firstClosesAt: null },
    now: Date.UTC(2026, 10, 24, 13, 0),
    ...changes,
  };
}
