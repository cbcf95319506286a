import { z } from 'zod';
import {
  ADJUST,
  ASSIGN,
  ATTRIBUTE,
  COMBINE,
  MATURITY,
  METRIC_TYPES,
  MISSING,
  OPERATORS,
  STATUS,
} from './experiment.js';
import { UCB_VARIANTS } from './file/read-policy.js';
import { NAME_PATTERN } from './name.js';

/**
 * Experiment files as people write them, shorthand included: what editors complete and check by. The parser has the
 * last word (parseExperiments): it alone knows what ties the keys together, and says it better.
 */
const name = z.string().regex(NAME_PATTERN).describe('1 to 64 of a-z 0-9 _ . -');
const duration = z
  .string()
  .regex(/^\d+(\.\d+)?\s*(ms|s|m|h|d)$/)
  .describe('such as 250ms, 10s, 10m, 1h, 1d');
const percent = z.string().regex(/^[+-]?\d+(\.\d+)?\s*%$/);
const share = z.union([percent, z.number().gte(0).lt(1)]).describe('such as 5% or .05');
const quantity = z.union([percent, z.number()]).describe('a number, or a percentage');
const text = z.string().max(4096);
const scalar = z.union([z.string(), z.number(), z.boolean()]);

const arm = z.strictObject({
  value: z.json().optional().describe('What decide hands out. Default: the name of the arm.'),
  weight: z
    .union([percent, z.number().gte(0)])
    .optional()
    .describe('Share under a fixed policy, relative to the other arms, or in percent. Default: 1.'),
  backend: z.url().optional().describe('Where requests for this arm go.'),
  off: z.boolean().optional().describe('Kills the arm. Default: false.'),
});

const prior = z
  .strictObject({
    alpha: z.number().gt(0).optional(),
    beta: z.number().gt(0).optional(),
    mean: z.number().optional(),
    strength: z.number().gt(0).optional(),
    shape: z.number().gt(0).optional(),
    scale: z.number().gt(0).optional(),
    rate: z.number().gt(0).optional(),
  })
  .describe('alpha and beta for binary rewards; mean, strength, shape, scale for real ones; shape and rate for counts');

const policy = z
  .union([
    z.enum(['fixed', 'thompson', 'ucb', 'epsilon-greedy', 'linear-thompson', 'logistic-thompson']),
    z.strictObject({ kind: z.literal('fixed') }),
    z.strictObject({ kind: z.enum(['thompson', 'linear-thompson', 'logistic-thompson']), prior: prior.optional() }),
    z.strictObject({
      kind: z.literal('ucb'),
      variant: z.enum(UCB_VARIANTS).optional().describe('Default: ucb1.'),
      c: z.number().gte(0).optional().describe('Exploration. Default: 2 for ucb1, 1 for ucb1-tuned, 0 for kl-ucb.'),
    }),
    z.strictObject({
      kind: z.literal('epsilon-greedy'),
      epsilon: z
        .union([share, z.literal(1)])
        .optional()
        .describe('Default: .1.'),
    }),
  ])
  .describe('How weights follow from what was learnt. Default: fixed.');

const metricFields = {
  type: z.enum(METRIC_TYPES).optional().describe('Default: binary.'),
  range: z.tuple([z.number(), z.number()]).optional().describe('Accepted rewards, inclusive. Required for bounded.'),
  better: z.enum(['higher', 'lower']).optional().describe('Default: higher.'),
  window: duration.optional().describe('Attribution window. Default: 1h; for assign: unit the period, or 3d.'),
  lateness: duration
    .optional()
    .describe('How long after the window a reward may arrive. Default: a tenth of it, 200ms to 1m.'),
  missing: z.enum(MISSING).optional().describe('What no reward means. Default: zero; for immediate: ignored.'),
  maturity: z.enum(MATURITY).optional().describe('When a trial counts. Default: closed.'),
  combine: z.enum(COMBINE).optional().describe('Default: max; for count and real: sum; for immediate: first.'),
  attribute: z.enum(ATTRIBUTE).optional().describe('Which decision a reward by unit belongs to. Default: last.'),
};

const condition = z.strictObject({
  attribute: z.string().min(1).max(128),
  op: z.enum(OPERATORS),
  value: z.union([scalar, z.array(scalar).min(1).max(1000)]).optional(),
});
const conditions = z.union([condition, z.array(condition)]);

