import { afterEach, beforeEach, expect, test } from 'vitest';
import { buildApp, type Engine } from '../src/index.js';
import { decisionOf, FILES, rewardOf, type Workspace, workspace } from './workspace.js';

let space: Workspace;
let engine: Engine;
let app: Awaited<ReturnType<typeof buildApp>>;
let url: string;

beforeEach(async () => {
  space = await workspace(FILES);
  engine = await space.open({ partitions: 2 });
  app = await buildApp(engine);
  url = await app.listen({ host: '127.0.0.1', port: 0 });
});
afterEach(async () => {
  await app.close();
  await space.dispose();
});

const post = (path: string, body: string, type = 'application/cloudevents-batch+json'): Promise<Response> =>
  fetch(`${url}${path}`, { method: 'POST', body, headers: { 'content-type': type } });

test('events are durable and folded when they are answered', async () => {
  const decision = decisionOf(engine.snapshot, 'reader', 'large', Date.now());
  const reward = rewardOf('reader', decision.id, { correct: 1 }, Date.now());
  const response = await post('/v1/events', JSON.stringify([decision, reward]));
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({ accepted: 2, rejected: 0, errors: [] });
  expect(engine.health().get('reader')).toMatchObject({ decisions: 1, rewards: 1 });
  expect(engine.openTrials().get('reader')?.open).toBe(1);
});

test('one event needs no array, and a copy of it counts once', async () => {
  const decision = JSON.stringify(decisionOf(engine.snapshot, 'reader', 'small', Date.now()));
  for (let i = 0; i < 2; i += 1) {
    const response = await post('/v1/events', decision, 'application/cloudevents+json; charset=utf-8');
    expect(await response.json()).toEqual({ accepted: 1, rejected: 0, errors: [] });
  }
  expect(engine.health().get('reader')).toMatchObject({ decisions: 1, duplicates: 1 });
});

test('a snapshot has its version as its ETag, and who has it gets 304', async () => {
  const first = await fetch(`${url}/v1/snapshot`);
  expect(first.status).toBe(200);
  const etag = first.headers.get('etag') ?? '';
  const snapshot = (await first.json()) as { version: string };
  expect(etag).toBe(`"${snapshot.version}"`);
  expect(snapshot).toEqual(engine.snapshot);
  expect(first.headers.get('date')).not.toBeNull();
  const second = await fetch(`${url}/v1/snapshot`, { headers: { 'if-none-match': `"0.1", W/${etag}` } });
  expect(second.status).toBe(304);
  expect(await second.text()).toBe('');
});

test('decide answers a logged decision whose token names it', async () => {
  const response = await post('/v1/decide', JSON.stringify({ unit: 'u-1' }), 'application/json');
  expect(response.status).toBe(200);
  const { snapshot, decisions } = (await response.json()) as {
    snapshot: string;
    decisions: { experiment: string; arm: string; token: string; propensity: number; randomised: boolean }[];
  };
  expect(snapshot).toBe(engine.snapshot.version);
  expect(decisions.map((decision) => decision.experiment)).toEqual(['button', 'reader']);
  expect(decisions.every((decision) => decision.randomised && decision.propensity === 0.5)).toBe(true);
  expect(engine.health().get('button')).toMatchObject({ decisions: 1 });
  const { token } = decisions[1] ?? { token: '' };
  const reward = { ...rewardOf('reader', 'x', {}, Date.now()), data: { token, metrics: { correct: 1 } } };
  const rewarded = await post('/v1/events', JSON.stringify([reward]));
  expect(await rewarded.json()).toEqual({ accepted: 1, rejected: 0, errors: [] });
  expect(engine.health().get('reader')).toMatchObject({ rewards: 1, unmatched: 0 });
});

test('decide refuses what it does not know, with a pointer', async () => {
  const unknown = await post('/v1/decide', '{"experiments":["buton"]}', 'application/json');
  expect(unknown.status).toBe(422);
  expect(unknown.headers.get('content-type')).toContain('application/problem+json');
  expect(await unknown.json()).toMatchObject({
    code: 'UNKNOWN_EXPERIMENT',
    errors: [{ pointer: '/experiments/0', detail: 'no experiment "buton", did you mean button?' }],
  });
  const odd = await post('/v1/decide', '{"unit":7,"contxt":{}}', 'application/json');
  expect(odd.status).toBe(400);
  expect(((await odd.json()) as { errors: { pointer: string }[] }).errors.map((error) => error.pointer)).toEqual([
    '/contxt',
    '/unit',
  ]);
});

test('decide points to a member whatever its name, and tells 32 faults of a body that has more', async () => {
  const odd = await post('/v1/decide', '{"a/b~":1,"context":{"c/d":null}}', 'application/json');
  expect(await odd.json()).toMatchObject({ errors: [{ pointer: '/a~1b~0' }, { pointer: '/context/c~1d' }] });
  const many = Object.fromEntries(Array.from({ length: 50_000 }, (_, k) => [`k${k}`, 1]));
  const answer = await (await post('/v1/decide', JSON.stringify(many), 'application/json')).text();
  expect((JSON.parse(answer) as { errors: unknown[] }).errors).toHaveLength(32);
  expect(answer.length).toBeLessThan(10_000);
});

test('a unit that is missing is answered with control, not randomised, and not logged', async () => {
  const response = await post('/v1/decide', '{"experiments":["button"]}', 'application/json');
  const { decisions } = (await response.json()) as { decisions: unknown[] };
  expect(decisions).toMatchObject([{ arm: 'blue', reason: 'default', randomised: false, error: 'UNIT_REQUIRED' }]);
  expect(engine.health().get('button')).toBeUndefined();
});

test('health, readiness and metrics answer', async () => {
  expect(await (await fetch(`${url}/healthz`)).json()).toEqual({ status: 'ok' });
  expect(await (await fetch(`${url}/readyz`)).json()).toEqual({ status: 'ready', snapshot: engine.snapshot.version });
  const metrics = await (await fetch(`${url}/metrics`)).text();
  expect(metrics).toContain('armature_log_end_offset{partition="0"}');
  expect(metrics).toContain('armature_snapshots_total 1');
  expect(metrics).not.toContain('u-1');
});

test('the OpenAPI document names the routes that are served, and no other', async () => {
  const document = (await (await fetch(`${url}/openapi.json`)).json()) as {
    openapi: string;
    paths: { [path: string]: { [method: string]: { responses: object } } };
  };
  expect(document.openapi).toBe('3.1.0');
  const documented = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(documented.sort()).toEqual([
    'GET /healthz',
    'GET /metrics',
    'GET /openapi.json',
    'GET /readyz',
    'GET /v1/snapshot',
    'GET /v1/stream',
    'POST /v1/decide',
    'POST /v1/events',
  ]);
  const served = app.printRoutes({ commonPrefix: false, includeHooks: false });
  for (const entry of documented) expect(served).toContain(entry.split('/').at(-1));
});

test('an unknown route is a problem, without a trace of how it came about', async () => {
  const response = await fetch(`${url}/v1/nothing`);
  expect(response.status).toBe(404);
  const text = await response.text();
  expect(JSON.parse(text)).toMatchObject({ code: 'NOT_FOUND', status: 404, retryable: false });
  expect(text).not.toContain('at ');
  expect(response.headers.get('x-powered-by')).toBeNull();
});
