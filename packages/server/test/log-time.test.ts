import { afterEach, beforeEach, expect, test } from 'vitest';
import { buildApp, type Clock, type Engine } from '../src/index.js';
import { decisionOf, rewardOf, type Workspace, workspace } from './workspace.js';

const HOUR = 3_600_000;
const FILES = {
  'a.yaml': 'experiment: reader\narms: [large, small]\nassign: request\nreward: { metric: correct, window: 10m }\n',
};
const START = Date.UTC(2026, 10, 24, 12);
let space: Workspace;
let now: number;
/** A clock that can be wrong; its timers never ring. */
const clock: Clock = { now: () => now, after: () => () => {}, every: () => () => {} };

beforeEach(async () => {
  space = await workspace(FILES);
  now = START;
});
afterEach(() => space.dispose());

const decide = (engine: Engine) => engine.ingest([decisionOf(engine.snapshot, 'reader', 'large', now)]);
async function ready(engine: Engine) {
  const app = await buildApp(engine);
  const [health, metrics] = [await app.inject('/readyz'), await app.inject('/metrics')];
  await app.close();
  const ahead = /^armature_log_ahead_seconds (\S+)$/m.exec(metrics.body)?.[1];
  return { ...(health.json() as object), status: health.statusCode, ahead: Number(ahead) };
}

test('a clock that was a day ahead for a moment leaves the log taking events, and is told until it is caught up', async () => {
  const engine = await space.open({ clock, partitions: 1 });
  await decide(engine);
  now = START + 24 * HOUR;
  for (let n = 0; n < 200; n += 1, now += 10) await decide(engine);
  now = START + 5000;
  expect(await decide(engine)).toMatchObject({ accepted: 1, errors: [] });
  // ten minutes at once, then sixty times the 1,990 ms from the first wrong record to the last
  expect(await ready(engine)).toMatchObject({
    status: 200,
    ahead: 600 + 60 * 1.99 - 5,
    log: { code: 'LOG_AHEAD', detail: expect.stringContaining('set the clock right') },
  });
  now = START + 20 * 60_000;
  await decide(engine);
  expect(await ready(engine)).not.toHaveProperty('log');
  expect(engine.partitions[0]?.state.watermark).toBe(now);
});

test('a start with a clock that is behind the log is told, with the code and what to do', async () => {
  now = START + 24 * HOUR;
  const first = await space.open({ clock, partitions: 1 });
  await decide(first);
  await first.close();
  now = START;
  const said: unknown[] = [];
  const warn = (event: string, fields?: object): void => void said.push({ event, ...fields });
  const engine = await space.open({ clock, logger: { info: () => {}, warn, error: warn } });
  expect(said).toEqual([
    { event: 'log ahead of the clock', code: 'LOG_AHEAD', cause: expect.stringContaining('2026-11-25T12:00:00.000Z') },
  ]);
  expect(await decide(engine)).toMatchObject({ errors: [{ code: 'EVENT_TOO_OLD' }] });
});

test('a start long after the last record is told', async () => {
  await (await space.open({ clock, partitions: 1 })).close();
  now += 7 * HOUR;
  const said: string[] = [];
  const tell = (event: string): void => void said.push(event);
  await space.open({ clock, logger: { info: tell, warn: tell, error: tell } });
  expect(said).toEqual(['log shut for long']);
});

test('a reward that names a decision without the request it was logged under is refused, once the decision is there', async () => {
  const engine = await space.open({ clock, partitions: 8 });
  const requests = Array.from({ length: 30 }, (_, n) => `r-${n}`);
  const decisions = requests.map((request) => decisionOf(engine.snapshot, 'reader', 'large', now, { request }));
  const rewards = decisions.map(({ id }) => rewardOf('reader', id, { correct: 1 }, now));
  expect(await engine.ingest(decisions)).toMatchObject({ rejected: 0 });
  const before = engine.partitions.map(({ state }) => state.offset);
  const { errors } = await engine.ingest(rewards);
  // a decision whose own id and whose request share a partition meets its reward all the same: 1 of 8 of them
  expect(errors.length).toBeGreaterThan(15);
  expect(errors[0]).toMatchObject({ code: 'REQUIRED', pointer: '/data/request', retryable: false });
  const taken = engine.partitions.reduce((sum, { state }) => sum + state.offset, 0) - before.reduce((a, b) => a + b, 0);
  expect(taken).toBe(30 - errors.length);
  const whole = rewards.map((reward, n) => ({ ...reward, data: { ...reward.data, request: requests[n] } }));
  const again = errors.flatMap(({ index }) => whole.slice(index, index + 1));
  expect(await engine.ingest(again)).toMatchObject({ rejected: 0 });
  expect(engine.health().get('reader')).toMatchObject({ rewards: 30, duplicates: 0 });
});

test('a reward that comes before its decision, or in one batch with it, is taken', async () => {
  const engine = await space.open({ clock, partitions: 8 });
  const decision = decisionOf(engine.snapshot, 'reader', 'large', now);
  const reward = rewardOf('reader', decision.id, { correct: 1 }, now);
  expect(await engine.ingest([reward])).toMatchObject({ accepted: 1 });
  expect(await engine.ingest([decision, { ...reward, id: `${reward.id.slice(0, -1)}f` }])).toMatchObject({
    accepted: 2,
  });
});
