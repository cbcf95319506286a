import { stageOdds } from '@armature/sdk/policies';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildApp, type Engine, virtualClock } from '../src/index.js';
import { decisionOf, type Workspace, workspace } from './workspace.js';

const HERO = `experiment: hero
arms: [plain, bold]
holdout: { name: everything, share: 20% }
layer: { name: page, slot: [0%, 60%] }
traffic: 50%
reward: click
`;
const MENU = `experiment: menu
arms: [top, side]
holdout: { name: everything, share: 20% }
layer: { name: page, slot: [60%, 100%] }
reward: click
`;
const PLAIN = 'experiment: plain\narms: [a, b]\naudience: [{ attribute: plan, op: is, value: pro }]\nreward: click\n';
const SHARES = { holdout: { share: 0.2 }, layer: { name: 'page', slot: [0, 0.6] }, traffic: 0.5 } as const;
const ODDS = stageOdds(SHARES);

let space: Workspace;
let engine: Engine;
let app: Awaited<ReturnType<typeof buildApp>>;
beforeAll(async () => {
  space = await workspace({ 'hero.yaml': HERO, 'menu.yaml': MENU, 'plain.yaml': PLAIN });
  engine = await space.open({ clock: virtualClock(Date.now()) });
  app = await buildApp(engine);
});
afterAll(async () => {
  await app.close();
  await space.dispose();
});

interface Answer {
  readonly experiment: string;
  readonly arm: string;
  readonly reason: string;
  readonly randomised: boolean;
  readonly error?: string;
}
async function decideFor(unit: string): Promise<{ readonly [experiment: string]: Answer }> {
  const response = await app.inject({ method: 'POST', url: '/v1/decide', payload: { unit } });
  expect(response.statusCode).toBe(200);
  const { decisions } = response.json() as { readonly decisions: readonly Answer[] };
  return Object.fromEntries(decisions.map((decision) => [decision.experiment, decision]));
}

describe('a server with stages before the draw', () => {
  test('serves them in the snapshot, and only where a file has them', () => {
    const { hero, menu, plain } = engine.snapshot.experiments;
    expect(hero).toMatchObject({ ...SHARES, holdout: { name: 'everything', share: 0.2 } });
    expect(menu).not.toHaveProperty('traffic');
    for (const key of ['holdout', 'layer', 'traffic']) expect(plain).not.toHaveProperty(key);
  });

  test('holds a unit out of all, shares the others out, and logs each decision', async () => {
    const reasons: { [reason: string]: number } = {};
    for (let i = 0; i < 500; i += 1) {
      const { hero, menu } = await decideFor(`u-${i}`);
      expect([hero?.error, menu?.error]).toEqual([undefined, undefined]);
      expect(hero?.reason === 'holdout').toBe(menu?.reason === 'holdout');
      expect(hero?.randomised && menu?.randomised).toBe(false);
      if (menu?.reason === 'excluded') expect(menu.arm).toBe('top');
      const reason = hero?.reason ?? '';
      reasons[reason] = (reasons[reason] ?? 0) + 1;
    }
    const health = engine.health().get('hero');
    expect(health?.decisions).toBe(500);
    expect(health?.notRandomised).toEqual({ holdout: reasons.holdout, excluded: reasons.excluded });
    // Binomial shares, within four standard errors of 500 draws.
    for (const [seen, p] of [
      [reasons.holdout, ODDS.holdout],
      [reasons.excluded, ODDS.excluded],
      [reasons.split, ODDS.drawn],
    ] as const) {
      expect(Math.abs((seen ?? 0) - 500 * p)).toBeLessThan(4 * Math.sqrt(500 * p * (1 - p)));
    }
    const opened = engine.statistics().filter((cell) => cell.experiment === 'hero');
    expect(opened.flatMap((cell) => cell.arms).reduce((sum, arm) => sum + arm.opened, 0)).toBe(reasons.split);
  });
});

describe('the door', () => {
  const send = async (experiment: string, arm: string, more: object) => {
    const event = decisionOf(engine.snapshot, experiment, arm, engine.clock.now(), { unit: 'door', ...more });
    const { accepted, errors } = await engine.ingest([event]);
    return accepted === 1 ? 'accepted' : `${errors[0]?.code} ${errors[0]?.pointer} ${errors[0]?.detail}`;
  };
  const held = { reason: 'holdout', propensity: 1 };
  const out = { reason: 'excluded', propensity: 1 };

  test.each<[string, string, string, object]>([
    ['a draw with the right probability', 'hero', 'bold', { outer: ODDS.drawn }],
    ['a unit held out', 'hero', 'plain', { ...held, outer: ODDS.holdout }],
    ['a unit excluded by a stage', 'hero', 'plain', { ...out, outer: ODDS.excluded }],
    ['a unit excluded by the audience', 'plain', 'a', out],
    ['a draw without stages', 'plain', 'a', {}],
    ['a draw without stages that says so', 'plain', 'a', { outer: 1 }],
    ['an override', 'hero', 'bold', { reason: 'override', propensity: 1 }],
  ])('takes %s', async (_, experiment, arm, more) => {
    expect(await send(experiment, arm, more)).toBe('accepted');
  });

  test.each<[string, string, string, object, RegExp]>([
    ['a client that knows no stages', 'hero', 'bold', {}, /outer is missing.*split has 0\.24/],
    ['another probability', 'hero', 'bold', { outer: 0.5 }, /outer is 0\.5/],
    ['a draw with that of a holdout', 'hero', 'bold', { outer: ODDS.holdout }, /outer is 0\.2/],
    ['a unit held out without it', 'hero', 'plain', held, /outer is missing.*holdout has 0\.2/],
    ['a unit held out of an experiment without holdout', 'plain', 'a', { ...held, outer: 0.2 }, /cannot come about/],
    ['stages that an experiment has not', 'plain', 'a', { outer: 0.5 }, /split has 1/],
    ['stages before an override', 'hero', 'bold', { reason: 'override', propensity: 1, outer: 0.24 }, /has none/],
    ['an exclusion with that of a draw', 'hero', 'plain', { ...out, outer: ODDS.drawn }, /excluded has 0\.56/],
  ])('refuses %s, and nothing changes', async (_, experiment, arm, more, detail) => {
    const before = engine.partitions.map(({ state }) => state.offset);
    const answer = await send(experiment, arm, more);
    expect(answer).toMatch(/^OUTER_MISMATCH \/data\/outer /);
    expect(answer).toMatch(detail);
    expect(engine.partitions.map(({ state }) => state.offset)).toEqual(before);
  });
});

test('an edit that gives two experiments the same part of a layer is refused, and the last good files stay', async () => {
  const before = engine.snapshot;
  await space.write('menu.yaml', MENU.replace('60%, 100%', '50%, 100%'));
  const fault = await engine.reload();
  expect(fault?.code).toBe('EXPERIMENTS_INVALID');
  expect(fault?.message).toMatch(/menu shares units of layer page .* hero \(.*hero\.yaml:4\) has \[0%, 60%\]/);
  expect(engine.snapshot).toBe(before);
  await space.write('menu.yaml', MENU);
  expect(await engine.reload()).toBeUndefined();
});

test('more traffic is a new version that keeps what was learnt', async () => {
  await space.write('hero.yaml', HERO.replace('50%', '80%'));
  const before = engine.snapshot.experiments.hero;
  expect(await engine.reload()).toBeUndefined();
  const after = engine.snapshot.experiments.hero;
  expect(after?.traffic).toBe(0.8);
  expect([before?.version, after?.version]).toEqual(['1.1', '1.2']);
});
