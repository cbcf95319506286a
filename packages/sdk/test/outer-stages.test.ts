import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type DecideOptions, decide } from '../src/decide.js';
import type { DecisionRecord, Moment } from '../src/decision.js';
import { decisionEvent } from '../src/decision-event.js';
import { createClient } from '../src/index.js';
import { hashPrefix, stageUniform } from '../src/policies/index.js';
import { partitionKey } from '../src/protocol/event.js';
import { idFault, isId } from '../src/protocol/id.js';
import type { Snapshot, SnapshotExperiment } from '../src/protocol/snapshot.js';
import { serving } from '../src/serving.js';
import { snapshot as served } from './client-snapshot.js';
import { scriptedTransport } from './scripted-transport.js';

const moment: Moment = { id: 'd-1', now: 1000, ageMs: 5, stale: false, tokenKey: () => undefined };
const snapshotWith = (changes: Partial<SnapshotExperiment>): Snapshot => ({
  ...served,
  experiments: {
    page: {
      version: '3.7',
      hash: 1,
      salt: 'page',
      definition: 'sha256:ab',
      assign: 'unit',
      status: 'running',
      control: 'a',
      arms: ['a', 'b', 'c'],
      rules: [{ id: 'policy', weights: [0.2, 0.3, 0.5] }],
      ...changes,
    },
  },
});
function decider(changes: Partial<SnapshotExperiment>, overrides: { readonly [experiment: string]: string } = {}) {
  const state = serving(new Map(), new Map(Object.entries(overrides)), true);
  state.install(snapshotWith(changes), 0);
  return (options: DecideOptions, id = 'd-1'): DecisionRecord =>
    decide(state.subject('page'), options, { ...moment, id });
}
const units = Array.from({ length: 3000 }, (_, i) => `u-${i}`);
const ALL = { holdout: { share: 0.2 }, layer: { name: 'top', slot: [0.1, 0.7] }, traffic: 0.5 } as const;

describe('what comes before what', () => {
  /** Three units: held out, outside the layer, outside the traffic; and one that is drawn. */
  const u = (domain: 'holdout' | 'layer' | 'traffic', by: string) => (unit: string) =>
    stageUniform(hashPrefix(domain, by), unit);
  const [h, l, t] = [u('holdout', 'page'), u('layer', 'top'), u('traffic', 'page')];
  const inLayer = (unit: string): boolean => l(unit) >= 0.1 && l(unit) < 0.7;
  const find = (holds: (unit: string) => boolean): string => units.find(holds) ?? '';
  const held = find((unit) => h(unit) < 0.2 && !inLayer(unit) && t(unit) >= 0.5);
  const outside = find((unit) => h(unit) >= 0.2 && !inLayer(unit) && t(unit) >= 0.5);
  const spared = find((unit) => h(unit) >= 0.2 && inLayer(unit) && t(unit) >= 0.5);
  const drawn = find((unit) => h(unit) >= 0.2 && inLayer(unit) && t(unit) < 0.5);
  const qa = {
    id: 'qa',
    if: [{ attribute: 'qa', op: 'is', value: true }],
    weights: [0, 1, 0],
    randomised: false,
  } as const;
  const policy = { id: 'policy', weights: [0.2, 0.3, 0.5] } as const;
  const nobody = { ...policy, if: [{ attribute: 'plan', op: 'is', value: 'none' }] } as const;

  // Probabilities by hand: .2; .8 (1 - .6 x .5); .8 x .6 x .5
  test.each<[string, DecisionRecord, object]>([
    ['holdout before layer and traffic', decider(ALL)({ unit: held }), { reason: 'holdout', arm: 'a', outer: 0.2 }],
    ['layer before traffic', decider(ALL)({ unit: outside }), { reason: 'excluded', arm: 'a', outer: 0.56 }],
    ['traffic before the draw', decider(ALL)({ unit: spared }), { reason: 'excluded', arm: 'a', outer: 0.56 }],
    ['the draw', decider(ALL)({ unit: drawn }), { reason: 'split', randomised: true, outer: 0.24, rule: 'policy' }],
    [
      'an override of the client before all',
      decider(ALL, { page: 'c' })({ unit: held }),
      { reason: 'override', arm: 'c' },
    ],
    ['a pause before all', decider({ ...ALL, status: 'paused' })({ unit: held }), { reason: 'disabled' }],
    [
      'a rule of people before all',
      decider({ ...ALL, rules: [qa, policy] })({ unit: held, context: { qa: true } }),
      { reason: 'override', arm: 'b' },
    ],
    [
      'the audience before all',
      decider({ ...ALL, rules: [nobody] })({ unit: held }),
      { reason: 'excluded', outer: undefined },
    ],
    [
      'a shipped arm before all',
      decider({ ...ALL, rules: [{ ...qa, if: [], reason: 'static' }] })({ unit: held }),
      { reason: 'static', arm: 'b' },
    ],
    ['a missing unit before all', decider(ALL)({}), { reason: 'default', error: 'UNIT_REQUIRED' }],
  ])('%s', (_, decision, expected) => {
    expect(decision).toMatchObject({ outer: undefined, ...expected });
    expect(decision.randomised).toBe(decision.reason === 'split');
    if (!decision.randomised) expect(decision.propensity).toBe(1);
  });

  test('the event says the probability of what happened, and nothing where no stage was met', () => {
    const data = (decision: DecisionRecord) => decisionEvent(decision, '/s', 0).data;
    expect(data(decider(ALL)({ unit: held }))).toMatchObject({ reason: 'holdout', outer: 0.2, propensity: 1 });
    expect(data(decider(ALL)({ unit: drawn }))).toMatchObject({ reason: 'split', outer: 0.24 });
    expect(data(decider({})({ unit: drawn }))).not.toHaveProperty('outer');
    expect(data(decider({ ...ALL, rules: [nobody] })({ unit: held }))).not.toHaveProperty('outer');
  });
});

