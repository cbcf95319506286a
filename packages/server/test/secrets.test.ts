import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildApp, type Engine, jsonLogger } from '../src/index.js';
import { makeKeys, ORIGIN } from './keyed-engine.js';
import { FILES, type Workspace, workspace } from './workspace.js';

const CONFIGURED = 'ak_configured_canary_0123456789';
const logged: string[] = [];
let space: Workspace;
let engine: Engine;
let app: FastifyInstance;
let keys: Readonly<Record<string, string>>;

beforeAll(async () => {
  space = await workspace(FILES);
  keys = { ...(await makeKeys(space.data)), configured: CONFIGURED, unknown: `ak_admin_12345678_${'c'.repeat(64)}` };
  const logger = jsonLogger((line) => logged.push(line), Date.now);
  engine = await space.open({ partitions: 1, apiKeys: [CONFIGURED], logger });
  app = await buildApp(engine);
  await app.ready();
});
afterAll(async () => {
  await app.close();
  await space.dispose();
});

/** Places of a request in which a key may stand, rightly or by mistake. */
function requestsWith(key: string, method: 'GET' | 'POST', path: string) {
  const type = { 'content-type': 'application/json', origin: ORIGIN };
  const bearer = { ...type, authorization: `Bearer ${key}` };
  const bodies = [
    `{"${key}":1}`,
    `{"experiments":["${key}"],"unit":"${key}","context":{"${key}":{}}}`,
    `[{"specversion":"1.0","type":"${key}","id":"${key}","source":"${key}","time":"${key}","data":{"token":"${key}"}}]`,
    `${key}`,
    `{"${key}":1,"${key}":2}`,
  ];
  const places = [
    { headers: bearer },
    { headers: { ...type, authorization: key } },
    { headers: { ...type, 'x-api-key': key, cookie: `key=${key}`, 'user-agent': key } },
    { headers: { ...bearer, 'content-encoding': key } },
    { headers: { ...bearer, 'content-type': `text/${key}` } },
    { headers: { ...bearer, 'content-type': `application/json; charset=${key}` } },
    { headers: { ...bearer, 'if-none-match': key, 'last-event-id': key } },
    { headers: { ...bearer, origin: `https://${key}.example` } },
    { headers: bearer, url: `${path}?key=${key}` },
    { headers: bearer, url: `${path}/${key}` },
    { headers: bearer, url: `/${key}%zz` },
  ];
  const bodied = method === 'POST' ? bodies.map((payload) => ({ headers: bearer, payload })) : [];
  return [...places, ...bodied].map((place) => ({ method, url: path, ...place }));
}

/** The part that nobody may learn: what comes before it in a key is its name. */
const secretOf = (key: string): string => (key === CONFIGURED ? key : key.slice(-64));

test('no key gets into the log, wherever in a request of whichever route it stands', async () => {
  const routes = [...app.printRoutes({ commonPrefix: false }).matchAll(/── (\/\S+) \(([^)]+)\)/g)];
  expect(routes.length).toBeGreaterThanOrEqual(8);
  let refusals = 0;
  for (const [, path = '', methods = ''] of routes) {
    const method = methods.includes('POST') ? 'POST' : 'GET';
    for (const key of Object.values(keys)) {
      for (const sent of requestsWith(key, method, path)) {
        if (path === '/v1/stream' && !('payload' in sent)) continue; // inject waits for its end; below
        const { statusCode, body, headers } = await app.inject(sent);
        if (statusCode >= 400) refusals += 1;
        expect(statusCode).not.toBe(500);
        // 2xx with item errors and 4xx quote what was wrong with a body to whoever sent it, and to nobody else
        if (!('payload' in sent)) expect(body, JSON.stringify(sent)).not.toContain(secretOf(key));
        expect(JSON.stringify(headers)).not.toContain(secretOf(key));
      }
    }
  }
  expect(refusals).toBeGreaterThan(100);
  engine.logger.info('the log is read');
  expect(logged.join('')).toContain('the log is read');
  for (const key of Object.values(keys)) expect(logged.join('')).not.toContain(secretOf(key));
});

test('a stream that is refused does not repeat its key', async () => {
  const { statusCode, body } = await app.inject({
    url: `/v1/stream?key=${keys.browser}`,
    headers: { authorization: `Bearer ${keys.browser}`, origin: ORIGIN },
  });
  expect(statusCode).toBe(403);
  expect(body).not.toContain(secretOf(keys.browser ?? ''));
});

test('the figures and the OpenAPI document hold no key and no hash of one', async () => {
  for (const url of ['/metrics', '/openapi.json']) {
    const { body, statusCode } = await app.inject({ url, headers: { authorization: `Bearer ${keys.admin}` } });
    expect(statusCode).toBe(200);
    for (const key of engine.keys.keys) expect(body).not.toContain(key.digest.toString('hex'));
    for (const key of Object.values(keys)) expect(body).not.toContain(secretOf(key));
  }
});
