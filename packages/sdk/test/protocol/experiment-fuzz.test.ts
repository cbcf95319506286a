import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { definitionOf } from '../../src/protocol/definition.js';
import { parseExperiments } from '../../src/protocol/file/experiment-file.js';
import { EXPERIMENT_KEYS } from '../../src/protocol/file/experiment-keys.js';
import { renderFault } from '../../src/protocol/file/faults.js';
import { notYetRun } from '../../src/protocol/file/not-yet-run.js';

const SEED = `experiment: a
arms: { x: { weight: 30%, value: { n: 1 } }, y: { weight: 70%, backend: "http://m:1/" } }
policy: { kind: thompson, prior: { alpha: 1, beta: 1 } }
reward: { metric: m, window: 10m, range: [0, 1] }
guardrails: [{ p99: latency_ms, max: 40 }]
rollout: { arm: y, steps: [1%, 100%], bake: 10m }
audience: [{ attribute: country, op: in, value: [NL, BE] }]
overrides: [{ unit: u, arm: x }]
features: { device: [a, b], hour: { range: [0, 23], period: 24 } }
`;

/** The file with one stretch of it replaced. */
const mutated = fc
  .record({
    at: fc.nat(SEED.length),
    cut: fc.nat(12),
    put: fc.oneof(
      fc.string({ maxLength: 6 }),
      fc.constantFrom('[', '{', '- ', ': ', '\n', '.nan', '&a', '!!x', '1.10', '"', "'", '|'),
    ),
  })
  .map(({ at, cut, put }) => SEED.slice(0, at) + put + SEED.slice(at + cut));

const anyValue = fc.oneof(
  fc.constantFrom('x', 'y', '5%', '10m', 'never', 1, 0, -1, 1.5, true, null, [], {}),
  fc.jsonValue({ maxDepth: 3 }),
);
/** Any value under every key that a file may have. */
const typed = fc
  .dictionary(fc.constantFrom(...EXPERIMENT_KEYS), anyValue, { maxKeys: 12 })
  .map((keys) => stringify({ experiment: 'a', arms: ['x', 'y'], ...keys }));
/** Any members in the maps inside. */
const inner = fc
  .tuple(
    fc.constantFrom(
      'reward',
      'metrics',
      'policy',
      'rollout',
      'guardrails',
      'features',
      'overrides',
      'audience',
      'arms',
      'shadow',
      'layer',
    ),
    fc.dictionary(
      fc.constantFrom(
        'metric',
        'type',
        'range',
        'kind',
        'prior',
        'arm',
        'steps',
        'mean',
        'max',
        'if',
        'unit',
        'units',
        'attribute',
        'op',
        'value',
        'window',
        'weight',
        '__proto__',
        'toString',
      ),
      anyValue,
    ),
    fc.boolean(),
  )
  .map(([key, members, list]) => stringify({ experiment: 'a', arms: ['x', 'y'], [key]: list ? [members] : members }));

test('arbitrary text never throws, changes no prototype, and gives frozen experiments or placed faults', () => {
  const before = Object.getOwnPropertyNames(Object.prototype).join();
  let accepted = 0;
  const check = (text: string): void => {
    const parsed = parseExperiments(text, 'a.yaml');
    if (!parsed.ok) {
      expect(parsed.faults.length).toBeGreaterThan(0);
      const lines = text.split(/\r\n|\n|\r/).length;
      const placed = /^a\.yaml:[1-9]\d*:[1-9]\d*( |:)/;
      expect(parsed.faults.filter((fault) => !placed.test(renderFault(fault)) || fault.line! > lines)).toEqual([]);
      return;
    }
    for (const experiment of parsed.experiments) {
      accepted += 1;
      expect(Object.isFrozen(experiment)).toBe(true);
      expect(definitionOf(experiment).hash).toMatch(/^sha256:/);
      expect(notYetRun(experiment)).toBeInstanceOf(Array);
      expect(experiment.arms.map(({ id }) => id)).toContain(experiment.control);
    }
  };
  fc.assert(fc.property(fc.string({ unit: 'binary' }), check), { numRuns: 500 });
  fc.assert(fc.property(mutated, check), { numRuns: 1000 });
  fc.assert(fc.property(typed, check), { numRuns: 700 });
  fc.assert(fc.property(inner, check), { numRuns: 700 });
  expect(accepted).toBeGreaterThan(20);
  expect(Object.getOwnPropertyNames(Object.prototype).join()).toBe(before);
});
