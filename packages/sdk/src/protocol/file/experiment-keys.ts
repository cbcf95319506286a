import type { Hints } from './cursor.js';

/** The newest form of experiment files that this version reads. */
export const FILE_SCHEMA = 1;

/** Every key of an experiment file. */
export const EXPERIMENT_KEYS = [
  'experiment',
  'arms',
  'schema',
  'description',
  'owner',
  'status',
  'ship',
  'control',
  'assign',
  'reassign',
  'policy',
  'floor',
  'update',
  'adjust',
  'reward',
  'metrics',
  'guardrails',
  'rollout',
  'shadow',
  'gate',
  'features',
  'audience',
  'traffic',
  'layer',
  'holdout',
  'overrides',
  'salt',
  'hash',
] as const;
export type ExperimentKey = (typeof EXPERIMENT_KEYS)[number];

/** Advice for keys that people bring from other tools, or misplace. */
export const KEY_HINTS: Hints = {
  name: 'did you mean experiment?',
  id: 'did you mean experiment?',
  key: 'did you mean experiment?',
  variants: 'did you mean arms?',
  variations: 'did you mean arms?',
  weight: 'weights belong to arms: { a: { weight: 2 }, b: {} }',
  weights: 'weights belong to arms: { a: { weight: 2 }, b: {} }',
  guardrail: 'did you mean guardrails? It is a list: [{ mean: error, max: 1% }]',
  metric: 'did you mean reward?',
  goal: 'did you mean reward?',
  window: 'it belongs to reward: { metric: …, window: 10m }',
  steps: 'it belongs to rollout: { arm: …, steps: [1%, 100%] }',
  backend: 'it belongs to an arm',
  targeting: 'did you mean audience?',
  rules: 'did you mean audience or overrides?',
  percentage: 'did you mean traffic?',
  coverage: 'did you mean traffic?',
  namespace: 'did you mean layer?',
  version: 'definitions are named by their content',
};
