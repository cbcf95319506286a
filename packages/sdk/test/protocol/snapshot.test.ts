import fc from 'fast-check';
import { expect, test } from 'vitest';
import { contentHash } from '../../src/protocol/canonical-json.js';
import type { Snapshot, SnapshotExperiment } from '../../src/protocol/snapshot.js';
import { parseSnapshot } from '../../src/protocol/snapshot-schema.js';

const reader: SnapshotExperiment = {
  version: '7.31',
  hash: 1,
  salt: 'q7Zk3M8V',
  definition: `sha256:${'ab'.repeat(32)}`,
  assign: 'request',
  status: 'running',
  control: 'small',
  arms: ['large', 'medium', 'small'],
  values: [1, { n: 2 }, null],
  reward: 'correct',
  rules: [
    { id: 'qa', if: [{ attribute: 'email', op: 'ends', value: '@acme.com' }], weights: [0, 0, 1], randomised: false },
    { id: 'policy', weights: [0.1, 0.2, 0.7] },
  ],
};
const snapshot = (experiment: object = reader, outer: object = {}): Snapshot => {
  const experiments = { 'digit-reader': experiment } as Snapshot['experiments'];
  const hash = contentHash(experiments);
  return { schema: 1, version: '7.42', hash, issued: '2026-11-23T05:26:42.123Z', experiments, ...outer };
};
const at = (path: string): string => `/experiments/digit-reader${path}`;

test('a snapshot is accepted with fields that are not known, which are kept', () => {
  const given = snapshot({ ...reader, model: { kind: 'later' } }, { later: true });
  expect(parseSnapshot(given)).toEqual({ ok: true, snapshot: given });
});

test.each<[string, unknown, string, string]>([
  [
    'row 52: a newer schema',
    snapshot(reader, { schema: 2 }),
    '/schema',
    'schema is 2, and this version reads schema 1',
  ],
  ['row 52: truncated', { schema: 1, version: '7.42' }, '/hash', 'hash is missing'],
  [
    'row 52: a bad checksum, both told',
    snapshot(reader, { hash: `sha256:${'00'.repeat(32)}` }),
    '/hash',
    `hash is "sha256:${'0'.repeat(53)}…", and that of the experiments is ${snapshot().hash}`,
  ],
  [
    'row 52: a hash by which this version cannot draw',
    snapshot({ ...reader, hash: 2 }),
    at('/hash'),
    'hash is 2, and this version draws by hash 1',
  ],
  [
    'row 53: a weight in a string',
    snapshot({ ...reader, rules: [{ id: 'policy', weights: [0.5, '0.5', 0] }] }),
    at('/rules/0/weights/1'),
    'weights[1] is "0.5", not a share of at most nine decimals',
  ],
  [
    'row 53: a negative weight',
    snapshot({ ...reader, rules: [{ id: 'policy', weights: [1.5, -0.5, 0] }] }),
    at('/rules/0/weights/0'),
    'weights[0] is 1.5, not a share of at most nine decimals',
  ],
  [
    'row 53: a weight of ten decimals',
    snapshot({ ...reader, rules: [{ id: 'policy', weights: [0.1234567891, 0.2, 0.6765432109] }] }),
    at('/rules/0/weights/0'),
    'weights[0] is 0.1234567891, not a share of at most nine decimals',
  ],
  [
    'row 53: a billionth too much',
    snapshot({ ...reader, rules: [{ id: 'policy', weights: [0.1, 0.2, 0.700000001] }] }),
    at('/rules/0/weights'),
    'weights sums to 1.000000001, not to 1',
  ],
  [
    'row 53: a vector too short',
    snapshot({ ...reader, rules: [{ id: 'policy', weights: [0.5, 0.5] }] }),
    at('/rules/0/weights'),
    'weights has 2 entries for 3 arms',
  ],
  ['row 53: values too short', snapshot({ ...reader, values: [1] }), at('/values'), 'values has 1 entries for 3 arms'],
  [
    'arms out of order',
    snapshot({ ...reader, arms: ['large', 'small', 'medium'] }),
    at('/arms/2'),
    'arms[2] is not in code-point order after "small"',
  ],
  [
    'an arm twice',
    snapshot({ ...reader, arms: ['large', 'small', 'small'] }),
    at('/arms/2'),
    'arms[2] is not in code-point order after "small"',
  ],
  [
    'a control that is no arm',
    snapshot({ ...reader, control: 'xl' }),
    at('/control'),
    'control is "xl", which is no arm',
  ],
  [
    'a rule twice',
    snapshot({ ...reader, rules: [reader.rules[1], reader.rules[1]] }),
    at('/rules/1/id'),
    'id is "policy" for the second time',
  ],
  ['no rules', snapshot({ ...reader, rules: [] }), at('/rules'), expect.any(String) as unknown as string],
  [
    'an operator of a later version',
    snapshot({ ...reader, rules: [{ ...reader.rules[0], if: [{ attribute: 'a', op: 'regex', value: 'x' }] }] }),
    at('/rules/0/if/0/op'),
    'op is "regex", an operator this version does not have',
  ],
  [
    'row 17: a key __proto__ in a value',
    snapshot({ ...reader, values: [1, JSON.parse('{"__proto__":1}'), 2] }),
    '',
    'a key could change a prototype',
  ],
])('%s is refused', (_, value, pointer, detail) => {
  const parsed = parseSnapshot(value);
  expect(parsed.ok ? undefined : parsed.faults[0]).toEqual({ pointer, code: expect.any(String), detail });
});

test('row 53: NaN and infinities are refused, entry named', () => {
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
    const rules = [{ id: 'policy', weights: [bad, 0, 1] }];
    const value = { ...snapshot(), experiments: { 'digit-reader': { ...reader, rules } } };
    const parsed = parseSnapshot(value);
    expect(parsed.ok ? [] : parsed.faults.map(({ pointer }) => pointer)).toContain(at('/rules/0/weights/0'));
  }
});

test('any vector of billionths that sums to 1 is accepted', () => {
  fc.assert(
    fc.property(fc.nat(1_000_000_000), fc.nat(1_000_000_000), (a, b) => {
      const [low, high] = a < b ? [a, b] : [b, a];
      const weights = [low, high - low, 1_000_000_000 - high].map((part) => part / 1_000_000_000);
      expect(parseSnapshot(snapshot({ ...reader, rules: [{ id: 'policy', weights }] })).ok).toBe(true);
    }),
    { numRuns: 300 },
  );
});

test('arbitrary input never throws and changes no prototype', () => {
  const before = Object.getOwnPropertyNames(Object.prototype).join();
  const hostile = fc.oneof(
    fc.anything(),
    fc.anything().map((rules) => snapshot({ ...reader, rules: fc.stringify(rules) })),
  );
  const inside = fc.anything().map((rules) => ({ ...snapshot(), experiments: { a: { ...reader, rules } } }));
  fc.assert(
    fc.property(fc.oneof(hostile, inside), (value) => {
      expect(parseSnapshot(value)).toHaveProperty('ok');
    }),
    { numRuns: 2000 },
  );
  expect(Object.getOwnPropertyNames(Object.prototype).join()).toBe(before);
});
