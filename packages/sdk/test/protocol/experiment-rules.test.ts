import { expect, test } from 'vitest';
import { parseExperiments } from '../../src/protocol/file/experiment-file.js';
import { renderFault } from '../../src/protocol/file/faults.js';

/** Two arms on line 2; what is tested begins on line 3. */
const faultsOf = (rest: string): readonly string[] => {
  const parsed = parseExperiments(`experiment: a\narms: [x, y]\n${rest}`, 'a.yaml');
  return parsed.ok ? [] : parsed.faults.map(renderFault);
};

test.each<[text: string, ...faults: string[]]>([
  ['policy: thompson', 'a.yaml:3:9 policy: thompson learns from a reward, and there is none, add reward: and a metric'],
  ['policy: linear-thompson\nreward: m', 'a.yaml:3:9 policy: linear-thompson needs features, add features:'],
  [
    'policy: { prior: {} }',
    'a.yaml:3:9 policy: a policy without a kind, add kind: fixed | thompson | ucb | epsilon-greedy | linear-thompson | logistic-thompson',
  ],
  [
    'policy: kl-ucb\nreward: m',
    'a.yaml:3:9 policy: unknown policy, got "kl-ucb", write { kind: ucb, variant: kl-ucb }',
  ],
  [
    'policy: { kind: ucb, epsilon: 5% }\nreward: m',
    'a.yaml:3:22 policy.epsilon: unknown key, got "epsilon", known: kind, variant, c',
  ],
  [
    'policy: { kind: thompson, prior: { rate: 1 } }\nreward: m',
    'a.yaml:3:36 policy.prior.rate: unknown key, got "rate", known: alpha, beta',
  ],
  [
    'reward: { metric: m, maturity: immediate, missing: zero }',
    'a.yaml:3:52 reward.missing: an immediate metric cannot take missing rewards for zeros before its window is over, got zero, write missing: ignored, or maturity: closed, or a window no longer than update',
  ],
  [
    'reward: { metric: m, maturity: immediate, combine: sum }',
    'a.yaml:3:52 reward.combine: an immediate metric counts its first reward, got sum, write combine: first, or remove it',
  ],
  [
    'reward: { metric: m, combine: sum }',
    'a.yaml:3:31 reward.combine: a sum of binary rewards leaves their range, got sum, use type: count',
  ],
  [
    'reward: { metric: m, type: real, range: [0, 5], combine: sum }',
    'a.yaml:3:58 reward.combine: a sum of rewards may leave the range, got sum, write combine: max, first or last, or remove the range',
  ],
  [
    'reward: { metric: m, type: count, range: [0, 5] }',
    'a.yaml:3:42 reward.range: a sum of rewards may leave the range, got count, whose rewards are summed by default, write combine: max, first or last, or remove the range',
  ],
  ['reward: { metric: m, type: count, range: [0, 5], combine: last }'],
  [
    'policy: thompson\nreward: m\nreassign: never',
    'a.yaml:5:11 reassign: a unit changes its arm whenever the weights move, so that moving weights are no draw for ever, got never, write 1d, or assign: sticky to keep each first arm, or policy: fixed',
  ],
  ['reward: m\nreassign: never'],
  [
    'reward: { metric: m, type: bounded }',
    'a.yaml:3:9 reward: a bounded metric needs its range, add range: [low, high]',
  ],
  [
    'reward: { metric: m, range: [0, 5] }',
    'a.yaml:3:29 reward.range: a binary metric is 0 or 1, got [0, 5], use type: bounded',
  ],
  [
    'reward: { metric: m, type: bounded, range: [5, 0] }',
    'a.yaml:3:44 reward.range: a range whose low end is not below its high end, got [5, 0]',
  ],
  [
    'reward: { metric: m, type: count, range: [-1, 5], combine: max }',
    'a.yaml:3:42 reward.range: counts are never negative, got [-1, 5], use type: real',
  ],
  [
    'reward: { metric: m, type: bounded, range: [1, 5] }',
    'a.yaml:3:44 reward.range: a missing reward counts as 0, outside the range, got [1, 5], write missing: ignored, or a range that holds 0',
  ],
  [
    'reward: { metric: m, type: real, range: [-5, -1], missing: zero, combine: max }',
    'a.yaml:3:60 reward.missing: a missing reward counts as 0, outside the range, got [-5, -1], write missing: ignored, or a range that holds 0',
  ],
  ['reward: { metric: m, type: bounded, range: [1, 5], missing: ignored }'],
  ['reward: { metric: m, type: bounded, range: [-1, 0] }'],
  [
    'policy: { kind: ucb, variant: kl-ucb }\nreward: { metric: m, type: count }',
    'a.yaml:3:9 policy: kl-ucb needs a reward with a range, got type: count without one, add range: [low, high] to the reward, or use variant: ucb1',
  ],
  ['policy: { kind: ucb, variant: kl-ucb }\nreward: { metric: m, type: count, range: [0, 20], combine: max }'],
  ['reward: { type: real }', 'a.yaml:3:9 reward: a reward without a metric, add metric: and its name'],
  ['reward: [m]', 'a.yaml:3:9 reward: a metric is needed, got a list of 1'],
  ['reward:', 'a.yaml:3:1 reward: a key without a value, write one, or remove the key'],
  [
    'reward: m\nmetrics: { m: {} }',
    'a.yaml:4:12 metrics.m: the reward is a metric already, got "m", keep it in reward',
  ],
  [
    'reward: { metric: m, type: boolean }',
    'a.yaml:3:28 reward.type: unknown type of metric, got "boolean", use one of binary, bounded, count, real',
  ],
  [
    'assign: request\nreassign: 1d',
    'a.yaml:4:11 reassign: reassign is for assign: unit, and this is assign: request, remove it, or write assign: unit',
  ],
  [
    'policy: thompson\nreward: m\nupdate: 1s',
    'a.yaml:5:9 update: weights stand still inside a period of assign: unit, got 1000ms for a period of 86400000ms, remove update, shorten reassign, or write assign: request',
  ],
  ['assign: user', 'a.yaml:3:9 assign: unknown assignment, got "user", use one of request, unit, sticky'],
  ['status: stopped', 'a.yaml:3:9 status: unknown status, got "stopped", use one of draft, running, paused, ended'],
  ['floor: 5', 'a.yaml:3:8 floor: a share without unit, got 5, write 5%'],
  ['traffic: 120%', 'a.yaml:3:10 traffic: a share above 0% and at most 100% is needed, got 120%'],
  [
    'rollout: { arm: x, steps: [50%, 10%] }',
    'a.yaml:3:17 rollout.arm: the control arm cannot be rolled out, got "x", name another arm, or another control',
    'a.yaml:3:33 rollout.steps[1]: steps only rise, got 10% after 50%',
  ],
  ['rollout: { arm: y }', 'a.yaml:3:10 rollout: a rollout without steps, add steps: [1%, 10%, 100%]'],
  [
    'rollout: { arm: y, steps: [5%], bake: 2d, max_bake: 1d }',
    'a.yaml:3:53 rollout.max_bake: max_bake is shorter than bake',
  ],
  [
    'guardrails: [{ mean: m }]\nreward: m',
    'a.yaml:3:14 guardrails[0]: a guardrail without a bound, add one of min, max, min_change, max_change',
  ],
  [
    'guardrails: [{ max: 1 }]',
    'a.yaml:3:14 guardrails[0]: a guardrail has one of mean, p50, p90, p95, p99, write { mean: error, max: 1% }',
  ],
  ['guardrails: { mean: m, max: 1 }', 'a.yaml:3:13 guardrails: a list of guardrails is needed, got a map'],
  [
    'audience: [{ attribute: age, op: gt, value: "18" }]',
    'a.yaml:3:45 audience[0].value: gt compares with a number, got "18"',
  ],
  [
    'audience: [{ attribute: country, op: in, value: NL }]',
    'a.yaml:3:49 audience[0].value: a list of values is needed, got "NL"',
  ],
  [
    'audience: [{ attribute: country, value: NL }]',
    'a.yaml:3:12 audience[0]: a condition without op, write { attribute: country, op: is, value: NL }',
  ],
  [
    'overrides: [{ arm: y }]',
    'a.yaml:3:13 overrides[0]: an override for nobody, write { unit: u-1, arm: … }, { units: [..], arm: … } or { if: [..], arm: … }',
  ],
  [
    'overrides: [{ unit: 12, arm: y }]',
    'a.yaml:3:21 overrides[0].unit: the id of a unit that YAML reads as the number 12, got 12, write "12"',
  ],
  [
    'overrides: [{ id: policy, unit: u, arm: y }]',
    'a.yaml:3:19 overrides[0].id: the rule policy is the experiment itself, got "policy"',
  ],
  ['shadow: x', 'a.yaml:3:9 shadow: the control arm serves, it cannot be a shadow, got "x"'],
  ['features: { device: [phone] }', 'a.yaml:3:21 features.device: a feature has 2 to 256 categories, got 1'],
  [
    'features: { age: { range: [120, 0] } }',
    'a.yaml:3:27 features.age.range: a range has a low and a high end, got a list of 2, write [0, 120]',
  ],
  ['hash: 2', 'a.yaml:3:7 hash: unknown version of the hash, got 2, write 1, or remove it'],
  ['gate: soon', 'a.yaml:3:7 gate: a gate is a map, write { … }'],
  ['variants: [a, b]', 'a.yaml:3:1 variants: unknown key, got "variants", did you mean arms?'],
  ['holdout: 100%', 'a.yaml:3:10 holdout: a share from 0% to 99% is needed, got 100%'],
])('%s', (text, ...faults) => {
  expect(faultsOf(text)).toEqual(faults);
});

