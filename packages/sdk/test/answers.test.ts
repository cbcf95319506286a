/** Answers that are not the server's, over real sockets: what they may not do to a client. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { correctedClock } from '../src/clock.js';
import { type Connection, requestJson } from '../src/http-request.js';
import { type Client, type ClientOptions, createClient } from '../src/index.js';
import { snapshot } from './client-snapshot.js';
import { scriptedTransport } from './scripted-transport.js';

let server: Server;
let url: string;
let respond: (request: IncomingMessage, response: ServerResponse) => void;
const paths: string[] = [];
const clients: Client[] = [];

const json = (response: ServerResponse, value: unknown): void =>
  void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));

function connect(options: Partial<ClientOptions<never>> = {}): { readonly client: Client; readonly codes: string[] } {
  const client: Client = createClient({ url, refresh: 'manual', logger: false, ...options });
  const codes: string[] = [];
  client.on('error', ({ code }) => codes.push(code));
  clients.push(client);
  return { client, codes };
}

const connection = (): Connection => ({ url, fetch, clock: correctedClock(Date.now), random: () => 0 });

beforeEach(async () => {
  server = createServer((request, response) => {
    paths.push(request.url ?? '');
    respond(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close({ timeoutMs: 0 })));
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  paths.length = 0;
});

test('a body of 50 MB is given up at 16, and its socket closed', async () => {
  let written = 0;
  let closed = false;
  respond = (_, response) => {
    const piece = 'x'.repeat(1_000_000);
    const more = (): void => {
      while (written < 50_000_000 && !response.destroyed) {
        written += piece.length;
        if (!response.write(piece)) return void response.once('drain', more);
      }
    };
    response.writeHead(200, { 'content-type': 'application/json' }).on('close', () => {
      closed = true;
    });
    more();
  };
  const { client, codes } = connect();
  expect(await client.ready()).toBe('default');
  expect(codes).toEqual(['RESPONSE_INVALID']);
  await vi.waitFor(() => expect(closed).toBe(true));
  expect(written).toBeLessThan(50_000_000);
});

test.each([301, 302, 307, 308])('a redirect (%i) is told and not followed: what was posted stays', async (status) => {
  respond = (_, response) => json(response, snapshot);
  const { client, codes } = connect();
  await client.ready();
  client.decide('reader');
  respond = (request, response) => void response.writeHead(status, { location: request.url }).end();
  expect(await client.flush()).toMatchObject({ sent: 0, queued: 1 });
  expect(await client.ready()).toBe('ready');
  expect(codes).toEqual(['RESPONSE_INVALID', 'RESPONSE_INVALID']);
  expect(paths).toEqual(['/v1/snapshot', '/v1/events', '/v1/snapshot']);
});

test.each([
  ['a page', (response: ServerResponse) => response.end('<html>please log in')],
  ['a refusal', (response: ServerResponse) => response.writeHead(502).end('<html>')],
])('the Date of %s does not move the clock, by which events would expire', async (_, end) => {
  respond = (_, response) => json(response, snapshot);
  const { client } = connect();
  await client.ready();
  const before = client.decide('reader');
  respond = (_, response) => {
    end(response.setHeader('date', 'Tue, 01 Jan 2099 00:00:00 GMT'));
  };
  await client.ready();
  await client.flush();
  const after = client.decide('reader');
  expect(after.time - before.time).toBeLessThan(60_000);
  expect(await client.flush()).toMatchObject({ queued: 2, dropped: { expired: 0 } });
});

test.each([
  ['seconds', '7', 7000],
  ['a date', 'Tue, 24 Nov 2026 12:00:30 GMT', 30_000],
  ['neither', 'soon', undefined],
])('Retry-After in %s is passed on', async (_, text, ms) => {
  const headers = { 'retry-after': text, date: 'Tue, 24 Nov 2026 12:00:00 GMT' };
  respond = (_, response) => void response.writeHead(503, headers).end();
  const refused = await requestJson(connection(), '/v1/snapshot', {}).catch((cause: unknown) => cause);
  expect(refused).toMatchObject({ code: 'UNAVAILABLE' });
  expect((refused as { readonly retryAfterMs?: number }).retryAfterMs).toBe(ms);
});

describe('the snapshot in use is not confirmed', () => {
  test.each([
    ['304 to a client that named no version', (response: ServerResponse) => response.writeHead(304).end()],
    ['the word `unchanged`', (response: ServerResponse) => json(response, 'unchanged')],
  ])('by %s', async (_, end) => {
    respond = (_, response) => void end(response);
    const { client, codes } = connect();
    expect(await client.ready()).toBe('default');
    expect(codes).toEqual(['RESPONSE_INVALID']);
  });
});

describe('close', () => {
  test('does not wait for a cache that never ends its save', async () => {
    const cache = { load: () => undefined, save: () => new Promise<void>(() => {}) };
    const transport = scriptedTransport([], snapshot);
    const client: Client = createClient({ transport, cache, refresh: 'manual' });
    const got: (string | undefined)[] = [];
    client.on('error', (error) => got.push(`${error.code} ${error.got}`));
    await client.ready();
    client.decide('reader');
    const started = performance.now();
    expect(await client.close({ timeoutMs: 100 })).toMatchObject({ sent: 1, queued: 0 });
    expect(performance.now() - started).toBeLessThan(5000);
    expect(got).toEqual(['CACHE_UNUSABLE a save that did not end in 100 ms']);
  });

  test('leaves no timer behind, wherever the stream and the outbox are in their waits', async () => {
    vi.useFakeTimers();
    try {
      const down = (): Promise<never> => Promise.reject(new Error('down'));
      const client: Client = createClient({ url, fetch: down, bootstrap: snapshot, logger: false });
      client.decide('reader');
      await vi.advanceTimersByTimeAsync(60_000);
      expect(vi.getTimerCount()).toBe(3); // the poll, the stream and the outbox wait
      const closing = client.close({ timeoutMs: 0 });
      await vi.advanceTimersByTimeAsync(1);
      await closing;
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });
});
