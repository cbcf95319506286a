import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { layoutOf, readPartition } from '@armature/analysis/log';
import { createClient } from '@armature/sdk';
import { fileStickyStore } from '@armature/sdk/node';
import type { DecisionEvent, LogEvent } from '@armature/sdk/protocol';
import { memoryStickyStore, type StickyStore } from '@armature/sdk/sticky';
import { afterEach, describe, expect, test } from 'vitest';
import { builtBinary } from '../../../test/built.js';
import { buildApp, type Engine, virtualClock } from '../src/index.js';
import { openLocal } from '../src/local.js';
import { decisionOf, type Workspace, workspace } from './workspace.js';

const FILE = `experiment: shop
arms: [a, b]
assign: sticky
policy: thompson
floor: 10%
update: 50ms
reward: { metric: buys, window: 1s, lateness: 0s }
---
experiment: plain
arms: [x, y]
reward: buys
`;
let space: Workspace;
afterEach(() => space.dispose());

interface Answer {
  readonly experiment: string;
  readonly arm: string;
  readonly reason: string;
  readonly propensity: number;
  readonly id: string;
  readonly token: string;
  readonly error?: string;
}

async function logged(): Promise<readonly LogEvent[]> {
  const events: LogEvent[] = [];
  for (let partition = 0; partition < 4; partition += 1) {
    for await (const group of readPartition(space.data, partition)) events.push(...group.map(({ event }) => event));
  }
  return events;
}
const isDecision = (event: LogEvent): event is DecisionEvent => event.type === 'dev.armature.decision.v1';