describe('who takes part', () => {
  test('raising traffic moves no unit that was in to another arm, and takes none out', () => {
    const share = fc.integer({ min: 1, max: 1000 }).map((thousandths) => thousandths / 1000);
    fc.assert(
      fc.property(share, share, fc.string({ minLength: 1, maxLength: 20 }).filter(isId), (a, b, unit) => {
        const before = decider({ traffic: Math.min(a, b) })({ unit });
        const after = decider({ traffic: Math.max(a, b) })({ unit });
        if (before.reason === 'split') expect([after.reason, after.arm]).toEqual(['split', before.arm]);
      }),
      { numRuns: 1000 },
    );
  });

  test('does not depend on the period, the salt of the layer’s other experiments, or the arms', () => {
    const reasons = (changes: Partial<SnapshotExperiment>) => {
      const one = decider({ ...ALL, ...changes });
      return units.map((unit) => one({ unit }).reason);
    };
    const plain = reasons({});
    expect(new Set(plain)).toEqual(new Set(['split', 'holdout', 'excluded']));
    expect(reasons({ period: 1 })).toEqual(plain);
    expect(reasons({ period: 20_563 })).toEqual(plain);
    expect(reasons({ arms: ['a', 'b', 'd'], rules: [{ id: 'policy', weights: [1, 0, 0] }] })).toEqual(plain);
  });

  test('for requests is the unit’s affair where there is one, else that of what is drawn by', () => {
    const one = decider({ ...ALL, assign: 'request' });
    const reasons = (options: (i: number) => DecideOptions) =>
      new Set(Array.from({ length: 300 }, (_, i) => one(options(i), `d-${i}`).reason));
    expect(reasons((i) => ({ unit: 'u-1', requestId: `r-${i}` })).size).toBe(1);
    expect(reasons(() => ({ requestId: 'r-1' })).size).toBe(1);
    expect(reasons(() => ({})).size).toBe(3);
    for (const options of [{ unit: 'u-7', requestId: 'r-7' }, { requestId: 'r-7' }, {}]) {
      const decision = one(options, 'd-9');
      const key = partitionKey(decisionEvent(decision, '/s', 0));
      expect(stageUniform(hashPrefix('holdout', 'page'), key) < 0.2).toBe(decision.reason === 'holdout');
    }
  });
});

test.each<[string, object]>([
  ['a holdout without share', { holdout: { name: 'h' } }],
  ['a holdout beyond all', { holdout: { share: 1.1 } }],
  ['a holdout of nothing', { holdout: null }],
  ['a holdout with an empty name', { holdout: { name: '', share: 0.1 } }],
  ['a layer without name', { layer: { slot: [0, 0.5] } }],
  ['a layer without slot', { layer: { name: 'top' } }],
  ['a slot that ends where it begins', { layer: { name: 'top', slot: [0.5, 0.5] } }],
  ['a slot of texts', { layer: { name: 'top', slot: ['0', '1'] } }],
  ['no traffic', { traffic: 0 }],
  ['traffic that is no number', { traffic: Number.NaN }],
])('a snapshot is refused for %s', (_, changes) => {
  const fault = expect.objectContaining({ code: 'SNAPSHOT_REFUSED' });
  expect(() => decider(changes as Partial<SnapshotExperiment>)).toThrow(fault);
});

describe('an id that no log takes', () => {
  const bad = [
    'x'.repeat(1_000_000),
    'x'.repeat(129),
    'ü'.repeat(65),
    'a\u0000',
    'a\n',
    'a\u007f',
    '\u0085',
    'a\ud800',
    '\udc00b',
  ];

  test.each(bad)('serves the control and says so: case %#', (unit) => {
    const expected = { arm: 'a', reason: 'default', randomised: false, error: 'ID_INVALID' };
    expect(decider({})({ unit })).toMatchObject(expected);
    expect(decider({ assign: 'request' })({ unit })).toMatchObject(expected);
    expect(decider({ assign: 'request' })({ requestId: unit })).toMatchObject(expected);
    expect(decider({}, { page: 'b' })({ unit })).toMatchObject(expected);
  });

  test('is told once, and not sent', async () => {
    const client = createClient({ transport: scriptedTransport([], served), refresh: 'manual' });
    await client.ready();
    const told: string[] = [];
    client.on('error', ({ code, message }) => told.push(`${code} ${message}`));
    for (let i = 0; i < 3; i += 1) client.decide('layout', { unit: `a\u0000${i}` });
    expect(told).toEqual([
      'ID_INVALID an id is not acceptable, got "layout", send a well-formed string of 1 to 128 bytes without control characters',
    ]);
    expect(client.outbox.produced).toBe(0);
    await client.close();
  });

  test('is the same for the client and for the server', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 140 }),
      fc.string({
        unit: fc.constantFrom('a', 'é', '漢', '😀', '\ud800', '\udfff', '\u0080', '\u00a0'),
        maxLength: 130,
      }),
      fc.constantFrom('x'.repeat(128), 'x'.repeat(129), 'é'.repeat(64), `${'é'.repeat(64)}x`, '😀'.repeat(32)),
    );
    fc.assert(
      fc.property(text, (id) => {
        expect(isId(id)).toBe(idFault(id) === undefined);
      }),
      { numRuns: 5000 },
    );
  });
});
