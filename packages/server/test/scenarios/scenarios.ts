import type { StatisticsCell } from '@armature/sdk/protocol';
import { afterEach, expect, test } from 'vitest';
import type { Engine } from '../../src/engine.js';
import { decisionOf, idAt, rewardOf } from '../workspace.js';
import type { MakeWorld, World } from './world.js';

const READER = `experiment: reader
arms: [large, small]
assign: request
policy: thompson
update: 100ms
reward: { metric: correct, window: 1s, lateness: 0s }
`;
const BUTTON = `experiment: button
arms: [blue, green]
reward: { metric: purchase, window: 4s, lateness: 0s }
`;

const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

async function eventually<T>(look: () => Promise<T> | T, holds: (value: T) => boolean, ms = 20_000): Promise<T> {
  const until = Date.now() + ms;
  for (;;) {
    const value = await look();
    if (holds(value) || Date.now() > until) return value;
    await pause(50);
  }
}

interface Sums {
  readonly opened: number;
  readonly trials: number;
  readonly rewarded: number;
}

function sums(cells: readonly StatisticsCell[], experiment: string, metric: string): Sums {
  let [opened, trials, rewarded] = [0, 0, 0];
  for (const cell of cells) {
    if (cell.experiment !== experiment) continue;
    for (const arm of cell.arms) {
      opened += arm.opened;
      trials += arm.metrics[metric]?.trials ?? 0;
      rewarded += arm.metrics[metric]?.rewarded ?? 0;
    }
  }
  return { opened, trials, rewarded };
}

/** What every way to run has to do: the same tests for files and for Kafka and Redis. */
export function scenarios(make: MakeWorld): void {
  let world: World | undefined;
  afterEach(async () => {
    await world?.dispose();
    world = undefined;
  });
  const engine = (n: number): Engine => {
    const { engines = [] } = world ?? {};
    const found = engines[n % engines.length];
    if (found === undefined) throw new Error('no server');
    return found;
  };
  const closed = async (experiment: string, metric: string, trials: number): Promise<Sums> => {
    const look = async () => sums((await world?.statistics()) ?? [], experiment, metric);
    return eventually(look, (seen) => seen.trials >= trials);
  };
  const accept = async (n: number, items: readonly unknown[]): Promise<void> => {
    expect((await engine(n).ingest(items)).errors).toEqual([]);
  };

  test('what is sent twice, to whichever server, counts once', async () => {
    world = await make({ 'a.yaml': READER });
    for (let i = 0; i < 40; i += 1) {
      const now = Date.now();
      const decision = decisionOf(engine(0).snapshot, 'reader', i % 2 === 0 ? 'large' : 'small', now);
      const reward = rewardOf('reader', decision.id, { correct: 1 }, now);
      await accept(i, [decision, reward]);
      if (i % 3 === 0) await accept(i + 1, [decision, reward, reward]);
    }
    expect(await closed('reader', 'correct', 40)).toEqual({ opened: 40, trials: 40, rewarded: 40 });
  });

  test('a reward that comes before its decision is joined with it', async () => {
    world = await make({ 'a.yaml': READER });
    const now = Date.now();
    const decision = decisionOf(engine(0).snapshot, 'reader', 'large', now);
    await accept(1, [rewardOf('reader', decision.id, { correct: 1 }, now)]);
    await accept(0, [decision]);
    expect(await closed('reader', 'correct', 1)).toEqual({ opened: 1, trials: 1, rewarded: 1 });
  });

  test('units keep one trial, and their rewards find it over a restart', async () => {
    world = await make({ 'a.yaml': BUTTON });
    const units = Array.from({ length: 20 }, (_, i) => `u-${i}`);
    for (const [n, unit] of units.entries()) {
      const { decisions } = await engine(n).decide({ experiments: ['button'], unit });
      expect(decisions[0]).toMatchObject({ reason: 'split', randomised: true });
    }
    await world.restart();
    const rewards = units.map((unit) => ({
      ...rewardOf('button', 'none', { purchase: 1 }, Date.now()),
      data: { experiment: 'button', unit, metrics: { purchase: 1 } },
    }));
    await accept(0, rewards);
    await accept(1, rewards);
    expect(await closed('button', 'purchase', 20)).toEqual({ opened: 20, trials: 20, rewarded: 20 });
  });

  test('rewards move the weights, and every server serves the same version', async () => {
    world = await make({ 'a.yaml': READER });
    for (let i = 0; i < 60; i += 1) {
      const now = Date.now();
      const arm = i % 2 === 0 ? 'large' : 'small';
      const decision = decisionOf(engine(i).snapshot, 'reader', arm, now);
      await accept(i, [decision, rewardOf('reader', decision.id, { correct: arm === 'large' ? 1 : 0 }, now)]);
    }
    await closed('reader', 'correct', 60);
    const weightOf = (each: Engine) => each.snapshot.experiments.reader?.rules.at(-1)?.weights[0] ?? 0;
    const { engines } = world;
    const weights = await eventually(
      () => engines.map(weightOf),
      (all) => all.every((weight) => weight > 0.97),
    );
    // every success on large, none on small: large takes all but the floor of 2 %
    for (const weight of weights) expect(weight).toBeGreaterThan(0.97);
    const versions = await eventually(
      () => new Set(engines.map(({ snapshot }) => `${snapshot.version} ${snapshot.hash}`)),
      (all) => all.size === 1,
    );
    expect(versions.size).toBe(1);
  });

  test('an edit of an experiment is served by every server, and what was learned stays', async () => {
    world = await make({ 'a.yaml': READER });
    const now = Date.now();
    const decision = decisionOf(engine(0).snapshot, 'reader', 'large', now);
    await accept(0, [decision, rewardOf('reader', decision.id, { correct: 1 }, now)]);
    await world.write('a.yaml', READER.replace('arms: [large, small]', 'arms: { large: {}, small: { off: true } }'));
    expect(await engine(0).reload()).toBeUndefined();
    const { engines } = world;
    const rules = await eventually(
      () => engines.map(({ snapshot }) => snapshot.experiments.reader?.rules.at(-1)?.weights),
      (all) => all.every((weights) => weights?.[0] === 1),
    );
    for (const weights of rules) expect(weights).toEqual([1, 0]);
    expect(await closed('reader', 'correct', 1)).toEqual({ opened: 1, trials: 1, rewarded: 1 });
  });

  test('items that are wrong are named one by one, the others are taken', async () => {
    world = await make({ 'a.yaml': READER });
    const now = Date.now();
    const good = decisionOf(engine(0).snapshot, 'reader', 'large', now);
    const { accepted, errors } = await engine(1).ingest([
      good,
      { ...decisionOf(engine(0).snapshot, 'reader', 'large', now), data: { ...good.data, arm: 'lrge' } },
      'no event',
      { ...rewardOf('reader', good.id, { correct: 1 }, now - 7 * 3_600_000), id: idAt(now - 7 * 3_600_000) },
    ]);
    expect(accepted).toBe(1);
    expect(errors.map(({ index, code }) => [index, code])).toEqual([
      [1, 'UNKNOWN_ARM'],
      [2, 'EVENT_INVALID'],
      [3, 'EVENT_TOO_OLD'],
    ]);
  });
}