describe('a server with assign: sticky', () => {
  test('serves a unit its first arm while the weights move, and counts one trial for it', async () => {
    space = await workspace({ 'a.yaml': FILE });
    const clock = virtualClock(Date.UTC(2026, 10, 24));
    const engine = await space.open({ clock });
    const app = await buildApp(engine);
    const decide = async (unit: string): Promise<Answer> => {
      const { decisions } = (await app.inject({ method: 'POST', url: '/v1/decide', payload: { unit } })).json();
      return (decisions as Answer[]).find(({ experiment }) => experiment === 'shop')!;
    };
    const first = new Map<string, Answer>();
    const versions = new Set<string>();
    for (let step = 0; step < 6; step += 1) {
      for (let i = 0; i < (step + 1) * 20; i += 1) {
        const unit = `u-${i}`;
        const answer = await decide(unit);
        expect(answer.error).toBeUndefined();
        const before = first.get(unit);
        expect([answer.reason, answer.arm, answer.propensity]).toEqual(
          before === undefined ? ['split', answer.arm, answer.propensity] : ['sticky', before.arm, before.propensity],
        );
        if (before === undefined) {
          first.set(unit, answer);
          const taken = await app.inject({
            ...{ method: 'POST', url: '/v1/events', headers: { 'content-type': 'application/cloudevents+json' } },
            payload: {
              ...{ specversion: '1.0', type: 'dev.armature.reward.v1', source: '/t', id: `r-${unit}` },
              time: new Date(clock.now()).toISOString(),
              data: { token: answer.token, metrics: { buys: i % (answer.arm === 'a' ? 3 : 4) === 0 ? 1 : 0 } },
            },
          });
          expect(taken.json()).toMatchObject({ accepted: 1 });
        }
      }
      await clock.advance(1500);
      versions.add(engine.snapshot.experiments.shop!.version);
    }
    await clock.advance(2000);
    expect(versions.size).toBeGreaterThan(3);
    const health = engine.health().get('shop');
    expect(health).toMatchObject({ decisions: 20 * 21, repeated: 20 * 21 - 120, propensityMismatch: 0 });
    const cells = engine.statistics().filter(({ experiment }) => experiment === 'shop');
    const of = (arm: number): number => cells.reduce((sum, cell) => sum + (cell.arms[arm]?.opened ?? 0), 0);
    const drawn = (arm: string): number => [...first.values()].filter((answer) => answer.arm === arm).length;
    expect([of(0), of(1)]).toEqual([drawn('a'), drawn('b')]);
    const events = (await logged()).filter(isDecision).filter(({ data }) => data.experiment === 'shop');
    for (const { data } of events) {
      const version = engine.registry.version('shop', data.snapshot)!;
      expect(version.rules.policy?.[version.arms.indexOf(data.arm)]).toBe(data.propensity);
    }
    await app.close();
  });

  test('keeps arms over a restart, in its data directory; another learning epoch draws anew', async () => {
    space = await workspace({ 'a.yaml': FILE });
    const before = await space.open();
    const ask = async (engine: Engine): Promise<Answer> => {
      const { decisions } = await engine.decide({ experiments: ['shop'], unit: 'u-1' });
      return decisions[0]!;
    };
    const first = await ask(before);
    await before.close();
    const after = await space.open();
    expect(await ask(after)).toMatchObject({ arm: first.arm, reason: 'sticky' });
    await space.write('a.yaml', FILE.replace('window: 1s', 'window: 2s'));
    await after.reload();
    expect(await ask(after)).toMatchObject({ arm: first.arm, reason: 'split' });
    const records = await fileStickyStore(layoutOf(space.data).sticky).get('u-1');
    expect(records.map(({ snapshot }) => snapshot.split('.')[0])).toEqual(['1', '2']);
  });

  test('decides all the same while its store is away, and says so', async () => {
    space = await workspace({ 'a.yaml': FILE });
    const away: StickyStore = {
      get: () => Promise.reject(new Error('away')),
      setIfAbsent: () => Promise.reject(new Error('away')),
    };
    const told: string[] = [];
    const warn = (event: string, fields?: object): void => void told.push(`${event} ${JSON.stringify(fields)}`);
    const engine = await space.open({ sticky: away, logger: { info() {}, warn, error() {} } });
    const { decisions } = await engine.decide({ unit: 'u-1' });
    expect(decisions).toMatchObject([{ reason: 'split' }, { reason: 'split', error: 'STICKY_NOT_LOADED' }]);
    expect(told.some((line) => line.includes('STICKY_STORE_FAILED'))).toBe(true);
    expect(engine.health().get('shop')?.decisions).toBe(1);
  });

  test('of two servers that draw a unit at the same time both answer the arm that was kept', async () => {
    const store = memoryStickyStore();
    const record = { arm: 'b', propensities: { a: 0.5, b: 0.5 }, snapshot: '1.1', rule: 'policy', time: 1 };
    // The other server keeps its arm between this one's reading and writing.
    const raced: StickyStore = {
      get: async () => [],
      setIfAbsent: (unit, mine) =>
        store
          .setIfAbsent(unit, { ...record, key: mine.key, definition: mine.definition })
          .then(() => store.setIfAbsent(unit, mine)),
    };
    space = await workspace({ 'a.yaml': FILE });
    const engine = await space.open({ sticky: raced });
    for (let i = 0; i < 20; i += 1) {
      // A page asks more than once: the second request meets the draw of the first.
      const ask = () => engine.decide({ experiments: ['shop'], unit: `u-${i}` });
      const answers = await Promise.all([ask(), ask()]);
      for (const { decisions } of answers) expect(decisions).toMatchObject([{ arm: 'b', propensity: 0.5 }]);
    }
    expect(engine.health().get('shop')).toMatchObject({ decisions: 40, propensityMismatch: 0 });
  });

  test.each([
    ['a propensity that its version has not', 'shop', { propensity: 0.25 }, 'PROPENSITY_MISMATCH'],
    ['a version that was never', 'shop', { snapshot: '1.99' }, 'UNKNOWN_SNAPSHOT'],
    ['no unit', 'shop', { unit: undefined }, 'REQUIRED'],
    ['an experiment that keeps no arms', 'plain', {}, 'REASON_MISMATCH'],
  ])('refuses a sticky decision with %s, and takes a sound one', async (_, experiment, wrong, code) => {
    space = await workspace({ 'a.yaml': FILE });
    const engine = await space.open();
    const arm = experiment === 'shop' ? 'a' : 'x';
    const event = (more: object): unknown =>
      JSON.parse(
        JSON.stringify(
          decisionOf(engine.snapshot, experiment, arm, Date.now(), { reason: 'sticky', unit: 'u-1', ...more }),
        ),
      );
    const { accepted, errors } = await engine.ingest([event(wrong)]);
    expect([accepted, errors.map((error) => error.code)]).toEqual([0, [code]]);
    expect(engine.health().get(experiment)?.decisions ?? 0).toBe(0);
    if (experiment === 'shop') expect((await engine.ingest([event({})])).accepted).toBe(1);
  });
});

test('a client in the same process has the store of the data directory, without an option', async () => {
  space = await workspace({ 'a.yaml': FILE });
  const options = { experiments: space.experiments, data: space.data, watch: false };
  const arms: unknown[] = [];
  for (let life = 0; life < 2; life += 1) {
    const client = createClient({ transport: await openLocal(options) });
    await client.ready();
    await client.prefetch('u-1');
    const { arm, reason, error } = client.decide('shop', { unit: 'u-1' });
    arms.push(arm);
    expect([reason, error]).toEqual([life === 0 ? 'split' : 'sticky', undefined]);
    await client.close();
  }
  expect(arms[1]).toBe(arms[0]);
  const asked = ['decide', 'shop', '--unit', 'u-1', '--data', space.data, '--json'];
  const { stdout } = await promisify(execFile)(process.execPath, [builtBinary(), ...asked]);
  expect(JSON.parse(stdout)).toMatchObject({ decision: { arm: arms[0], reason: 'sticky' }, logged: false });
});
