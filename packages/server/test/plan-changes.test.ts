import { createClient, type Snapshot } from '@armature/sdk';
import { changeEffect, parseExperimentSet } from '@armature/sdk/protocol';
import { memoryStickyStore, stickyAssignment } from '@armature/sdk/sticky';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { changedKeys } from '../src/experiments/changed-keys.js';
import { loadExperiments } from '../src/experiments/load-experiments.js';
import { type ExperimentPlan, planChanges } from '../src/experiments/plan-changes.js';
import { servedState } from '../src/experiments/served-state.js';
import { decisionOf, idAt, rewardOf, until, type Workspace, workspace } from './workspace.js';

const spaces: Workspace[] = [];
afterEach(async () => {
  for (const space of spaces.splice(0)) await space.dispose();
});

const NOON = Date.UTC(2026, 10, 24, 12);
const clock = { now: () => NOON, every: () => () => {}, after: () => () => {} };

/** What is planned for a change of files, and what a server then really served before and after it. */
async function changed(from: string, to: string) {
  const space = await workspace({ 'a.yaml': from });
  spaces.push(space);
  const engine = await space.open({ clock });
  const before = engine.snapshot;
  const epoch = (name: string): number => engine.known.get(name)?.epoch ?? 0;
  const epochBefore = epoch('x');
  const state = servedState(
    engine.registry,
    engine.known,
    engine.partitions.map((partition) => partition.state),
  );
  const plan = planChanges(loadExperiments([{ file: 'a.yaml', text: to }]), state, NOON);
  await space.write('a.yaml', to);
  const fault = await engine.reload();
  if (fault !== undefined) throw fault;
  return { plan, before, after: engine.snapshot, reset: epoch('x') > epochBefore && epochBefore > 0 };
}

/** The share of ids that are served another arm by one snapshot than by another, decided as a client decides. */
function observedShare(before: Snapshot, after: Snapshot, units: number): number {
  const [a, b] = [before, after].map((bootstrap) =>
    createClient({ bootstrap, refresh: 'manual', logger: false, outbox: { capacity: 1 } }),
  );
  let moved = 0;
  for (let i = 0; i < units; i += 1) {
    const unit = `u-${i}`;
    if (a!.decide('x', { unit }).arm !== b!.decide('x', { unit }).arm) moved += 1;
  }
  return moved / units;
}

const within4Errors = (observed: number, expected: number, units: number): void => {
  const error = Math.sqrt((expected * (1 - expected)) / units);
  expect(Math.abs(observed - expected)).toBeLessThanOrEqual(4 * error + 1e-12);
};

const only = (plans: readonly ExperimentPlan[]): ExperimentPlan => {
  expect(plans).toHaveLength(1);
  return plans[0]!;
};

const weighted = (a: string, b: string, c: string, more = ''): string =>
  `experiment: x\narms: { a: { weight: ${a} }, b: { weight: ${b} }, c: { weight: ${c} } }\n${more}`;

