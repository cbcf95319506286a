import { describe, expect, test } from 'vitest';
import { compileSnapshot } from '../src/compiled-snapshot.js';
import { type DecideOptions, decide } from '../src/decide.js';
import type { Moment } from '../src/decision.js';
import type { Snapshot, SnapshotExperiment } from '../src/protocol/snapshot.js';
import { serving } from '../src/serving.js';

const moment: Moment = { id: 'd-1', now: 1000, ageMs: 5, stale: false, tokenKey: () => undefined };

const experiment = (changes: Partial<SnapshotExperiment> = {}): SnapshotExperiment => ({
  version: '3.7',
  hash: 1,
  salt: 'reader',
  definition: 'sha256:ab',
  assign: 'request',
  status: 'running',
  control: 'small',
  arms: ['large', 'medium', 'small', 'xl'],
  rules: [{ id: 'policy', weights: [0.1, 0.2, 0.3, 0.4] }],
  ...changes,
});

const snapshot = (changes: Partial<SnapshotExperiment> = {}): Snapshot => ({
  schema: 1,
  version: '3.9',
  hash: 'sha256:cd',
  issued: '2026-11-23T05:26:42.123Z',
  experiments: { reader: experiment(changes) },
});

const known = new Map([['reader', { control: 'small', arms: { small: 's', large: 'l' } }]]);

function decideWith(
  changes: Partial<SnapshotExperiment> | undefined,
  options: DecideOptions = {},
  { overrides = {}, name = 'reader' }: { overrides?: { [experiment: string]: string }; name?: string } = {},
) {
  const state = serving(known, new Map(Object.entries(overrides)), true);
  if (changes !== undefined) state.install(snapshot(changes), 0);
  return decide(state.subject(name), options, moment);
}

describe('the order of reasons', () => {
  const never = [{ attribute: 'plan', op: 'is', value: 'none' }] as const;
  const cases: [string, ReturnType<typeof decideWith>, object][] = [
    [
      'a running experiment splits',
      decideWith({}),
      { reason: 'split', randomised: true, rule: 'policy', error: undefined },
    ],
    [
      'no snapshot serves the control arm known from the code',
      decideWith(undefined),
      { reason: 'default', arm: 'small', value: 's', error: 'NO_SNAPSHOT', snapshot: '' },
    ],
    [
      "the call's default arm beats the code's",
      decideWith(undefined, { default: 'large' }),
      { arm: 'large', value: 'l', reason: 'default' },
    ],
    [
      'an unknown experiment is not drawn',
      decideWith({}, {}, { name: 'raeder' }),
      { reason: 'default', arm: '', value: undefined, error: 'UNKNOWN_EXPERIMENT' },
    ],
    [
      "the client's override comes first",
      decideWith({ status: 'paused' }, {}, { overrides: { reader: 'xl' } }),
      { reason: 'override', arm: 'xl', randomised: false, propensity: 1 },
    ],
    [
      'an override works without a snapshot',
      decideWith(undefined, {}, { overrides: { reader: 'large' } }),
      { reason: 'override', arm: 'large', value: 'l', error: undefined },
    ],
    [
      'an override to an arm that is none serves control and says so',
      decideWith({}, {}, { overrides: { reader: 'xxl' } }),
      { reason: 'default', arm: 'small', error: 'UNKNOWN_ARM' },
    ],
    [
      'so does an override to an arm that the code has not, before there is a snapshot',
      decideWith(undefined, {}, { overrides: { reader: 'xxl' } }),
      { reason: 'default', arm: 'small', error: 'UNKNOWN_ARM' },
    ],
    ['a draft is disabled', decideWith({ status: 'draft' }), { reason: 'disabled', arm: 'small', randomised: false }],
    ['a paused experiment is disabled', decideWith({ status: 'paused' }), { reason: 'disabled', arm: 'small' }],
    ['an ended experiment is disabled', decideWith({ status: 'ended' }), { reason: 'disabled', arm: 'small' }],
    [
      'nobody matches: excluded',
      decideWith({ rules: [{ id: 'policy', if: never, weights: [0.25, 0.25, 0.25, 0.25] }] }),
      { reason: 'excluded', arm: 'small', randomised: false },
    ],
    [
      'a rule that is not randomised gives its reason',
      decideWith({ rules: [{ id: 'ship', weights: [1, 0, 0, 0], randomised: false, reason: 'static' }] }),
      { reason: 'static', arm: 'large', rule: 'ship', propensity: 1 },
    ],
    [
      'such a rule is an override by default',
      decideWith({ rules: [{ id: 'qa', weights: [1, 0, 0, 0], randomised: false }] }),
      { reason: 'override', rule: 'qa' },
    ],
    [
      'a unit experiment wants a unit',
      decideWith({ assign: 'unit' }),
      { reason: 'default', arm: 'small', error: 'UNIT_REQUIRED', randomised: false, snapshot: '3.7' },
    ],
    [
      'an empty unit is none',
      decideWith({ assign: 'unit' }, { unit: '' }),
      { reason: 'default', error: 'UNIT_REQUIRED' },
    ],
    [
      'sticky assignment without a store is not drawn',
      decideWith({ assign: 'sticky' }, { unit: 'u-1' }),
      { reason: 'default', arm: 'small', error: 'STICKY_STORE_MISSING' },
    ],
    [
      'a disabled unit experiment needs no unit',
      decideWith({ assign: 'unit', status: 'ended' }),
      { reason: 'disabled', error: undefined },
    ],
  ];
  test.each(cases)('%s', (_, decision, expected) => {
    expect(decision).toMatchObject(expected);
  });
});

