import type { Experiment } from '../experiment.js';
import type { Fault } from './faults.js';

const WHAT = 'this version validates it and does not run it';

/**
 * What an experiment asks for that this version validates and does not run. A server refuses such an experiment
 * (NOT_SUPPORTED_YET) instead of serving it as something else.
 *
 * @returns a fault for each key; `path` begins with the experiment's name
 * @example
 * parseExperiments('experiment: a\narms: [x, y]\nadjust: period', 'a.yaml').experiments.flatMap(notYetRun) // => [{ path: 'a.adjust', what: 'this version validates it and does not run it', got: 'period', todo: 'use none' }]
 */
export function notYetRun(experiment: Experiment): readonly Fault[] {
  const faults: Fault[] = [];
  const add = (key: string, asked: boolean, todo = 'remove it', got?: string): void => {
    if (asked)
      faults.push({ path: `${experiment.id}.${key}`, what: WHAT, ...(got === undefined ? {} : { got }), todo });
  };
  const { policy } = experiment;
  const contextual = policy.kind === 'linear-thompson' || policy.kind === 'logistic-thompson';
  add('rollout', experiment.rollout !== undefined);
  add('guardrails', experiment.guardrails.length > 0);
  add(
    'shadow',
    experiment.arms.some((arm) => arm.shadow !== undefined),
  );
  add('gate', experiment.gate !== undefined);
  add('policy', contextual, 'use thompson', policy.kind);
  add('features', experiment.features !== undefined);
  add('adjust', experiment.adjust !== 'none', 'use none', experiment.adjust);
  for (const metric of experiment.metrics) {
    const key = metric.name === experiment.reward ? 'reward.maturity' : `metrics.${metric.name}.maturity`;
    add(key, metric.maturity === 'delay-corrected', 'use closed', metric.maturity);
  }
  return faults;
}
