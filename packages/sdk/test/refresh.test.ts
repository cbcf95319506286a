import type { ServerResponse } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { correctedClock } from '../src/clock.js';
import type { Connection } from '../src/http-request.js';
import { httpTransport } from '../src/http-transport.js';
import { type Client, type ClientOptions, createClient } from '../src/index.js';
import type { Snapshot } from '../src/protocol/snapshot.js';
import { type SnapshotServer, snapshotServer } from './snapshot-server.js';

const version = (of: string): Snapshot => ({
  schema: 1,
  version: of,
  hash: 'sha256:00',
  issued: '2026-11-23T05:26:42.123Z',
  experiments: {
    reader: {
      version: of,
      hash: 1,
      salt: 'reader',
      definition: `sha256:${'ab'.repeat(32)}`,
      assign: 'request',
      status: 'running',
      control: 'small',
      arms: ['large', 'small'],
      rules: [{ id: 'policy', weights: [0.25, 0.75] }],
    },
  },
});

let server: SnapshotServer;
const clients: Client[] = [];
const errors: string[] = [];

/** A client with the time-outs shortened: silence 300 ms instead of 15 s, answers 150 ms instead of 10 s. */
function connect(options: Partial<ClientOptions<never>> & Partial<Connection> = {}): Client {
  const { url = server.url, apiKey, silenceMs = 300, timeoutMs = 150, ...rest } = options;
  const clock = correctedClock(Date.now);
  const transport = httpTransport({ url, apiKey, fetch, clock, random: () => 0.5, silenceMs, timeoutMs });
  const complete: ClientOptions<never> = { transport, logger: false, ...rest };
  const client: Client = createClient(complete);
  client.on('error', ({ code }) => errors.push(code));
  clients.push(client);
  return client;
}

beforeEach(async () => {
  server = await snapshotServer(version('7.1'));
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close({ timeoutMs: 100 })));
  await server.close();
  errors.length = 0;
});

describe('a stream', () => {
  test('brings new snapshots as they are published', async () => {
    const client = connect();
    expect(await client.ready()).toBe('ready');
    await vi.waitFor(() => expect(server.requests.unchanged).toBeGreaterThan(0));
    server.publish(version('7.2'));
    await vi.waitFor(() => expect(client.snapshot?.version).toBe('7.2'));
    expect(client.decide('reader')).toMatchObject({ snapshot: '7.2', reason: 'split', stale: false });
  });

  test('that only says `changed` makes the client ask with its ETag', async () => {
    const client = connect();
    await client.ready();
    await vi.waitFor(() => expect(server.requests.stream).toBe(1));
    server.snapshot = version('7.2');
    await vi.waitFor(() => {
      server.push('event: changed\ndata: 7.2\n\n');
      expect(client.snapshot?.version).toBe('7.2');
    });
  });

  test('that falls silent without closing is noticed, and another one opened', async () => {
    const client = connect();
    await client.ready();
    await vi.waitFor(() => expect(server.requests.stream).toBe(1));
    server.heartbeats = false;
    await vi.waitFor(() => expect(server.requests.stream).toBeGreaterThan(1), { timeout: 3000 });
    expect(errors).toContain('STREAM_BROKEN');
    server.heartbeats = true;
    server.publish(version('7.3'));
    await vi.waitFor(() => expect(client.snapshot?.version).toBe('7.3'), { timeout: 3000 });
  });

  test('that is cut is opened again, and what was missed is fetched', async () => {
    const client = connect();
    await client.ready();
    await vi.waitFor(() => expect(server.requests.stream).toBe(1));
    server.cut();
    server.snapshot = version('7.2');
    await vi.waitFor(() => expect(client.snapshot?.version).toBe('7.2'), { timeout: 3000 });
    expect(client.status).toBe('ready');
  });

  test('of garbage leaves the good snapshot in use', async () => {
    const client = connect();
    await client.ready();
    await vi.waitFor(() => expect(server.requests.stream).toBe(1));
    server.push('event: snapshot\ndata: <html>\n\n');
    await vi.waitFor(() => expect(errors).toContain('STREAM_BROKEN'));
    await vi.waitFor(() => expect(server.requests.stream).toBe(2));
    server.push(
      `event: snapshot\ndata: ${JSON.stringify({ ...version('7.9'), experiments: { reader: { arms: [] } } })}\n\n`,
    );
    await vi.waitFor(() => expect(errors).toContain('SNAPSHOT_REFUSED'));
    expect(client.decide('reader')).toMatchObject({ snapshot: '7.1', reason: 'split' });
  });

  test('that ends with each snapshot is opened less and less often', async () => {
    const event = `event: snapshot\ndata: ${JSON.stringify(version('7.2'))}\n\n`;
    server.misbehave = {
      '/v1/stream': (_, response) =>
        void response.writeHead(200, { 'content-type': 'text/event-stream' }).end(`retry: 100\n\n${event}`),
    };
    const client = connect();
    await client.ready();
    await new Promise((resolve) => setTimeout(resolve, 2000));
    // Half of 100, 200, 400, 800, 1600 ms; with the shortest wait each time there are 40.
    expect(server.requests.stream).toBeGreaterThan(2);
    expect(server.requests.stream).toBeLessThan(8);
  });

  test('that goes back to an older version changes nothing', async () => {
    const client = connect();
    await client.ready();
    await vi.waitFor(() => expect(server.requests.stream).toBe(1));
    server.publish(version('6.99'));
    server.publish(version('7.2'));
    await vi.waitFor(() => expect(client.snapshot?.version).toBe('7.2'));
  });
});

