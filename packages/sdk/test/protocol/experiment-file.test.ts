import { describe, expect, test } from 'vitest';
import type { Experiment } from '../../src/protocol/experiment.js';
import { experimentsError, parseExperimentSet, parseExperiments } from '../../src/protocol/file/experiment-file.js';
import { renderFault } from '../../src/protocol/file/faults.js';

const read = (text: string): Experiment => {
  const parsed = parseExperiments(text, 'a.yaml');
  if (!parsed.ok) throw new Error(parsed.faults.map(renderFault).join('\n'));
  return parsed.experiments[0]!;
};
const ab = (rest = ''): Experiment => read(`experiment: a\narms: [x, y]\n${rest}`);
const served = (rest = ''): Experiment =>
  read(`experiment: a\narms: { x: { backend: "http://m:1/" }, y: {} }\n${rest}`);

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

describe('defaults', () => {
  test('a whole A/B test is three lines', () => {
    expect(read('experiment: checkout-button\narms: [green, blue]\nreward: purchase')).toEqual({
      id: 'checkout-button',
      description: '',
      owner: '',
      status: 'running',
      control: 'green',
      arms: [
        { id: 'blue', value: 'blue', weight: 1, off: false },
        { id: 'green', value: 'green', weight: 1, off: false },
      ],
      assign: 'unit',
      reassignMs: null,
      policy: { kind: 'fixed' },
      floor: 0,
      updateMs: 1000,
      adjust: 'none',
      reward: 'purchase',
      metrics: [
        {
          name: 'purchase',
          type: 'binary',
          range: [0, 1],
          better: 'higher',
          windowMs: 3 * DAY,
          latenessMs: 60_000,
          missing: 'zero',
          maturity: 'closed',
          combine: 'max',
          attribute: 'last',
        },
      ],
      guardrails: [],
      audience: [],
      overrides: [],
      traffic: 1,
      salt: 'checkout-button',
      hash: 1,
    });
  });

  test('moving weights of units stand still for a day, which is the window and the update too', () => {
    const experiment = ab('policy: thompson\nreward: m');
    expect(experiment).toMatchObject({ assign: 'unit', reassignMs: DAY, updateMs: DAY, floor: 0.02 });
    expect(experiment.metrics[0]).toMatchObject({ windowMs: DAY });
  });

  test('an arm with a backend makes requests the unit of assignment and adds what the proxy measures', () => {
    const experiment = served(
      'policy: thompson\nreward: { metric: correct, window: 10m }\nmetrics: { zeal: , error: { better: higher } }',
    );
    expect(experiment).toMatchObject({ assign: 'request', reassignMs: null, updateMs: 1000 });
    expect(experiment.metrics.map(({ name, maturity, better }) => [name, maturity, better])).toEqual([
      ['correct', 'closed', 'higher'],
      ['bytes', 'immediate', 'lower'],
      ['error', 'closed', 'higher'],
      ['latency_ms', 'immediate', 'lower'],
      ['tokens', 'immediate', 'lower'],
      ['zeal', 'closed', 'higher'],
    ]);
    expect(experiment.metrics[1]).toMatchObject({ missing: 'ignored', combine: 'first', windowMs: 600_000 });
  });

  test('the floor of moving weights is 2 %, or a fifth of an even split over the arms that are on', () => {
    const arms = (count: number) =>
      `experiment: a\narms: [${Array.from({ length: count }, (_, i) => `a${i}`)}]\npolicy: thompson\nreward: m`;
    expect(read(arms(10)).floor).toBe(0.02);
    expect(read(arms(20)).floor).toBe(0.01);
  });

  test.each([
    ['1h', 60_000],
    ['10m', 60_000],
    ['30s', 3000],
    ['1s', 200],
  ])('the lateness of a window of %s is a tenth of it, from 200 ms to a minute', (window, lateness) => {
    expect(ab(`reward: { metric: m, window: ${window} }`).metrics[0]!.latenessMs).toBe(lateness);
  });

  test.each([
    ['{ metric: m, type: real }', { combine: 'sum', missing: 'zero' }],
    ['{ metric: m, type: count }', { combine: 'sum', missing: 'zero' }],
    ['{ metric: m, type: bounded, range: [0, 5] }', { combine: 'max', range: [0, 5] }],
    ['{ metric: m, maturity: immediate }', { combine: 'first', missing: 'ignored' }],
    ['{ metric: m, maturity: immediate, missing: zero, window: 1s }', { missing: 'zero', windowMs: 1000 }],
    ['{ metric: m, lateness: 0s }', { latenessMs: 0 }],
  ])('reward %s has the defaults of its type', (reward, expected) => {
    expect(ab(`assign: request\nreward: ${reward}`).metrics[0]).toMatchObject(expected);
  });

  test.each([
    ['ucb', { kind: 'ucb', variant: 'ucb1', c: 2 }],
    ['{ kind: ucb, variant: kl-ucb }', { kind: 'ucb', variant: 'kl-ucb', c: 0 }],
    ['{ kind: ucb, variant: ucb1-tuned }', { kind: 'ucb', variant: 'ucb1-tuned', c: 1 }],
    ['epsilon-greedy', { kind: 'epsilon-greedy', epsilon: 0.1 }],
    ['{ kind: epsilon-greedy, epsilon: 5% }', { kind: 'epsilon-greedy', epsilon: 0.05 }],
    ['{ kind: thompson, prior: { alpha: 2, beta: 8 } }', { kind: 'thompson', prior: { alpha: 2, beta: 8 } }],
    ['fixed', { kind: 'fixed' }],
  ])('policy %s', (policy, expected) => {
    expect(ab(`policy: ${policy}\nreward: m`).policy).toEqual(expected);
  });
});