describe('the share of units that a plan prints', () => {
  test('is that of a million ids which change arm', async () => {
    const { plan, before, after } = await changed(weighted('50%', '30%', '20%'), weighted('20%', '35%', '45%'));
    const { moves } = only(plan.experiments);
    // oracle: the formula 1 - sum_k 1 / sum_j max(p_j/p_k, q_j/q_k) in Python 3.11
    expect(moves?.changed).toBeCloseTo(0.346987951807, 11);
    expect(moves).toMatchObject({ entering: 0, leaving: 0, by: 'hash' });
    within4Errors(observedShare(before, after, 1_000_000), moves!.changed!, 1_000_000);
  });

  const EVEN = weighted('1', '1', '1');
  test.each([
    ['an arm that is killed', EVEN, EVEN.replace('b: { weight: 1 }', 'b: { weight: 1, off: true }')],
    ['an arm that is new', 'experiment: x\narms: [a, b]\n', 'experiment: x\narms: [a, b, c]\n'],
    ['less traffic', EVEN, `${EVEN}traffic: 30%\n`],
    ['more traffic, other weights', `${EVEN}traffic: 30%\n`, weighted('3', '1', '1', 'traffic: 60%\n')],
    ['a holdout under another name', `${EVEN}holdout: 20%\n`, `${EVEN}holdout: { name: all, share: 10% }\n`],
    [
      'a slot that is shifted',
      `${EVEN}layer: { name: l, slot: [10%, 60%] }\n`,
      `${EVEN}layer: { name: l, slot: [40%, 70%] }\n`,
    ],
    [
      'another layer, holdout, traffic and control at once',
      `${EVEN}layer: { name: l, slot: [10%, 60%] }\nholdout: 10%\ntraffic: 50%\n`,
      weighted('4', '1', '1', 'control: b\nlayer: { name: m, slot: [0%, 80%] }\nholdout: 20%\ntraffic: 75%\n'),
    ],
    ['another salt', weighted('5', '3', '2'), weighted('5', '3', '2', 'salt: other\n')],
    ['a pinned arm', weighted('5', '3', '2', 'traffic: 50%\n'), weighted('5', '3', '2', 'traffic: 50%\nship: b\n')],
    ['a pause', EVEN, `${EVEN}status: paused\n`],
    ['a start', `${EVEN}status: paused\n`, EVEN],
    ['no change of who gets what', EVEN, `${EVEN}description: other words\n`],
    ['a split that learns from now on, in periods', EVEN, `${EVEN}policy: thompson\nreward: m\n`],
  ])('holds for %s', async (_, from, to) => {
    const { plan, before, after } = await changed(from, to);
    const { moves } = only(plan.experiments);
    within4Errors(observedShare(before, after, 100_000), moves!.changed!, 100_000);
  });

  test('counts who begins to take part and who stops, as the client says', async () => {
    const from = weighted('1', '1', '1', 'layer: { name: l, slot: [10%, 60%] }\ntraffic: 50%\n');
    const to = weighted('1', '1', '1', 'layer: { name: l, slot: [40%, 70%] }\ntraffic: 80%\n');
    const { plan, before, after } = await changed(from, to);
    const { moves } = only(plan.experiments);
    // by hand: before .5 * .5 = .25, after .3 * .8 = .24, both .2 * .5 = .1
    expect(moves).toMatchObject({ entering: 0.14, leaving: 0.15, redrawn: 0 });
    const [a, b] = [before, after].map((bootstrap) => createClient({ bootstrap, refresh: 'manual', logger: false }));
    let [entering, leaving] = [0, 0];
    for (let i = 0; i < 100_000; i += 1) {
      const [was, will] = [a!, b!].map((client) => client.decide('x', { unit: `u-${i}` }).randomised);
      if (!was && will) entering += 1;
      if (was && !will) leaving += 1;
    }
    within4Errors(entering / 100_000, 0.14, 100_000);
    within4Errors(leaving / 100_000, 0.15, 100_000);
  });

  test('is that of the arms in a store for assign: sticky', async () => {
    const from = weighted('50%', '30%', '20%', 'assign: sticky\n');
    const to = weighted('20%', '80%', '0%', 'assign: sticky\n');
    const { plan, before, after } = await changed(from, to);
    const { moves } = only(plan.experiments);
    expect(moves).toMatchObject({ by: 'store', changed: 0.2 });
    const store = memoryStickyStore();
    const [a, b] = [before, after].map((bootstrap) =>
      createClient({ bootstrap, refresh: 'manual', logger: false, sticky: stickyAssignment(store) }),
    );
    const arms: [string[], string[]] = [[], []];
    for (let i = 0; i < 4000; i += 1) {
      await a!.prefetch(`u-${i}`);
      arms[0].push(a!.decide('x', { unit: `u-${i}` }).arm);
    }
    await a!.close({ timeoutMs: 1000 });
    for (let i = 0; i < 4000; i += 1) {
      await b!.prefetch(`u-${i}`);
      arms[1].push(b!.decide('x', { unit: `u-${i}` }).arm);
    }
    within4Errors(arms[0].filter((arm, i) => arm !== arms[1][i]).length / 4000, 0.2, 4000);
  });

  test('is none where each request is drawn anyway', async () => {
    const { plan } = await changed(
      weighted('1', '1', '1', 'assign: request\n'),
      weighted('3', '1', '1', 'assign: request\n'),
    );
    expect(only(plan.experiments).moves).toEqual({
      changed: null,
      redrawn: null,
      entering: 0,
      leaving: 0,
      by: 'request',
    });
  });
});

const share = fc.constantFrom('10%', '50%', '90%');
const arms = fc.constantFrom(
  ['a', 'b'],
  ['a', 'b', 'c'],
  { a: { weight: 3 }, b: {} },
  { a: { value: 'other' }, b: {} },
  { a: { off: true }, b: {}, c: { weight: 2 } },
);
const reward = fc.record(
  {
    metric: fc.constantFrom('m', 'n'),
    window: fc.constantFrom('1h', '2h'),
    missing: fc.constantFrom('zero', 'ignored'),
    lateness: fc.constantFrom('1s', '2s'),
    better: fc.constantFrom('higher', 'lower'),
  },
  { requiredKeys: ['metric'] },
);
/** A file as a person might have written it: JSON is YAML. */
const file = fc
  .record(
    {
      arms,
      reward,
      metrics: fc.constantFrom({ m: { type: 'count' } }, { k: {} }, {}),
      assign: fc.constantFrom('unit', 'request', 'sticky'),
      policy: fc.constantFrom('fixed', 'thompson', 'epsilon-greedy', 'ucb'),
      status: fc.constantFrom('running', 'paused', 'ended'),
      salt: fc.constantFrom('s', 't'),
      floor: fc.constantFrom('1%', '2%'),
      update: fc.constantFrom('1d', '2d'),
      control: fc.constantFrom('a', 'b'),
      ship: fc.constantFrom('a', 'b'),
      traffic: share,
      holdout: share,
      description: fc.constantFrom('one', 'two'),
      reassign: fc.constantFrom('1d', '2d'),
    },
    { requiredKeys: ['arms'] },
  )
  .map((keys) => JSON.stringify({ experiment: 'x', ...keys }))
  .filter((text) => parseExperimentSet([{ file: 'a.yaml', text }]).ok);

