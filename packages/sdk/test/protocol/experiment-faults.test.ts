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
  // Catalogue rows.
  ['row 3: a key twice', ab('owner: me\nowner: you'), 'a.yaml:4:1: the same key twice, got "owner", keep one of them'],
  [
    'row 4: a tag',
    ab('owner: !!js/function "x"'),
    'a.yaml:3:8: a tag, got "!!js/function", write the value without it',
  ],
  ['row 4: a core tag', ab('owner: !!str x'), 'a.yaml:3:8: a tag, got "!!str", write the value without it'],
  ['row 4: a merge key', ab('reward: { <<: { metric: m } }'), 'a.yaml:3:11: a merge key, write the keys out'],
  [
    'row 4: a directive',
    `%YAML 1.1\n---\n${ab('')}`,
    'a.yaml:1:1: a YAML directive, got "%YAML 1.1", remove it; files are YAML 1.2',
  ],
  [
    'row 1: an alias',
    ab('owner: &o me\ndescription: *o'),
    'a.yaml:3:8: an anchor, got "&o", write the value out where it is used',
    'a.yaml:4:14: an alias, got "*o", write the value out',
  ],
  ['row 5: trafic', ab('trafic: 50%'), 'a.yaml:3:1 trafic: unknown key, got "trafic", did you mean traffic?'],
  [
    'row 5: a key nothing is near to',
    ab('reward: { metric: m, colour: red }'),
    'a.yaml:3:22 reward.colour: unknown key, got "colour", known: metric, type, range, better, window, lateness, missing, maturity, combine, attribute',
  ],
  [
    'row 6: __proto__ as an arm',
    'experiment: a\narms: { __proto__: {}, y: {} }',
    'a.yaml:2:9 arms.__proto__: an arm that is reserved, got "__proto__", use 1 to 64 of a-z 0-9 _ . - and begin with a letter or a digit',
  ],
  [
    'row 6: constructor as an experiment',
    'experiment: constructor\narms: [x, y]',
    'a.yaml:1:13 experiment: an experiment that is reserved, got "constructor", use 1 to 64 of a-z 0-9 _ . - and begin with a letter or a digit',
  ],
  [
    'row 6: prototype as a metric',
    ab('metrics: { prototype: {} }'),
    expect.stringContaining('a.yaml:3:12 metrics.prototype: a metric that is reserved'),
  ],
  [
    'row 6: toString as a metric',
    ab('reward: toString'),
    expect.stringContaining('a.yaml:3:9 reward: a metric that is reserved'),
  ],
  [
    'row 7: a weight of .nan',
    'experiment: a\narms: { x: { weight: .nan }, y: }',
    'a.yaml:2:22 arms.x.weight: a finite number of at least 0 is needed, got .nan',
  ],
  [
    'row 7: a weight of .inf',
    'experiment: a\narms: { x: { weight: .inf }, y: }',
    'a.yaml:2:22 arms.x.weight: a finite number of at least 0 is needed, got .inf',
  ],
  [
    'row 7: a negative weight',
    'experiment: a\narms: { x: { weight: -1 }, y: }',
    'a.yaml:2:22 arms.x.weight: a finite number of at least 0 is needed, got -1',
  ],
  [
    'row 7: no weight at all',
    'experiment: a\narms: { x: { weight: 0 }, y: { weight: 0 } }',
    'a.yaml:2:7 arms: no arm has a weight, give one of them a weight above 0',
  ],
  ['row 7: no arms', 'experiment: a\narms: []', 'a.yaml:2:7 arms: an experiment has at least two arms, got 0'],
  ['row 7: one arm', 'experiment: a\narms: [x]', 'a.yaml:2:7 arms: an experiment has at least two arms, got 1'],
  [
    'row 7: an arm twice',
    'experiment: a\narms: [x, y, x]',
    'a.yaml:2:14 arms[2]: the same arm twice, got "x", keep one of them',
  ],
  [
    'row 7: a prior of 0',
    ab('policy: { kind: thompson, prior: { alpha: 0, beta: 1 } }\nreward: m'),
    'a.yaml:3:43 policy.prior.alpha: a finite number above 0 is needed, got 0',
  ],
  [
    'row 8: 1e3 for a name',
    'experiment: 1e3\narms: [x, y]',
    'a.yaml:1:13 experiment: an experiment that YAML reads as the number 1000, got 1e3, write "1e3"',
  ],
  [
    'row 8: true for a name',
    'experiment: a\narms: [true, y]',
    'a.yaml:2:8 arms[0]: an arm that YAML reads as the truth value true, got true, write "true"',
  ],
  [
    'row 8: a number as the key of an arm',
    'experiment: a\narms: { 1.10: {}, y: {} }',
    'a.yaml:2:9 arms."1.10": an arm that YAML reads as the number 1.1, got 1.10, write "1.10"',
  ],
  [
    'row 8: no for false',
    'experiment: a\narms: { x: { off: no }, y: {} }',
    'a.yaml:2:19 arms.x.off: true or false is needed, got "no", write false',
  ],
  [
    'row 9: a regular expression',
    ab('audience: [{ attribute: email, op: matches, value: "^(a+)+$" }]'),
    'a.yaml:3:36 audience[0].op: unknown operator, got "matches", use starts, ends, contains or in',
  ],
  [
    'row 11: a metadata address',
    'experiment: a\narms: { x: { backend: "http://169.254.169.254/" }, y: }',
    'a.yaml:2:23 arms.x.backend: a link-local address, got "169.254.169.254", name a host of yours',
  ],
  [
    'row 11: the same in IPv6',
    'experiment: a\narms: { x: { backend: "http://[::ffff:a9fe:a9fe]/" }, y: }',
    'a.yaml:2:23 arms.x.backend: a link-local address, got "[::ffff:a9fe:a9fe]", name a host of yours',
  ],
  [
    'row 11: a host in hexadecimal',
    'experiment: a\narms: { x: { backend: "http://0x7f.1/" }, y: }',
    'a.yaml:2:23 arms.x.backend: a host in an unusual form, got "0x7f.1", write 127.0.0.1',
  ],
  [
    'row 11: file:',
    'experiment: a\narms: { x: { backend: "file:///etc/passwd" }, y: }',
    'a.yaml:2:23 arms.x.backend: a backend that is not http or https, got "file:"',
  ],
  [
    'row 11: a password, which is not shown',
    'experiment: a\narms: { x: { backend: "http://u:p@h/" }, y: }',
    'a.yaml:2:23 arms.x.backend: a backend with a password in its URL, keep secrets out of files',
  ],
  [
    'row 13: a newer schema',
    'schema: 2\nexperiment: a\nunheard: of',
    'a.yaml:1:9 schema: the file is written for schema 2, and this version reads schema 1, read it with the version it was written for, or remove what is new',
  ],
])('%s', (_, text, ...faults) => {
  expect(faultsOf(text)).toEqual(faults);
});

test('row 8: no, off and 2024-01-01 are texts, and good names', () => {
  const parsed = parseExperiments('experiment: 2024-01-01\narms: [no, off]', 'a.yaml');
  expect(parsed.ok && parsed.experiments.map(({ id, arms }) => [id, ...arms.map((arm) => arm.id)])).toEqual([
    ['2024-01-01', 'no', 'off'],
  ]);
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
