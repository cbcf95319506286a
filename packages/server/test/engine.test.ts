import { readFile } from 'node:fs/promises';
import { layoutOf } from '@armature/analysis/log';
import { EVENT_TYPES } from '@armature/sdk/protocol';
import { afterEach, expect, test } from 'vitest';
import { virtualClock } from '../src/index.js';
import { decisionOf, FILES, idAt, rewardOf, type Workspace, workspace } from './workspace.js';

const START = Date.UTC(2026, 10, 24, 12);
let space: Workspace;
afterEach(() => space.dispose());

test('rewards move the weights, through log, fold and publisher', async () => {
  space = await workspace(FILES);
  const clock = virtualClock(START);
  const engine = await space.open({ clock, partitions: 3 });
  expect(engine.snapshot.experiments.reader?.version).toBe('1.1');
  expect(engine.snapshot.experiments.reader?.rules.at(-1)?.weights).toEqual([0.5, 0.5]);
  for (let i = 0; i < 60; i += 1) {
    const now = clock.now();
    const arm = i % 2 === 0 ? 'large' : 'small';
    const decision = decisionOf(engine.snapshot, 'reader', arm, now);
    const reward = rewardOf('reader', decision.id, { correct: arm === 'large' ? 1 : 0 }, now);
    const { errors } = await engine.ingest([decision, reward]);
    expect(errors).toEqual([]);
    await clock.advance(50);
  }
  await clock.advance(3000);
  const reader = engine.snapshot.experiments.reader;
  // every success on large, none on small: large takes all but the floor of 2 %, up to the .001 that makes no version
  const [large, small] = reader?.rules.at(-1)?.weights ?? [];
  expect(large).toBeGreaterThan(0.979);
  expect(large).toBeLessThanOrEqual(0.98);
  expect(small).toBeGreaterThanOrEqual(0.02);
  const trials = engine
    .statistics()
    .flatMap((cell) => cell.arms.map((arm) => arm.metrics.correct?.trials ?? 0))
    .reduce((a, b) => a + b, 0);
  expect(trials).toBe(60);
});

test('a restart goes on where the log ends: same state, same versions, next sequence', async () => {
  space = await workspace(FILES);
  const clock = virtualClock(START);
  const first = await space.open({ clock, partitions: 2 });
  const decision = decisionOf(first.snapshot, 'reader', 'large', clock.now());
  await first.ingest([decision, rewardOf('reader', decision.id, { correct: 1 }, clock.now())]);
  await clock.advance(5000);
  const before = { statistics: first.statistics(), snapshot: first.snapshot };
  await first.close();
  const second = await space.open({ clock });
  expect(second.statistics()).toEqual(before.statistics);
  expect(second.snapshot.experiments).toEqual(before.snapshot.experiments);
  expect(second.partitions.length).toBe(2);
});

test('what the fold would pass over is refused, not acknowledged: a clock that was a day ahead once', async () => {
  space = await workspace(FILES);
  await (await space.open({ clock: virtualClock(START + 86_400_000) })).close();
  const engine = await space.open({ clock: virtualClock(START) });
  const { accepted, errors } = await engine.ingest([decisionOf(engine.snapshot, 'reader', 'large', START)]);
  expect({ accepted, codes: errors.map(({ code }) => code) }).toEqual({ accepted: 0, codes: ['EVENT_TOO_OLD'] });
  expect(errors[0]?.detail).toContain("the server's clock was ahead");
  expect(engine.health().get('reader')?.tooOld ?? 0).toBe(0);
});

test('a reward or an exposure that could not find its decision is refused: by unit, and without one', async () => {
  space = await workspace(FILES);
  const engine = await space.open({ clock: virtualClock(START), partitions: 4 });
  const decision = decisionOf(engine.snapshot, 'button', 'blue', START, { unit: 'u-1', exposed: false });
  const reward = rewardOf('button', decision.id, { purchase: 1 }, START);
  const exposure = {
    ...reward,
    id: idAt(START),
    type: EVENT_TYPES.exposure,
    data: { experiment: 'button', decision: decision.id },
  };
  const { errors } = await engine.ingest([decision, reward, exposure]);
  expect(errors.map(({ index, code, pointer }) => [index, code, pointer])).toEqual([
    [1, 'REQUIRED', '/data/unit'],
    [2, 'REQUIRED', '/data/unit'],
  ]);
  const named = [reward, exposure].map((event) => ({ ...event, data: { ...event.data, unit: 'u-1' } }));
  expect((await engine.ingest(named)).errors).toEqual([]);
  expect(engine.openTrials().get('button')?.open).toBe(1);
});

test('checkpoints that are asked for at the same time are written one after the other', async () => {
  space = await workspace(FILES);
  const clock = virtualClock(START);
  const engine = await space.open({ clock, partitions: 2 });
  for (let n = 0; n < 5; n += 1) {
    const decision = decisionOf(engine.snapshot, 'reader', 'large', clock.now());
    await engine.ingest([decision]);
    await Promise.all([engine.checkpoint(), engine.checkpoint(), engine.checkpoint()]);
  }
  const anchor = JSON.parse(await readFile(layoutOf(space.data).anchor, 'utf8'));
  expect(anchor.streams['0'].offset + anchor.streams['1'].offset).toBe(
    engine.partitions.reduce((sum, { state }) => sum + state.offset, 0),
  );
});
