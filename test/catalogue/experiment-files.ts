import { parseExperiments, renderFault, secretsIn } from '@armature/sdk/protocol';
import { type Loop, openLoop, stateOf } from './loop.js';
import type { Outcome, Row, Surface } from './row.js';

const GOOD = 'experiment: a\narms: [x, y]\nassign: request\npolicy: thompson\nreward: m\n';

/** Two arms on line 2; what is tested begins on line 3. */
const ab = (rest: string): string => `experiment: a\narms: [x, y]\n${rest}`;

/** Edits the file of a running engine, and puts the good one back. */
async function reloadWith(loop: Loop, text: string): Promise<Outcome> {
  await loop.write('a.yaml', text);
  const fault = await loop.engine.reload();
  await loop.write('a.yaml', GOOD);
  if (fault === undefined) return { got: 'taken up' };
  const [, ...faults] = fault.message.replaceAll(`${loop.experiments}/`, '').split('\n');
  return { got: fault.code, says: faults.join('\n') };
}

const refused = (row: number, input: string, text: string, ...faults: readonly string[]): Row<Loop> => ({
  row,
  input,
  expected: 'EXPERIMENTS_INVALID',
  says: faults.join('\n'),
  act: (loop) => reloadWith(loop, text),
});

/** The versions of what is served, after an edit that is no fault. */
async function edited(loop: Loop, text: string): Promise<Outcome> {
  await loop.write('a.yaml', text);
  const fault = await loop.engine.reload();
  const version = loop.engine.snapshot.experiments.a?.version;
  await loop.write('a.yaml', GOOD);
  await loop.engine.reload();
  return { got: fault?.code ?? 'taken up', proof: `version ${version}` };
}

const LAUGHS = ['a: &a [x, x]', 'b: &b [*a, *a]'].join('\n');
const KEYS =
  'known: experiment, arms, schema, description, owner, status, ship, control, assign, reassign, policy, floor, update, adjust, reward, metrics, guardrails, rollout, shadow, gate, features, audience, traffic, layer, holdout, overrides, salt, hash';