test.each([
  [
    'arms: { x: 50%, y: 50% }',
    [
      'a.yaml:2:12 arms.x: an arm is a map, got "50%", write { weight: 50% }',
      'a.yaml:2:20 arms.y: an arm is a map, got "50%", write { weight: 50% }',
    ],
  ],
  [
    'arms: { x: { weight: 50% }, y: {} }',
    ['a.yaml:2:7 arms: some weights are percentages and some are not, got y, write all as percentages'],
  ],
  [
    'arms: { x: {}, y: { off: true } }\nship: y',
    ['a.yaml:3:7 ship: an arm that is off cannot be shipped, got "y", remove off, or ship another'],
  ],
  [
    'arms: { x: { weight: 2 }, y: {} }\nrollout: { arm: y, steps: [1%] }',
    [
      'a.yaml:2:7 arms: a rollout without a policy puts all weight on its arm, got a weight for x, remove the weights, or write policy: fixed',
    ],
  ],
  ['arms: two', ['a.yaml:2:7 arms: a list of arms is needed, got "two"']],
  ['owner: me', ['a.yaml:1:1: an experiment without arms, add arms: [a, b]']],
  [
    'arms: { x: { value: { __proto__: 1 } }, y: }',
    ['a.yaml:2:23 arms.x.value.__proto__: a reserved key, got "__proto__", rename it'],
  ],
])('%s', (text, faults) => {
  const parsed = parseExperiments(`experiment: a\n${text}`, 'a.yaml');
  expect(parsed.ok ? [] : parsed.faults.map(renderFault)).toEqual(faults);
});
