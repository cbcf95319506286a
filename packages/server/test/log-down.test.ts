import { afterEach, beforeEach, expect, test } from 'vitest';
import { buildApp, type Engine, virtualClock } from '../src/index.js';
import { type FaultyDisk, faultyDisk } from './faulty-disk.js';
import { decisionOf, FILES, type Workspace, workspace } from './workspace.js';

let space: Workspace;
let engine: Engine;
let fs: FaultyDisk;
let app: Awaited<ReturnType<typeof buildApp>>;

beforeEach(async () => {
  space = await workspace(FILES);
  fs = faultyDisk();
  engine = await space.open({ fs, partitions: 1, clock: virtualClock(Date.now()) });
  app = await buildApp(engine);
});
afterEach(async () => {
  await app.close();
  await space.dispose();
});

const send = () =>
  app.inject({
    method: 'POST',
    url: '/v1/events',
    payload: JSON.stringify([decisionOf(engine.snapshot, 'reader', 'large', engine.clock.now())]),
    headers: { 'content-type': 'application/cloudevents-batch+json' },
  });
const decide = () =>
  app.inject({
    method: 'POST',
    url: '/v1/decide',
    payload: '{"unit":"u-1","experiments":["button"]}',
    headers: { 'content-type': 'application/json' },
  });

test('a full disk answers 503 and Retry-After, decisions go on with control, and all is well when there is space', async () => {
  fs.inject({ operation: 'write', code: 'ENOSPC', times: 2 });
  const refused = await send();
  expect(refused.statusCode).toBe(503);
  expect(refused.headers['retry-after']).toBe('1');
  expect(refused.json()).toMatchObject({ code: 'DISK_FULL', retryable: true });
  const decided = await decide();
  expect(decided.statusCode).toBe(200);
  expect(decided.json().decisions).toMatchObject([
    {
      experiment: 'button',
      arm: 'blue',
      value: 'blue',
      propensity: 1,
      reason: 'default',
      randomised: false,
      error: 'DISK_FULL',
    },
  ]);
  expect((await app.inject('/v1/snapshot')).statusCode).toBe(200);
  expect((await send()).json()).toEqual({ accepted: 1, rejected: 0, errors: [] });
  expect((await decide()).json().decisions).toMatchObject([{ reason: 'split', randomised: true }]);
});

test('a failed sync ends it: 503 from then on, not ready, control for decisions, snapshots still served', async () => {
  fs.inject({ operation: 'datasync', code: 'EIO' });
  for (let i = 0; i < 2; i += 1) {
    const refused = await send();
    expect(refused.statusCode).toBe(503);
    expect(refused.json()).toMatchObject({ code: 'LOG_UNAVAILABLE', retryable: true });
  }
  expect((await app.inject('/readyz')).json()).toMatchObject({ status: 'failed' });
  expect((await decide()).json().decisions).toMatchObject([{ randomised: false, error: 'LOG_UNAVAILABLE' }]);
  expect((await app.inject('/v1/snapshot')).statusCode).toBe(200);
  expect((await app.inject('/metrics')).body).toContain('armature_log_failed 1');
});

test('more than the server can hold is refused before anything of it is taken', async () => {
  await engine.close();
  const small = await space.open({ fs, capacity: 3, clock: engine.clock });
  const one = () => decisionOf(small.snapshot, 'reader', 'large', small.clock.now());
  const first = small.ingest([one(), one()]);
  await expect(small.ingest([one(), one()])).rejects.toMatchObject({ code: 'OVERLOADED', retryable: true });
  expect(await first).toMatchObject({ accepted: 2 });
  expect(await small.ingest([one(), one(), one(), one()])).toMatchObject({ accepted: 4 });
});