const ROWS: readonly Row<Loop>[] = [
  refused(
    1,
    'billion laughs',
    LAUGHS,
    `a.yaml:1:1 a: unknown key, got "a", ${KEYS}`,
    'a.yaml:1:4: an anchor, got "&a", write the value out where it is used',
    `a.yaml:2:1 b: unknown key, got "b", ${KEYS}`,
    'a.yaml:2:4: an anchor, got "&b", write the value out where it is used',
    'a.yaml:2:8: an alias, got "*a", write the value out',
    'a.yaml:2:12: an alias, got "*a", write the value out',
  ),
  refused(
    1,
    'a file of more than 256 KiB',
    `# ${'x'.repeat(256 * 1024)}`,
    'a.yaml:1:1: the file is too large, got 262146 bytes, keep it under 262144, split it',
  ),
  refused(2, '20,000 nested [', '['.repeat(20_000), 'a.yaml:1:33: more than 32 levels of maps and lists, nest less'),
  refused(
    3,
    'a key twice',
    ab('owner: me\nowner: you'),
    'a.yaml:4:1: the same key twice, got "owner", keep one of them',
  ),
  refused(
    4,
    'a tag',
    ab('owner: !!js/function "x"'),
    'a.yaml:3:8: a tag, got "!!js/function", write the value without it',
  ),
  refused(4, 'a core tag', ab('owner: !!str x'), 'a.yaml:3:8: a tag, got "!!str", write the value without it'),
  refused(4, 'a merge key', ab('reward: { <<: { metric: m } }'), 'a.yaml:3:11: a merge key, write the keys out'),
  refused(
    4,
    'a directive',
    `%YAML 1.1\n---\n${ab('')}`,
    'a.yaml:1:1: a YAML directive, got "%YAML 1.1", remove it; files are YAML 1.2',
  ),
  refused(
    1,
    'an alias',
    ab('owner: &o me\ndescription: *o'),
    'a.yaml:3:8: an anchor, got "&o", write the value out where it is used',
    'a.yaml:4:14: an alias, got "*o", write the value out',
  ),
  refused(5, 'trafic', ab('trafic: 50%'), 'a.yaml:3:1 trafic: unknown key, got "trafic", did you mean traffic?'),
  refused(
    5,
    'a key nothing is near to',
    ab('reward: { metric: m, colour: red }'),
    'a.yaml:3:22 reward.colour: unknown key, got "colour", known: metric, type, range, better, window, lateness, missing, maturity, combine, attribute',
  ),
  refused(
    6,
    '__proto__ as an arm',
    'experiment: a\narms: { __proto__: {}, y: {} }',
    'a.yaml:2:9 arms.__proto__: an arm that is reserved, got "__proto__", use 1 to 64 of a-z 0-9 _ . - and begin with a letter or a digit',
  ),
  refused(
    6,
    'constructor as an experiment',
    'experiment: constructor\narms: [x, y]',
    'a.yaml:1:13 experiment: an experiment that is reserved, got "constructor", use 1 to 64 of a-z 0-9 _ . - and begin with a letter or a digit',
  ),
  refused(
    6,
    'prototype as a metric',
    ab('metrics: { prototype: {} }'),
    'a.yaml:3:12 metrics.prototype: a metric that is reserved, got "prototype", use 1 to 64 of a-z 0-9 _ . - and begin with a letter or a digit',
  ),
  refused(
    6,
    'toString as a metric',
    ab('reward: toString'),
    'a.yaml:3:9 reward: a metric that is reserved, got "toString", use 1 to 64 of a-z 0-9 _ . - and begin with a letter or a digit',
  ),
  refused(
    7,
    'a weight of .nan',
    'experiment: a\narms: { x: { weight: .nan }, y: }',
    'a.yaml:2:22 arms.x.weight: a finite number of at least 0 is needed, got .nan',
  ),
  refused(
    7,
    'a weight of .inf',
    'experiment: a\narms: { x: { weight: .inf }, y: }',
    'a.yaml:2:22 arms.x.weight: a finite number of at least 0 is needed, got .inf',
  ),
  refused(
    7,
    'a negative weight',
    'experiment: a\narms: { x: { weight: -1 }, y: }',
    'a.yaml:2:22 arms.x.weight: a finite number of at least 0 is needed, got -1',
  ),
  refused(
    7,
    'no weight at all',
    'experiment: a\narms: { x: { weight: 0 }, y: { weight: 0 } }',
    'a.yaml:2:7 arms: no arm has a weight, give one of them a weight above 0',
  ),
  refused(7, 'no arms', 'experiment: a\narms: []', 'a.yaml:2:7 arms: an experiment has at least two arms, got 0'),
  refused(7, 'one arm', 'experiment: a\narms: [x]', 'a.yaml:2:7 arms: an experiment has at least two arms, got 1'),
  refused(
    7,
    'an arm twice',
    'experiment: a\narms: [x, y, x]',
    'a.yaml:2:14 arms[2]: the same arm twice, got "x", keep one of them',
  ),
  refused(
    7,
    'a prior of 0',
    ab('policy: { kind: thompson, prior: { alpha: 0, beta: 1 } }\nreward: m'),
    'a.yaml:3:43 policy.prior.alpha: a finite number above 0 is needed, got 0',
  ),
  refused(
    8,
    '1e3 for a name',
    'experiment: 1e3\narms: [x, y]',
    'a.yaml:1:13 experiment: an experiment that YAML reads as the number 1000, got 1e3, write "1e3"',
  ),
  refused(
    8,
    'true for a name',
    'experiment: a\narms: [true, y]',
    'a.yaml:2:8 arms[0]: an arm that YAML reads as the truth value true, got true, write "true"',
  ),
  refused(
    8,
    'a number as the key of an arm',
    'experiment: a\narms: { 1.10: {}, y: {} }',
    'a.yaml:2:9 arms."1.10": an arm that YAML reads as the number 1.1, got 1.10, write "1.10"',
  ),
  refused(
    8,
    'no for false',
    'experiment: a\narms: { x: { off: no }, y: {} }',
    'a.yaml:2:19 arms.x.off: true or false is needed, got "no", write false',
  ),
  refused(
    9,
    'a regular expression',
    ab('audience: [{ attribute: email, op: matches, value: "^(a+)+$" }]'),
    'a.yaml:3:36 audience[0].op: unknown operator, got "matches", use starts, ends, contains or in',
  ),
  refused(
    11,
    'a metadata address',
    'experiment: a\narms: { x: { backend: "http://169.254.169.254/" }, y: }',
    'a.yaml:2:23 arms.x.backend: a link-local address, got "169.254.169.254", name a host of yours',
  ),
  refused(
    11,
    'the same in IPv6',
    'experiment: a\narms: { x: { backend: "http://[::ffff:a9fe:a9fe]/" }, y: }',
    'a.yaml:2:23 arms.x.backend: a link-local address, got "[::ffff:a9fe:a9fe]", name a host of yours',
  ),
  refused(
    11,
    'a host in hexadecimal',
    'experiment: a\narms: { x: { backend: "http://0x7f.1/" }, y: }',
    'a.yaml:2:23 arms.x.backend: a host in an unusual form, got "0x7f.1", write 127.0.0.1',
  ),
  refused(
    11,
    'file:',
    'experiment: a\narms: { x: { backend: "file:///etc/passwd" }, y: }',
    'a.yaml:2:23 arms.x.backend: a backend that is not http or https, got "file:"',
  ),
  refused(
    11,
    'a password, which is not shown',
    'experiment: a\narms: { x: { backend: "http://u:p@h/" }, y: }',
    'a.yaml:2:23 arms.x.backend: a backend with a password in its URL, keep secrets out of files',
  ),
  refused(
    13,
    'a newer schema',
    'schema: 2\nexperiment: a\nunheard: of',
    'a.yaml:1:9 schema: the file is written for schema 2, and this version reads schema 1, read it with the version it was written for, or remove what is new',
  ),
  refused(
    10,
    'two experiments in the same slots of a layer',
    'experiment: a\narms: [x, y]\nlayer: { name: l, slot: [0%, 60%] }\n---\nexperiment: b\narms: [x, y]\nlayer: { name: l, slot: [0%, 60%] }',
    'a.yaml:7:8 layer.slot: b shares units of layer l with other experiments, got [0%, 60%], a (a.yaml:3) has [0%, 60%]; free: [60%, 100%]',
  ),
  {
    row: 12,
    input: 'a secret in the value of an arm',
    expected: 'a warning that does not repeat it',
    says: 'a.arms.x.value.api_key: what looks like a secret: the file is shared, and clients are served its values, keep the secret where the value is used, and name it here',
    act: async () => {
      const text = 'experiment: a\narms: { x: { value: { api_key: 0a1b2c3d4e5f } }, y: }';
      const parsed = parseExperiments(text, 'a.yaml');
      const warnings = parsed.ok ? parsed.experiments.flatMap(secretsIn).map(renderFault) : [];
      const told = warnings.join('\n');
      return { got: told.includes('0a1b2c') ? 'the secret' : 'a warning that does not repeat it', says: told };
    },
  },
  {
    row: 14,
    input: 'the order of arms changed while running, control as before',
    expected: 'taken up',
    act: (loop) => reloadWith(loop, GOOD.replace('[x, y]', '[y, x]').concat('control: x\n')),
  },
  {
    row: 14,
    input: 'the salt changed while running',
    expected: 'taken up',
    proof: 'version 2.1',
    act: (loop) => edited(loop, `${GOOD}salt: other\n`),
  },
];

/** Edits of an experiment file while it is served. */
export const experimentFiles: Surface<Loop> = {
  title: 'Experiment files',
  unchanged: 'the bytes of the log, what was learnt, and the snapshot served',
  rows: [...ROWS].sort((a, b) => a.row - b.row),
  open: () => openLoop({ 'a.yaml': GOOD }),
  state: stateOf,
  close: (loop) => loop.close(),
};
