import { createRandom } from '@armature/analysis';
import { type DecisionEvent, EVENT_TYPES } from '@armature/sdk/protocol';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Life, type UnsyncedDisk, unsyncedDisk } from '../../../test/faults/unsynced-disk.js';
import { recordsOf } from '../../../test/faults/whole-log.js';
import { buildApp, type Engine, virtualClock } from '../src/index.js';
import { decisionOf, FILES, type Workspace, workspace } from './workspace.js';

let space: Workspace;
let engine: Engine;
let disk: UnsyncedDisk;
let life: Life;
let app: Awaited<ReturnType<typeof buildApp>>;

beforeEach(async () => {
  space = await workspace(FILES);
  disk = unsyncedDisk(space.root, createRandom(1));
  life = disk.start();
  engine = await space.open({ fs: life.fs, data: life.data, partitions: 1, clock: virtualClock(Date.now()) });
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
  life.inject({ operation: 'write', code: 'ENOSPC', times: 2 });
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
  life.inject({ operation: 'datasync', code: 'EIO' });
  for (const code of ['WRITE_UNCERTAIN', 'LOG_UNAVAILABLE']) {
    const refused = await send();
    expect(refused.statusCode).toBe(503);
    expect(refused.json()).toMatchObject({ code, retryable: true });
  }
  expect((await app.inject('/readyz')).json()).toMatchObject({ status: 'failed' });
  expect((await decide()).json().decisions).toMatchObject([{ randomised: false, error: 'LOG_UNAVAILABLE' }]);
  expect((await app.inject('/v1/snapshot')).statusCode).toBe(200);
  expect((await app.inject('/metrics')).body).toContain('armature_log_failed 1');
});

/** The next life of the server, on what the one before left. */
async function killed(): Promise<{ readonly again: Engine; readonly decisions: readonly DecisionEvent[] }> {
  life.end('kill');
  await engine.close().catch(() => {});
  const { fs, data } = disk.start();
  const again = await space.open({ fs, data, clock: virtualClock(Date.now()) });
  const events = (await recordsOf(data)).flat().map(({ event }) => event);
  return { again, decisions: events.filter((event) => event.type === EVENT_TYPES.decision) };
}

test('a decision whose sync failed is not answered, since the log may hold it; asked again it is the same trial', async () => {
  life.inject({ operation: 'datasync', code: 'EIO' });
  const body = { experiments: ['reader'], requestId: 'r-1' };
  const headers = { 'content-type': 'application/json' };
  const response = await app.inject({ method: 'POST', url: '/v1/decide', payload: JSON.stringify(body), headers });
  expect(response.statusCode).toBe(503);
  expect(response.headers['retry-after']).toBe('1');
  expect(response.json()).toMatchObject({ code: 'WRITE_UNCERTAIN', retryable: true });

  const { again, decisions } = await killed();
  expect(decisions).toMatchObject([{ data: { request: 'r-1', reason: 'split' } }]);
  const answer = await again.decide(body as Parameters<Engine['decide']>[0]);
  expect(answer.decisions).toMatchObject([{ reason: 'split', arm: decisions[0]?.data.arm }]);
  expect(again.health().get('reader')).toMatchObject({ decisions: 2, repeated: 1 });
});

test('a decision that is refused before anything is written is control, and not in the log afterwards', async () => {
  life.inject({ operation: 'datasync', code: 'EIO' });
  await send();
  const answered = (await decide()).json().decisions;
  expect(answered).toMatchObject([{ arm: 'blue', randomised: false, error: 'LOG_UNAVAILABLE' }]);
  const { decisions } = await killed();
  expect(decisions.map(({ id }) => id)).not.toContain(answered[0].id);
});

test('more than the server can hold is refused before anything of it is taken', async () => {
  await engine.close();
  const small = await space.open({ fs: life.fs, data: life.data, capacity: 3, clock: engine.clock });
  const one = () => decisionOf(small.snapshot, 'reader', 'large', small.clock.now());
  const first = small.ingest([one(), one()]);
  await expect(small.ingest([one(), one()])).rejects.toMatchObject({ code: 'OVERLOADED', retryable: true });
  expect(await first).toMatchObject({ accepted: 2 });
  expect(await small.ingest([one(), one(), one(), one()])).toMatchObject({ accepted: 4 });
});
