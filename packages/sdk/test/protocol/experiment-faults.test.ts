import { expect, test } from 'vitest';
import { parseExperiments } from '../../src/protocol/file/experiment-file.js';
import { renderFault } from '../../src/protocol/file/faults.js';

const faultsOf = (text: string): readonly string[] => {
  const parsed = parseExperiments(text, 'a.yaml');
  return parsed.ok ? [] : parsed.faults.map(renderFault);
};

/** Two arms on line 2; what is tested begins on line 3. */
const ab = (rest: string): string => `experiment: a\narms: [x, y]\n${rest}`;

test.each<[title: string, text: string, ...faults: string[]]>([
  // The messages that contract section 3 lists.
  [
    'a step without unit',
    ab('rollout: { arm: y, steps: [1, 5] }'),
    'a.yaml:3:28 rollout.steps[0]: a share without unit, got 1, write 1% or 100%',
    'a.yaml:3:31 rollout.steps[1]: a share without unit, got 5, write 5%',
  ],
  [
    'a duration without unit',
    ab('rollout: { arm: y, steps: [5%], bake: 10 }'),
    'a.yaml:3:39 rollout.bake: a duration without unit, got 10, write 10s, 10m or 10h',
  ],
  [
    'a duration in capitals',
    ab('reward: { metric: m, window: 10M }'),
    'a.yaml:3:30 reward.window: M is no unit of time, got 10M, write 10m',
  ],
  [
    'version: 1.10 in an arm',
    'experiment: a\narms:\n  x: { version: 1.10 }\n  y:',
    'a.yaml:3:8 arms.x.version: unknown key, got "version", put it inside value',
    'a.yaml:3:17 arms.x.version: a version that YAML reads as the number 1.1, got 1.10, write "1.10"',
  ],
  [
    'version: 1.10 in a value',
    'experiment: a\narms:\n  x: { value: { model: m, version: 1.10 } }\n  y:',
    'a.yaml:3:36 arms.x.value.version: a version that YAML reads as the number 1.1, got 1.10, write "1.10"',
  ],
  [
    'an unknown metric in a guardrail',
    'experiment: a\narms: { x: { backend: "http://m:1/" }, y: { backend: "http://n:1/" } }\nguardrails:\n  - { p99: latency, max: 40 }',
    'a.yaml:4:12 guardrails[0].p99: unknown metric, got "latency", did you mean latency_ms?',
  ],
  [
    'an arm that is not in arms',
    'experiment: a\narms: [small, large]\ncontrol: larg\nship: medium',
    'a.yaml:3:10 control: unknown arm, got "larg", did you mean large?',
    'a.yaml:4:7 ship: unknown arm, got "medium", known: small, large',
  ],
  [
    'thomson',
    ab('policy: thomson\nreward: m'),
    'a.yaml:3:9 policy: unknown policy, got "thomson", did you mean thompson?',
  ],
  [
    'guardrail',
    ab('guardrail: []'),
    'a.yaml:3:1 guardrail: unknown key, got "guardrail", did you mean guardrails? It is a list: [{ mean: error, max: 1% }]',
  ],
  [
    'weights',
    ab('weights: [1, 2]'),
    'a.yaml:3:1 weights: unknown key, got "weights", weights belong to arms: { a: { weight: 2 }, b: {} }',
  ],
  [
    'shares that do not sum',
    'experiment: a\narms: { x: { weight: 30% }, y: { weight: 60% } }',
    'a.yaml:2:7 arms: the shares do not sum to 100%, got 90%, correct one, or write weights without %',
  ],
  [
    'a floor that does not fit',
    'experiment: a\narms: [x, y, z, w]\nfloor: 30%',
    'a.yaml:3:8 floor: 4 arms with a floor of 30% need 120%, write at most 25%',
  ],
])('%s', (_, text, ...faults) => {
  expect(faultsOf(text)).toEqual(faults);
});

