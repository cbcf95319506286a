import { request } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildApp, type Engine } from '../src/index.js';
import { type KeyName, makeKeys, ORIGIN } from './keyed-engine.js';
import { decisionOf, FILES, rewardOf, type Workspace, workspace } from './workspace.js';

const CONFIGURED = 'ak_configured_0123456789';
type Caller = KeyName | 'none' | 'unknown' | 'configured';
const CALLERS: readonly Caller[] = ['none', 'unknown', 'revoked', 'server', 'browser', 'read', 'admin', 'configured'];

/** Who may call which route. A route that is served and does not stand here fails the test below. */
const TABLE: Readonly<Record<string, readonly Caller[]>> = {
  'POST /v1/events': ['server', 'browser', 'admin', 'configured'],
  'POST /v1/decide': ['server', 'browser', 'admin', 'configured'],
  'GET /v1/snapshot': ['server', 'read', 'admin', 'configured'],
  'GET /v1/stream': ['server', 'read', 'admin', 'configured'],
  'GET /metrics': ['read', 'admin', 'configured'],
  'GET /healthz': CALLERS,
  'GET /readyz': CALLERS,
  'GET /openapi.json': CALLERS,
};

let space: Workspace;
let engine: Engine;
let app: FastifyInstance;
let port: number;
let keys: Readonly<Partial<Record<Caller, string>>>;

beforeAll(async () => {
  space = await workspace(FILES);
  keys = {
    ...(await makeKeys(space.data)),
    unknown: `ak_admin_00000000_${'0'.repeat(64)}`,
    configured: CONFIGURED,
  };
  engine = await space.open({ partitions: 1, apiKeys: [CONFIGURED] });
  app = await buildApp(engine);
  await app.listen({ host: '127.0.0.1', port: 0 });
  port = (app.server.address() as { port: number }).port;
});
afterAll(async () => {
  await app.close();
  await space.dispose();
});

interface Answer {
  readonly status: number;
  readonly allow: string | undefined;
  readonly body: string;
}

/** The answer to a request whose target goes out as it is written: fetch would tidy it up. A stream is left open. */
function call(method: string, path: string, caller: Caller, body = '{}', origin = ORIGIN): Promise<Answer> {
  const key = keys[caller];
  const headers = {
    origin,
    ...(method === 'POST' ? { 'content-type': 'application/json' } : {}),
    ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
  };
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, method, path, headers, agent: false }, (answer) => {
      let text = '';
      const done = (): void => {
        resolve({ status: answer.statusCode ?? 0, allow: answer.headers.allow, body: text });
        answer.destroy();
      };
      if (answer.headers['content-type']?.startsWith('text/event-stream')) return done();
      answer.on('data', (chunk) => {
        text += String(chunk);
      });
      answer.on('end', done);
    });
    sent.on('error', reject).end(method === 'POST' ? body : undefined);
  });
}

/** `METHOD path` of every route that the app has, as its own table prints them. */
function routesOf(): readonly (readonly [path: string, methods: readonly string[]])[] {
  const lines = app.printRoutes({ commonPrefix: false, includeHooks: false }).matchAll(/── (\S+) \(([^)]+)\)/g);
  return [...lines].map(([, path = '', methods = '']) => [path, methods.split(', ').sort()]);
}

/** Ways to write a path that the router takes for the same one. */
const spellings = (path: string): readonly string[] => {
  const at = path.lastIndexOf('/') + 1;
  const code = path.charCodeAt(at).toString(16);
  return [path, `${path}?x=1`, `${path.slice(0, at)}%${code}${path.slice(at + 1)}`, `http://host${path}`];
};

/** What a refused caller is told. */
const refusalFor = (caller: Caller): number => (['none', 'unknown', 'revoked'].includes(caller) ? 401 : 403);

test('every route that is served stands in the table, with GET or POST, HEAD beside GET, and nothing else', () => {
  const served = routesOf().filter(([path]) => path !== '*');
  const expected = Object.keys(TABLE).map((row) => {
    const [method = '', path = ''] = row.split(' ');
    return [path, method === 'GET' ? ['GET', 'HEAD'] : ['POST']];
  });
  expect([...served].sort()).toEqual([...expected].sort());
});

test.each(Object.keys(TABLE))(
  '%s is for its kinds of keys, however it is spelt and whatever the method',
  async (row) => {
    const [method = '', path = ''] = row.split(' ');
    const methods = method === 'GET' ? ['GET', 'HEAD'] : [method];
    for (const caller of CALLERS) {
      const allowed = TABLE[row]?.includes(caller) === true;
      for (const target of spellings(path)) {
        for (const has of methods) {
          const { status, body } = await call(has, target, caller);
          const what = `${has} ${target} ${caller}: ${body}`;
          // {} is no event: who may send events learns that, with 200 and the item's code
          if (allowed) expect({ what, status }).toEqual({ what, status: 200 });
          else expect({ what, status }).toEqual({ what, status: refusalFor(caller) });
        }
      }
    }
  },
);

