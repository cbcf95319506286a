import { setImmediate } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { buildApp } from '../src/index.js';
import { loopTurn } from '../src/loop-turn.js';
import { decisionOf, FILES, type Workspace, workspace } from './workspace.js';

let space: Workspace | undefined;
afterEach(() => space?.dispose());

test('a turn takes bodies until its time is over, and a little in any case; the next one begins anew', async () => {
  let now = 0;
  const takes = loopTurn({ ms: 100, bytes: 1000 }, () => now);
  expect(takes(600)).toBe(true);
  now = 150; // the time is over, and not yet a thousand bytes were taken
  expect(takes(600)).toBe(true);
  expect(takes(1)).toBe(false);
  now = 10_000;
  expect(takes(1)).toBe(false);
  await setImmediate();
  expect(takes(5000)).toBe(true);
  now += 99; // much was taken, in little time
  expect(takes(5000)).toBe(true);
  now += 1;
  expect(takes(1)).toBe(false);
});

test('a batch that a busy turn has no time for is refused with Retry-After and can be sent again; decisions are not', async () => {
  space = await workspace(FILES);
  const engine = await space.open({ partitions: 1 });
  const app = await buildApp(engine, { turn: { ms: 0, bytes: 1 } });
  const headers = { 'content-type': 'application/cloudevents-batch+json' };
  const events = [1, 2].map(() => [decisionOf(engine.snapshot, 'reader', 'large', Date.now())]);
  const send = (body: unknown) =>
    app.inject({ method: 'POST', url: '/v1/events', headers, payload: JSON.stringify(body) });
  const decide = { method: 'POST', url: '/v1/decide', payload: { experiments: ['button'], unit: 'u-1' } } as const;
  const [first, second, decided] = await Promise.all([send(events[0]), send(events[1]), app.inject(decide)]);
  expect([first.statusCode, second.statusCode, decided.statusCode]).toEqual([200, 429, 200]);
  expect(second.headers['retry-after']).toBe('1');
  expect(second.json()).toMatchObject({ code: 'OVERLOADED', retryable: true });
  expect((await send(events[1])).json()).toMatchObject({ accepted: 1 });
  expect(engine.health().get('reader')?.decisions).toBe(2);
  await app.close();
});
