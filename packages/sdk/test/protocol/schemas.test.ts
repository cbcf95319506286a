import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { experimentFileSchema } from '../../src/protocol/experiment-schema.js';
import { parseExperiments } from '../../src/protocol/file/experiment-file.js';
import { EXPERIMENT_KEYS } from '../../src/protocol/file/experiment-keys.js';
import { jsonSchemas } from '../../src/protocol/json-schemas.js';

test.each(Object.entries(jsonSchemas()))(
  'the committed schema of an %s is the generated one (scripts/schemas.mjs)',
  (name, schema) => {
    const file = new URL(`../../schemas/${name}.schema.json`, import.meta.url);
    expect(readFileSync(file, 'utf8')).toBe(`${JSON.stringify(schema, null, 2)}\n`);
    expect(schema.$schema).toBe('http://json-schema.org/draft-07/schema#');
  },
);

test('the schema of experiment files has the keys that the parser reads', () => {
  expect(Object.keys(experimentFileSchema.shape).sort()).toEqual([...EXPERIMENT_KEYS].sort());
});

const agree = (text: string): { readonly parser: boolean; readonly schema: boolean } => ({
  parser: parseExperiments(text, 'a.yaml').ok,
  schema: (parseAllDocuments(text) as { toJS(): unknown }[]).every(
    (doc) => experimentFileSchema.safeParse(doc.toJS()).success,
  ),
});

describe('parser and schema agree', () => {
  const ab = (rest: string): string => `experiment: a\narms: [x, y]\nreward: m\n${rest}`;

  test.each([
    ab('policy: thompson'),
    ab('policy: { kind: ucb, variant: kl-ucb, c: 0 }'),
    ab('policy: { kind: epsilon-greedy, epsilon: 1 }'),
    ab('policy: { kind: thompson, prior: { alpha: 2, beta: 8 } }'),
    ab(
      'floor: .01\nupdate: 250ms\nassign: request\nadjust: period\nstatus: paused\nship: x\nsalt: s\nhash: 1\nschema: 1',
    ),
    ab('metrics: { n: , r: { type: real, range: [0, 5], combine: max, better: lower, window: 1d, lateness: 0s } }'),
    ab('rollout: { arm: y, steps: [1%, .5, 100%], bake: 10m, max_bake: 1d, on_breach: pause }'),
    ab('guardrails: [{ mean: m, max: 1% }, { p99: m, max_change: 5%, min_samples: 10 }]'),
    ab('features: { device: [a, b], hour: { range: [0, 23], period: 24 }, c: { values: [a, b], missing: a } }'),
    ab(
      'audience: { attribute: country, op: in, value: [NL, BE] }\ntraffic: 100%\nlayer: { name: top, slot: [0%, .25] }\nholdout: { name: h, share: 5% }',
    ),
    ab('overrides: [{ unit: u, arm: x }, { units: [a], arm: y }, { if: [{ attribute: e, op: exists }], arm: x }]'),
    ab('shadow: [{ arm: y, share: 10% }]\ngate: { any: [thing] }'),
    'experiment: a\narms: { x: , y: { value: { n: [1] }, weight: 30%, backend: "http://m:1/v2", off: true }, z: { weight: 70% } }'.replace(
      'x: ,',
      'x: { weight: 0% },',
    ),
  ])('both accept %j', (text) => {
    expect(agree(text)).toEqual({ parser: true, schema: true });
  });

  test.each([
    ab('trafic: 5%'),
    ab('layer: top'),
    ab('layer: { name: top, slot: [0%] }'),
    ab('bake: 10'),
    ab('update: 10'),
    ab('update: 10M'),
    ab('floor: 5'),
    ab('policy: thomson'),
    ab('status: stopped'),
    ab('rollout: { arm: y, steps: [1, 5] }'),
    ab('control: 1.10'),
    ab('hash: 2'),
    ab('schema: 2'),
    ab('guardrails: [{ mean: m, max: high }]'),
    ab('audience: [{ attribute: a, op: regex, value: b }]'),
    'experiment: A\narms: [x, y]',
    'experiment: a\narms: [x]',
    'arms: [x, y]',
    'experiment: a\narms: { x: { weight: -1 }, y: }',
  ])('both refuse %j', (text) => {
    expect(agree(text)).toEqual({ parser: false, schema: false });
  });
});