const override = z.strictObject({
  id: name.optional(),
  if: conditions.optional(),
  unit: z.string().min(1).optional(),
  units: z.array(z.string().min(1)).min(1).optional(),
  arm: name,
});

const guardrail = z.strictObject({
  mean: name.optional(),
  p50: name.optional(),
  p90: name.optional(),
  p95: name.optional(),
  p99: name.optional(),
  min: quantity.optional(),
  max: quantity.optional(),
  min_change: quantity.optional().describe('Relative change against control.'),
  max_change: quantity.optional().describe('Relative change against control.'),
  min_samples: z.int().gte(1).optional().describe('Default: 100.'),
});

const rollout = z.strictObject({
  arm: name,
  steps: z
    .array(z.union([percent, z.number().gt(0).lt(1)]))
    .min(1)
    .describe('Rising shares, such as [1%, 10%, 100%].'),
  bake: duration.optional().describe('Default: 10m.'),
  max_bake: duration.optional().describe('Default: 24h.'),
  on_breach: z.enum(['rollback', 'pause']).optional().describe('Default: rollback.'),
});

const categories = z.array(z.string().max(128)).min(2).max(256);
const feature = z.union([
  categories,
  z.strictObject({ values: categories, missing: z.string().max(128).optional() }),
  z.strictObject({
    range: z.tuple([z.number(), z.number()]),
    period: z.number().gt(0).optional(),
    missing: z.number().optional(),
  }),
]);
const shadow = z.union([name, z.strictObject({ arm: name, share: z.union([share, percent]).optional() })]);

/** One document of an experiment file. */
export const experimentFileSchema = z
  .strictObject({
    schema: z.literal(1).optional().describe('Form of the file. Default: 1.'),
    experiment: name.describe('Its name.'),
    arms: z
      .union([z.array(name).min(2).max(100), z.record(name, z.union([arm, z.null()]))])
      .describe('A list of names, or a map from names to { value, weight, backend, off }.'),
    description: text.optional(),
    owner: text.optional(),
    status: z.enum(STATUS).optional().describe('Default: running.'),
    ship: name.optional().describe('Pins an arm: everyone gets it.'),
    control: name.optional().describe('Fallback and baseline. Default: the first arm.'),
    assign: z
      .enum(ASSIGN)
      .optional()
      .describe('What is randomised. Default: request if an arm has a backend, else unit.'),
    reassign: z
      .union([z.literal('never'), duration])
      .optional()
      .describe('How long a draw holds for assign: unit. Default: never for fixed weights, 1d for moving ones.'),
    policy: policy.optional(),
    floor: share.optional().describe('Least probability of an arm. Default: 0 for fixed, else min(2%, 20% / arms).'),
    update: duration.optional().describe('Least time between two versions. Default: 1s; the period for assign: unit.'),
    adjust: z.enum(ADJUST).optional().describe('Default: none.'),
    reward: z
      .union([name, z.strictObject({ metric: name, ...metricFields })])
      .optional()
      .describe('The metric that is learnt from.'),
    metrics: z
      .record(name, z.union([z.strictObject(metricFields), z.null()]))
      .optional()
      .describe('Other metrics.'),
    guardrails: z.array(guardrail).optional(),
    rollout: rollout.optional(),
    shadow: z.union([shadow, z.array(shadow)]).optional(),
    gate: z.record(z.string(), z.json()).optional(),
    features: z.record(z.string().min(1).max(128), feature).optional(),
    audience: conditions.optional().describe('Who takes part: conditions that must all hold. Default: everyone.'),
    traffic: z.union([share, percent]).optional().describe('Share of units that takes part. Default: 100%.'),
    layer: z
      .strictObject({ name, slot: z.tuple([share, z.union([share, percent])]) })
      .optional()
      .describe('Slot of a layer whose experiments exclude each other. Default: none.'),
    holdout: z
      .union([share, z.strictObject({ name: name.optional(), share })])
      .optional()
      .describe('Share of units that always gets the control. Default: none.'),
    overrides: z.array(override).optional().describe('Who always gets which arm.'),
    salt: z.string().min(1).max(128).optional().describe('Part of the hash. Default: the name.'),
    hash: z.literal(1).optional().describe('Version of the hash. Default: 1.'),
  })
  .describe('An experiment of Armature: one document of a YAML file.');