test('the first rule whose conditions hold serves', () => {
  const rules = [
    {
      id: 'qa',
      if: [{ attribute: 'email', op: 'ends', value: '@acme.com' }],
      weights: [0, 0, 0, 1],
      randomised: false,
    },
    { id: 'policy', weights: [0.1, 0.2, 0.3, 0.4] },
  ] as const;
  expect(decideWith({ rules }, { context: { email: 'a@acme.com' } })).toMatchObject({ arm: 'xl', rule: 'qa' });
  expect(decideWith({ rules }, { context: { email: 'a@acme.org' } })).toMatchObject({
    reason: 'split',
    rule: 'policy',
  });
  expect(decideWith({ rules })).toMatchObject({ reason: 'split' });
});

test('a randomised decision carries the exact numbers of the snapshot, in a frozen record that decisions share', () => {
  const state = serving(known, new Map(), true);
  state.install(snapshot(), 0);
  const first = decide(state.subject('reader'), { requestId: 'r-1' }, moment);
  const second = decide(state.subject('reader'), { requestId: 'r-2' }, moment);
  expect(first.propensities).toEqual({ large: 0.1, medium: 0.2, small: 0.3, xl: 0.4 });
  expect(first.propensity).toBe(first.propensities[first.arm]);
  expect(second.propensities).toBe(first.propensities);
  expect(Object.isFrozen(first.propensities)).toBe(true);
});

test('a decision that was not drawn has a one-hot vector', () => {
  expect(decideWith({ status: 'ended' }).propensities).toEqual({ large: 0, medium: 0, small: 1, xl: 0 });
  expect(decideWith(undefined).propensities).toEqual({ large: 0, small: 1 });
});