describe('plan and serve', () => {
  test('agree on the effect, the version and all that is served, whatever changes into what', async () => {
    await fc.assert(
      fc.asyncProperty(file, file, async (from, to) => {
        const { plan, after, reset } = await changed(from, to);
        const { effect, change } = only(plan.experiments);
        expect(plan.after.experiments).toEqual(after.experiments);
        expect(effect === 'resets-posterior').toBe(reset);
        if (change === 'unchanged') expect(plan.after.experiments).toEqual(plan.before.experiments);
      }),
      { numRuns: 40, seed: 20261124 },
    );
  });

  test('agree on weights that rest on rewards, and count the trials that are open', async () => {
    const learning = (more: string): string =>
      `experiment: x\narms: [a, b]\nassign: request\npolicy: thompson\nreward: { metric: m, window: 1h, maturity: immediate, missing: ignored }\n${more}`;
    const space = await workspace({ 'a.yaml': learning('') });
    spaces.push(space);
    const engine = await space.open();
    const now = Date.now();
    const decisions = Array.from({ length: 60 }, (_, i) => decisionOf(engine.snapshot, 'x', i % 2 ? 'a' : 'b', now));
    const rewards = decisions.slice(0, 40).map(({ id }, i) => rewardOf('x', id, { m: i % 2 }, now));
    const orphan = rewardOf('x', idAt(now), { m: 1 }, now);
    const { errors } = await engine.ingest([...decisions, ...rewards, orphan]);
    expect(errors).toEqual([]);
    await until(() => (engine.openTrials().get('x')?.open ?? 0) > 0, 'trials are folded');
    const plans = ['floor: 10%\n', 'salt: other\n'].map((more) => {
      const states = engine.partitions.map((partition) => partition.state);
      const files = [{ file: 'a.yaml', text: learning(more) }];
      return planChanges(loadExperiments(files), servedState(engine.registry, engine.known, states), now);
    });
    expect(plans[0]?.experiments[0]).toMatchObject({ effect: 'keeps-posterior', openTrials: 60, waitingRewards: 1 });
    // oracle: the floor of 10% beneath a posterior that is sure, and a posterior that begins anew
    expect(plans[0]?.experiments[0]?.weights.map(({ to }) => to)).toEqual([0.9, 0.1]);
    expect(plans[1]?.experiments[0]?.weights.map(({ to }) => to)).toEqual([0.5, 0.5]);
    await space.write('a.yaml', learning('floor: 10%\n'));
    expect(await engine.reload()).toBeUndefined();
    expect(engine.snapshot.experiments.x?.rules).toEqual(plans[0]?.after.experiments.x?.rules);
  });

  test('agree that a change resets exactly when one of its keys does', () => {
    fc.assert(
      fc.property(file, file, (from, to) => {
        const [before, after] = [from, to].map((text) => loadExperiments([{ file: 'a.yaml', text }])[0]!);
        const keys = changedKeys(before!, after!);
        const resets = keys.some(({ effect }) => effect === 'resets-posterior');
        expect(resets).toBe(changeEffect(before!, after!) === 'resets-posterior');
        expect(new Set(keys.map(({ key }) => key)).size).toBe(keys.length);
        expect(changedKeys(before!, before!)).toEqual([]);
      }),
      { numRuns: 1000, seed: 20261124 },
    );
  });

  test('agree on what comes, goes and stays', async () => {
    const two = 'experiment: x\narms: [a, b]\n---\nexperiment: y\narms: [a, b]\n';
    const { plan, after } = await changed(two, 'experiment: y\narms: [a, b]\n---\nexperiment: z\narms: [a, b]\n');
    expect(plan.experiments.map(({ experiment, change }) => [experiment, change])).toEqual([
      ['x', 'removed'],
      ['y', 'unchanged'],
      ['z', 'created'],
    ]);
    expect(plan.after.experiments).toEqual(after.experiments);
    expect(plan.experiments[0]?.moves?.changed).toBe(0.5);
  });
});