test('what no file needs is told twenty times, then counted', () => {
  const faults = faultsOf(ab(`metrics: [${'*x, '.repeat(25)}]`));
  expect(faults.filter((fault) => fault.includes('an alias, got "*x"')).length).toBe(20);
  expect(faults).toContain('a.yaml:3:91: 5 more of these, write the file in plain YAML');
});

test('a fault of the YAML does not hide what else is known to be wrong, and guesses nothing of what it hides', () => {
  const before = 'experiment: Checkout\narms: [x, y]\npolicy: thomson\n';
  const known = [
    expect.stringContaining('a.yaml:1:13 experiment: an experiment that has "C"'),
    'a.yaml:3:9 policy: unknown policy, got "thomson", did you mean thompson?',
  ];
  expect(faultsOf(`${before}reward: "open\nupdate: 1`)).toEqual([...known, expect.stringContaining('not YAML')]);
  expect(faultsOf(`${before}reward: *m\ntrafic: 5%`)).toEqual([
    ...known,
    'a.yaml:4:9: an alias, got "*m", write the value out',
    'a.yaml:5:1 trafic: unknown key, got "trafic", did you mean traffic?',
  ]);
  expect(faultsOf(`${before}salt: s\nsalt: t`)).toEqual([
    ...known,
    'a.yaml:5:1: the same key twice, got "salt", keep one of them',
  ]);
  expect(faultsOf('experiment: a\narms:\n  <<: { x: {} }\n  y: {}')).toEqual([
    'a.yaml:3:3: a merge key, write the keys out',
  ]);
});

test.each([
  ['20,000 brackets', '['.repeat(20_000)],
  ['20,000 braces', '{a: '.repeat(20_000)],
  ['brackets that look like a quoted text', `[a ${'"['.repeat(20_000)}`],
  ['dashes on one line', '- '.repeat(20_000)],
  ['keys that are keys', '? '.repeat(20_000)],
  ['indentation', Array.from({ length: 400 }, (_, i) => `${' '.repeat(i)}a:`).join('\n')],
])('row 2: %s are refused in less than 50 ms', (_, text) => {
  const times = [1, 2, 3].map(() => {
    const start = performance.now();
    expect(faultsOf(text)).toEqual([
      expect.stringMatching(/^a\.yaml:\d+:\d+: more than 32 levels of maps and lists, nest less$/),
    ]);
    return performance.now() - start;
  });
  expect(Math.min(...times)).toBeLessThan(50);
});

test('row 1: a file of more than 256 KiB is refused unread', () => {
  expect(faultsOf(`# ${'x'.repeat(256 * 1024)}`)).toEqual([
    'a.yaml:1:1: the file is too large, got 262146 bytes, keep it under 262144, split it',
  ]);
});

test.each([
  ['20,000 keys', ab(Array.from({ length: 20_000 }, (_, i) => `k${i}: 1`).join('\n'))],
  ['30,000 arms', `experiment: a\narms: [${Array.from({ length: 30_000 }, (_, i) => `a${i}`)}]`],
  ['30,000 categories', ab(`features: { f: [${Array.from({ length: 30_000 }, (_, i) => `a${i}`)}] }`)],
])('row 35: a file of %s is refused within five seconds, with a few faults', (_, text) => {
  const start = performance.now();
  expect(faultsOf(text).length).toBeLessThan(25);
  expect(performance.now() - start).toBeLessThan(5000);
});

test('brackets and dashes inside texts and comments are no nesting', () => {
  const text = ab(`description: "${'['.repeat(100)}"\nowner: '- - -'\n# ${'['.repeat(100)}\nreward: m`);
  expect(faultsOf(text)).toEqual([]);
});

test('a text that is no YAML is told with its place, and the other documents are still read', () => {
  expect(faultsOf(`experiment: [a\n---\n${ab('trafic: 5%')}`)).toEqual([
    expect.stringMatching(/^a\.yaml:2:1: not YAML: /),
    'a.yaml:5:1 trafic: unknown key, got "trafic", did you mean traffic?',
  ]);
});