describe('a server that does not answer as it should', () => {
  const faults: [string, (request: unknown, response: ServerResponse) => void, string][] = [
    ['hangs', () => undefined, 'UNAVAILABLE'],
    ['hangs after the headers', (_, response) => void response.writeHead(200).write('{'), 'UNAVAILABLE'],
    ['resets', (_, response) => void response.destroy(), 'UNAVAILABLE'],
    ['sends a page', (_, response) => void response.end('<html>please log in'), 'RESPONSE_INVALID'],
    ['sends half a body', (_, response) => void response.end('{"schema":1,'), 'RESPONSE_INVALID'],
    ['sends something else', (_, response) => void response.end('[]'), 'SNAPSHOT_REFUSED'],
    ['fails', (_, response) => void response.writeHead(500).end('no'), 'UNAVAILABLE'],
    ['refuses the key', (_, response) => void response.writeHead(401).end(), 'ACCESS_REFUSED'],
    ['is a proxy without a server', (_, response) => void response.writeHead(404).end('<html>'), 'RESPONSE_INVALID'],
  ];
  test.each(faults)('%s: ready resolves, decisions answer control', async (_, fault, code) => {
    server.misbehave = { '/v1/snapshot': fault, '/v1/stream': fault };
    const client = connect();
    expect(await client.ready({ timeoutMs: 350 })).toBe('default');
    expect(client.decide('reader', { default: 'small' })).toMatchObject({
      arm: 'small',
      reason: 'default',
      error: 'NO_SNAPSHOT',
    });
    expect(errors).toContain(code);
  });

  test('and comes back: the client recovers by itself', async () => {
    server.misbehave = {
      '/v1/snapshot': (_, response) => void response.destroy(),
      '/v1/stream': (_, response) => void response.destroy(),
    };
    const client = connect();
    await client.ready({ timeoutMs: 200 });
    server.misbehave = {};
    expect(await client.ready({ timeoutMs: 8000 })).toBe('ready');
  });

  test('refuses the connection', async () => {
    const unused = createServer();
    await new Promise<void>((resolve) => unused.listen(0, '127.0.0.1', resolve));
    const { port } = unused.address() as AddressInfo;
    await new Promise((resolve) => unused.close(resolve));
    const client = connect({ url: `http://127.0.0.1:${port}` });
    expect(await client.ready({ timeoutMs: 300 })).toBe('default');
    expect(errors).toContain('UNAVAILABLE');
  });

  test('says why in a problem document, and the client passes it on', async () => {
    const problem = { title: 'no', status: 403, code: 'KEY_REVOKED', detail: 'the key was revoked' };
    server.misbehave = {
      '/v1/snapshot': (_, response) =>
        void response.writeHead(403, { 'content-type': 'application/problem+json' }).end(JSON.stringify(problem)),
    };
    const client = connect({ refresh: 'manual' });
    const got: (string | undefined)[] = [];
    client.on('error', (error) => got.push(error.got));
    await client.ready();
    expect(got).toEqual(['403 KEY_REVOKED: the key was revoked']);
  });

  test('a page with status 200 is no acknowledgement', async () => {
    const client = connect({ refresh: 'manual' });
    await client.ready();
    server.misbehave = { '/v1/events': (_, response) => void response.end('<html>') };
    client.decide('reader');
    expect(await client.flush()).toMatchObject({ sent: 0, queued: 1 });
    server.misbehave = {};
    expect(await client.flush()).toMatchObject({ sent: 1, queued: 0 });
  });
});

describe('the other modes', () => {
  test('manual asks once for each ready, with the ETag, and never by itself', async () => {
    const client = connect({ refresh: 'manual' });
    client.decide('reader');
    expect(server.requests.snapshot).toBe(0);
    await client.ready();
    await client.ready();
    expect(server.requests).toMatchObject({ snapshot: 2, unchanged: 1, stream: 0 });
    server.snapshot = version('7.2');
    await client.ready();
    expect(client.snapshot?.version).toBe('7.2');
  });

  test('a snapshot that nobody confirmed for maxAgeMs is stale, and decided from all the same', async () => {
    let now = Date.now();
    const client = connect({ refresh: 'manual', now: () => now, maxAgeMs: 60_000 });
    const statuses: string[] = [];
    client.on('status', (status) => statuses.push(status));
    await client.ready();
    now += 60_001;
    expect(client.status).toBe('stale');
    expect(client.decide('reader')).toMatchObject({ reason: 'split', stale: true, snapshotAgeMs: 60_001 });
    await client.ready();
    expect(client.decide('reader')).toMatchObject({ stale: false, snapshotAgeMs: 0 });
    expect(statuses).toEqual(['ready']);
  });

  test('ready ends with its signal', async () => {
    server.misbehave = { '/v1/snapshot': () => undefined };
    const client = connect();
    expect(await client.ready({ signal: AbortSignal.timeout(50), timeoutMs: 10_000 })).toBe('starting');
  });
});

test('over HTTP the key goes along, events arrive, and the clock is corrected by the Date of the answers', async () => {
  const behind = 3_600_000;
  const client = createClient({ url: server.url, apiKey: 'ak_1', refresh: 'manual', now: () => Date.now() - behind });
  clients.push(client);
  await client.ready();
  const decision = client.decide('reader');
  client.reward(decision, { correct: 1 });
  await client.close();
  expect([...server.authorizations]).toEqual(['Bearer ak_1']);
  expect(server.received).toMatchObject([{ id: decision.id }, { data: { decision: decision.id } }]);
  expect(Math.abs(decision.time - Date.now())).toBeLessThan(3000);
  expect(decision.token.startsWith('v1.')).toBe(true);
  expect(decision.token.startsWith('v1.open')).toBe(false);
});
