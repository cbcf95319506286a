import { request } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildApp, type Engine } from '../src/index.js';
import { FILES, type Workspace, workspace } from './workspace.js';

const KEYS = ['ak_first_0123456789', 'ak_second_0123456789'];
let space: Workspace;
let engine: Engine;
let app: Awaited<ReturnType<typeof buildApp>>;
let port: number;

beforeAll(async () => {
  space = await workspace(FILES);
  engine = await space.open({ partitions: 1, apiKeys: KEYS });
  app = await buildApp(engine, { apiKeys: KEYS });
  await app.listen({ host: '127.0.0.1', port: 0 });
  port = (app.server.address() as { port: number }).port;
});
afterAll(async () => {
  await app.close();
  await space.dispose();
});

/** The status of a request whose target goes out as it is written: fetch would tidy it up. */
function statusOf(path: string, key?: string, method = 'GET'): Promise<number> {
  const headers = {
    'content-type': 'application/json',
    ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
  };
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, method, path, headers }, (answer) => {
      answer.destroy();
      resolve(answer.statusCode ?? 0);
    });
    sent.on('error', reject).end(method === 'POST' ? '{}' : undefined);
  });
}

test.each([
  '/v1/snapshot',
  '/%761/snapshot',
  '/v%31/snapshot',
  '/%76%31/snapshot',
  'http://host/v1/snapshot',
  '/v1/stream',
])('%s needs a key, however it is spelt', async (path) => {
  expect(await statusOf(path)).toBe(401);
  expect(await statusOf(path, 'ak_other_0123456789')).toBe(401);
  for (const key of KEYS) expect(await statusOf(path, key)).toBe(200);
});

test.each(['/%761/events', '/%761/decide', 'http://host/v1/decide'])(
  'nobody posts to %s without a key',
  async (path) => {
    expect(await statusOf(path, undefined, 'POST')).toBe(401);
  },
);

test('health and metrics need none', async () => {
  for (const path of ['/healthz', '/readyz', '/metrics', '/openapi.json']) expect(await statusOf(path)).toBe(200);
});