test.each(Object.keys(TABLE))('of %s no other method is taken: 405 with Allow, 204 for OPTIONS', async (row) => {
  const [method = '', path = ''] = row.split(' ');
  const allow = method === 'GET' ? 'GET, HEAD, OPTIONS' : 'OPTIONS, POST';
  for (const target of spellings(path)) {
    for (const other of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND', 'TRACE']) {
      if (allow.includes(other)) continue;
      expect(await call(other, target, 'admin')).toMatchObject({ status: 405, allow });
      const guarded = path.startsWith('/v1/');
      expect((await call(other, target, 'none')).status).toBe(guarded ? 401 : 405);
    }
    expect(await call('OPTIONS', target, 'none', '', 'https://other.example')).toMatchObject({ status: 204, allow });
  }
});

test('a path that does not exist is 404 with a key and 401 without one', async () => {
  for (const method of ['GET', 'POST', 'HEAD', 'OPTIONS']) {
    expect((await call(method, '/v1/nothing', 'admin', '{}', 'https://other.example')).status).toBe(404);
    if (method !== 'OPTIONS') expect((await call(method, '/v1/nothing', 'none')).status).toBe(401);
  }
  expect((await call('GET', '/nothing', 'none')).status).toBe(404);
});

test('a target that cannot be decoded is 400, a problem that does not repeat it', async () => {
  for (const caller of ['none', 'admin'] as const) {
    const { status, body } = await call('GET', '/v1/%zz', caller);
    expect(status).toBe(400);
    expect(JSON.parse(body)).toMatchObject({ code: 'REQUEST_INVALID', requestId: expect.any(String) });
    expect(body).not.toContain('%zz');
  }
});

test('a browser key works from its origins alone, and is never told the weights', async () => {
  for (const origin of ['https://evil.example', 'https://shop.example:8443', 'http://shop.example', 'null']) {
    expect(await call('POST', '/v1/decide', 'browser', '{"unit":"u"}', origin)).toMatchObject({
      status: 403,
      body: expect.stringContaining('ORIGIN_FORBIDDEN'),
    });
  }
  const told = await call('POST', '/v1/decide', 'browser', '{"unit":"u"}');
  expect(told.body).toContain('"token":"v1.');
  expect(told.body).not.toContain('propensities');
  expect((await call('POST', '/v1/decide', 'server', '{"unit":"u"}')).body).toContain('propensities');
});

test("a browser key's rewards are taken and its decisions refused, each item by itself", async () => {
  const now = Date.now();
  const decision = decisionOf(engine.snapshot, 'reader', 'large', now);
  const reward = rewardOf('reader', decision.id, { correct: 1 }, now);
  const { status, body } = await call('POST', '/v1/events', 'browser', JSON.stringify([decision, reward, { id: 'x' }]));
  expect(status).toBe(200);
  expect(JSON.parse(body)).toMatchObject({
    accepted: 1,
    rejected: 2,
    errors: [
      { index: 0, id: decision.id, code: 'FORBIDDEN', retryable: false, pointer: '/type' },
      { index: 2, code: expect.not.stringContaining('FORBIDDEN') },
    ],
  });
  const sent = await call('POST', '/v1/events', 'server', JSON.stringify([decision]));
  expect(JSON.parse(sent.body)).toEqual({ accepted: 1, rejected: 0, errors: [] });
});

test('pages of the origins that browser keys name may read the answers, and no others', async () => {
  const preflight = (origin: string): Promise<Response> =>
    fetch(`http://127.0.0.1:${port}/v1/decide`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' },
    });
  const own = await preflight(ORIGIN);
  expect(own.status).toBe(204);
  expect(own.headers.get('access-control-allow-origin')).toBe(ORIGIN);
  expect(own.headers.get('access-control-allow-headers')).toContain('authorization');
  expect(own.headers.get('vary')).toContain('Origin');
  for (const origin of ['https://evil.example', `${ORIGIN}.evil.example`, '*']) {
    expect((await preflight(origin)).headers.get('access-control-allow-origin')).toBeNull();
  }
});

test('every status that a route answers stands in the OpenAPI document, and keys where they are needed', async () => {
  const document = JSON.parse((await call('GET', '/openapi.json', 'none')).body) as {
    components: { securitySchemes: object };
    paths: { [path: string]: { [method: string]: { responses: object; security: readonly object[] } } };
  };
  expect(document.components.securitySchemes).toHaveProperty('apiKey');
  const big = `[${' '.repeat(1024 * 1024)}]`;
  for (const [row, may] of Object.entries(TABLE)) {
    const [method = '', path = ''] = row.split(' ');
    const operation = document.paths[path]?.[method.toLowerCase()];
    expect(operation?.security).toEqual(may === CALLERS ? [] : [{ apiKey: [] }]);
    const bodies = method === 'POST' ? ['{}', '7', '{', big, '{"experiments":["nope"]}'] : ['{}'];
    for (const caller of CALLERS) {
      for (const body of bodies) {
        const { status } = await call(method, path, caller, body);
        expect(Object.keys(operation?.responses ?? {}), `${row} ${caller} ${body.slice(0, 9)}`).toContain(`${status}`);
      }
    }
  }
});