describe('values', () => {
  test('arms are in code-point order, and control is the first of the file', () => {
    const experiment = read('experiment: a\narms: [small, large, b-1, b.1, b_1, 9]\n'.replace('9', '"9"'));
    expect(experiment.arms.map(({ id }) => id)).toEqual(['9', 'b-1', 'b.1', 'b_1', 'large', 'small']);
    expect(experiment.control).toBe('small');
  });

  test('an arm keeps the value that the file gives it, also null and maps', () => {
    const experiment = read('experiment: a\narms: { x: { value: null }, y: { value: { n: [1, "1.10", true] } }, z: }');
    expect(experiment.arms.map(({ value }) => value)).toEqual([null, { n: [1, '1.10', true] }, 'z']);
  });

  test.each([
    ['1%', 0.01],
    ['.01', 0.01],
    ['0.3%', 0.003],
    ['99.9%', 0.999],
    ['100%', 1],
  ])('traffic %s is %d', (text, share) => {
    expect(ab(`traffic: ${text}`).traffic).toBe(share);
  });

  test.each([
    ['250ms', 250],
    ['10s', 10_000],
    ['1.5h', 5_400_000],
    ['2d', 2 * DAY],
  ])('update %s is %d ms', (text, ms) => {
    expect(ab(`update: ${text}`).updateMs).toBe(ms);
  });

  test('a rollout without a policy puts all weight on its arm', () => {
    const experiment = ab('rollout: { arm: y, steps: [1%, 100%] }');
    expect(experiment.arms.map(({ weight }) => weight)).toEqual([0, 1]);
    expect(experiment.rollout).toEqual({
      arm: 'y',
      steps: [0.01, 1],
      bakeMs: 600_000,
      maxBakeMs: DAY,
      onBreach: 'rollback',
    });
  });

  test('overrides by unit become conditions on the attribute unit', () => {
    const text =
      'overrides: [{ unit: u-1, arm: y }, { units: [a, b], arm: x }, { id: qa, if: [{ attribute: email, op: ends, value: "@acme.com" }], arm: y }]';
    expect(ab(text).overrides).toEqual([
      { id: 'override-1', if: [{ attribute: 'unit', op: 'is', value: 'u-1' }], arm: 'y' },
      { id: 'override-2', if: [{ attribute: 'unit', op: 'in', value: ['a', 'b'] }], arm: 'x' },
      { id: 'qa', if: [{ attribute: 'email', op: 'ends', value: '@acme.com' }], arm: 'y' },
    ]);
  });

  test('guardrails, shadows and features are validated and kept, layers and holdouts read', () => {
    const experiment = read(
      `experiment: a
arms: [x, y, z]
policy: linear-thompson
reward: m
guardrails: [{ p99: m, max_change: 5%, min_samples: 10 }, { mean: m, min: .5 }]
shadow: { arm: z, share: 10% }
features: { device: [phone, desktop], hour: { range: [0, 23], period: 24 }, userAge: { range: [0, 120], missing: 35 } }
layer: { name: ranking, slot: [25%, .75] }
holdout: 5%
gate: { min_samples: 100 }
audience: { attribute: country, op: in, value: [NL, BE] }`,
    );
    expect(experiment.guardrails).toEqual([
      { metric: 'm', statistic: 'p99', maxChange: 0.05, minSamples: 10 },
      { metric: 'm', statistic: 'mean', min: 0.5, minSamples: 100 },
    ]);
    expect(experiment.arms.map(({ shadow }) => shadow)).toEqual([undefined, undefined, 0.1]);
    expect(experiment).toMatchObject({
      layer: { name: 'ranking', slot: [0.25, 0.75] },
      holdout: { share: 0.05 },
      gate: { min_samples: 100 },
      audience: [{ attribute: 'country', op: 'in', value: ['NL', 'BE'] }],
      features: {
        device: ['phone', 'desktop'],
        hour: { range: [0, 23], period: 24 },
        userAge: { range: [0, 120], missing: 35 },
      },
    });
  });

  test('what comes out is frozen all the way down', () => {
    const experiment = ab('reward: m');
    expect(
      Object.isFrozen(experiment) && Object.isFrozen(experiment.arms) && Object.isFrozen(experiment.metrics[0]),
    ).toBe(true);
  });
});