describe('the key of the draw', () => {
  const state = serving(known, new Map(), true);
  const arm = (changes: Partial<SnapshotExperiment>, options: DecideOptions, id: string): string => {
    const one = serving(known, new Map(), true);
    one.install(snapshot(changes), 0);
    return decide(one.subject('reader'), options, { ...moment, id }).arm;
  };
  const arms = (one: (i: number) => string): Set<string> => new Set(Array.from({ length: 200 }, (_, i) => one(i)));

  test('is the decision id for requests, so that each is a fresh draw', () => {
    expect(arms((i) => arm({}, { unit: 'u-1' }, `d-${i}`)).size).toBe(4);
  });
  test('is the requestId where there is one, whatever the decision id', () => {
    expect(arms((i) => arm({}, { requestId: 'r-1' }, `d-${i}`)).size).toBe(1);
  });
  test('is the unit for units', () => {
    expect(arms((i) => arm({ assign: 'unit' }, { unit: 'u-1', requestId: `r-${i}` }, `d-${i}`)).size).toBe(1);
    expect(arms((i) => arm({ assign: 'unit' }, { unit: `u-${i}` }, 'd-1')).size).toBe(4);
  });
  test('changes with the period', () => {
    expect(arms((i) => arm({ assign: 'unit', period: i }, { unit: 'u-1' }, 'd-1')).size).toBe(4);
  });
  test('draws with the weights: frequencies agree with the propensities', () => {
    state.install(snapshot(), 0);
    const counts = new Map<string, number>();
    for (let i = 0; i < 20_000; i += 1) {
      const { arm } = decide(state.subject('reader'), { requestId: `r-${i}` }, moment);
      counts.set(arm, (counts.get(arm) ?? 0) + 1);
    }
    // Chi-squared with 3 degrees of freedom: 16.27 is its 0.999 quantile (scipy.stats.chi2.ppf).
    const expected = { large: 0.1, medium: 0.2, small: 0.3, xl: 0.4 };
    let statistic = 0;
    for (const [name, p] of Object.entries(expected))
      statistic += ((counts.get(name) ?? 0) - 20_000 * p) ** 2 / (20_000 * p);
    expect(statistic).toBeLessThan(16.27);
  });
});

describe('a broken snapshot', () => {
  const broken: [string, unknown][] = [
    ['nothing', null],
    ['a page of text', '<html>'],
    ['another schema', { ...snapshot(), schema: 2 }],
    ['no version', { ...snapshot(), version: 'latest' }],
    ['no experiments', { ...snapshot(), experiments: [] }],
    ['weights of another length', snapshot({ rules: [{ id: 'policy', weights: [0.5, 0.5] }] })],
    ['weights with another sum', snapshot({ rules: [{ id: 'policy', weights: [0.1, 0.2, 0.3, 0.400001] }] })],
    ['a weight that is no number', snapshot({ rules: [{ id: 'policy', weights: [Number.NaN, 0.2, 0.3, 0.5] }] })],
    ['a negative weight', snapshot({ rules: [{ id: 'policy', weights: [-0.1, 0.4, 0.3, 0.4] }] })],
    ['a control that is no arm', snapshot({ control: 'tiny' })],
    ['an arm twice', snapshot({ arms: ['a', 'a', 'small', 'xl'] })],
    ['an arm that would change a prototype', snapshot({ arms: ['__proto__', 'a', 'small', 'xl'] })],
    ['a hash this version cannot draw', snapshot({ hash: 2 as never })],
    [
      'an operator this version does not know',
      snapshot({
        rules: [{ id: 'p', if: [{ attribute: 'a', op: 'like' as never, value: 1 }], weights: [0.1, 0.2, 0.3, 0.4] }],
      }),
    ],
    [
      'an arm for everybody that is a mixture',
      snapshot({ rules: [{ id: 'p', weights: [0.1, 0.2, 0.3, 0.4], randomised: false }] }),
    ],
    ['values of another length', snapshot({ values: [1] })],
  ];
  test.each(broken)('is refused: %s', (_, value) => {
    expect(() => compileSnapshot(value as Snapshot)).toThrow(expect.objectContaining({ code: 'SNAPSHOT_REFUSED' }));
  });
  test('leaves the good one in use', () => {
    const state = serving(known, new Map(), true);
    state.install(snapshot(), 7);
    expect(() => state.install({ ...snapshot({ control: 'tiny' }), version: '3.10' }, 8)).toThrow();
    expect(state.snapshot?.version).toBe('3.9');
    expect(state.confirmedAt).toBe(7);
    expect(decide(state.subject('reader'), {}, moment).reason).toBe('split');
  });
});

test('an older snapshot is ignored, also when its sequence is longer', () => {
  const state = serving(known, new Map(), true);
  expect(state.install({ ...snapshot(), version: '3.9' }, 0)).toBe('new');
  expect(state.install({ ...snapshot(), version: '3.8' }, 0)).toBe('older');
  expect(state.install({ ...snapshot(), version: '2.100' }, 0)).toBe('older');
  expect(state.install({ ...snapshot(), version: '3.9' }, 0)).toBe('same');
  expect(state.install({ ...snapshot(), version: '3.10' }, 0)).toBe('new');
  expect(state.install({ ...snapshot(), version: '4.0' }, 0)).toBe('new');
});