describe('several documents and files', () => {
  test.each(['', '\n', '# nothing yet\n', '---\n---\n# none\n'])(
    'a file without experiments is a fault: %j',
    (text) => {
      const parsed = parseExperimentSet([
        { file: 'a.yaml', text },
        { file: 'b.yaml', text: 'experiment: b\narms: [x, y]' },
      ]);
      expect(parsed.ok ? [] : parsed.faults.map(renderFault)).toEqual([
        'a.yaml:1:1: no experiment, got an empty file, begin with `experiment: name`',
      ]);
    },
  );

  test('empty documents beside experiments are passed over', () => {
    expect(parseExperiments('---\nexperiment: a\narms: [x, y]\n---\n---\n', 'a.yaml').ok).toBe(true);
  });

  test('experiments come in code-point order, whatever the order of the files', () => {
    const b = { file: '1.yaml', text: 'experiment: b\narms: [x, y]\n---\nexperiment: c\narms: [x, y]' };
    const a = { file: '2.yaml', text: 'experiment: a\narms: [x, y]' };
    const parsed = parseExperimentSet([b, a]);
    expect(parsed.ok && parsed.experiments.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
  });

  test('two experiments of one name are a fault, and the error counts faults and files', () => {
    const files = [
      { file: 'good.yaml', text: 'experiment: a\narms: [x, y]' },
      {
        file: 'bad.yaml',
        text: 'experiment: b\narms: [x, y]\n---\nowner: me\nexperiment: a\narms: [x, y]\ntrafic: 5%',
      },
      { file: 'other.yaml', text: 'experiment: other\narms: [x, y]' },
    ];
    const parsed = parseExperimentSet(files);
    const faults = parsed.ok ? [] : parsed.faults;
    expect(faults.map(renderFault)).toEqual([
      'bad.yaml:5:13 experiment: two experiments of one name, got "a", it stands in good.yaml:1 too, rename or remove one of them',
      'bad.yaml:7:1 trafic: unknown key, got "trafic", did you mean traffic?',
    ]);
    expect(experimentsError(faults, 3)).toMatchObject({ code: 'EXPERIMENTS_INVALID', got: '2 faults in 1 of 3 files' });
  });
});
