import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type AppOptions, buildApp, type Engine } from '../src/index.js';
import { makeKeys, ORIGIN } from './keyed-engine.js';
import { FILES, until, type Workspace, workspace } from './workspace.js';

let space: Workspace;
let engine: Engine;
let app: FastifyInstance | undefined;
let url: string;
const open: IncomingMessage[] = [];

beforeEach(async () => {
  space = await workspace(FILES);
});
afterEach(async () => {
  for (const stream of open.splice(0)) stream.destroy();
  await app?.close();
  await space.dispose();
});

async function start(options: AppOptions): Promise<void> {
  engine = await space.open({ partitions: 1 });
  app = await buildApp(engine, options);
  url = await app.listen({ host: '127.0.0.1', port: 0 });
}

/** Sends a request and leaves its answer unread, as a stream is. */
async function ask(
  path: string,
  key?: string,
  more: { readonly [name: string]: string } = {},
): Promise<IncomingMessage> {
  const headers = { ...(key === undefined ? {} : { authorization: `Bearer ${key}` }), ...more };
  const sent = request(`${url}${path}`, { headers, agent: false }).end();
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  answer.on('error', () => {});
  open.push(answer);
  return answer;
}

async function codeOf(answer: IncomingMessage): Promise<string | undefined> {
  const chunks: string[] = [];
  for await (const chunk of answer) chunks.push(String(chunk));
  return (JSON.parse(chunks.join('')) as { code?: string }).code;
}

test('a key that sends too much is told when to come back; other keys and the health of the server are not touched', async () => {
  const keys = await makeKeys(space.data);
  await start({ requestsPerSecond: 20 });
  const answers: IncomingMessage[] = [];
  for (let i = 0; i < 60; i += 1) answers.push(await ask('/v1/snapshot', keys.server));
  const refused = answers.filter(({ statusCode }) => statusCode === 429);
  expect(answers.every(({ statusCode }) => statusCode === 200 || statusCode === 429)).toBe(true);
  expect(refused.length).toBeGreaterThan(0);
  expect(refused[0]?.headers['retry-after']).toBe('1');
  expect(await codeOf(refused[0] as IncomingMessage)).toBe('RATE_LIMITED');
  expect((await ask('/v1/snapshot', keys.admin)).statusCode).toBe(200);
  for (let i = 0; i < 60; i += 1) expect((await ask('/healthz')).statusCode).toBe(200);
  await new Promise((resolve) => setTimeout(resolve, 1100));
  expect((await ask('/v1/snapshot', keys.server)).statusCode).toBe(200);
});

test('one key may hold so many streams, all together so many; the places are free again when streams end', async () => {
  const keys = await makeKeys(space.data);
  await start({ streams: { perKey: 2, all: 3 } });
  const first = await ask('/v1/stream', keys.server);
  expect((await ask('/v1/stream', keys.server)).statusCode).toBe(200);
  const third = await ask('/v1/stream', keys.server);
  expect(third).toMatchObject({ statusCode: 429, headers: { 'retry-after': '1' } });
  expect(await codeOf(third)).toBe('TOO_MANY_STREAMS');
  expect((await ask('/v1/stream', keys.read)).statusCode).toBe(200);
  const fourth = await ask('/v1/stream', keys.admin);
  expect(fourth).toMatchObject({ statusCode: 503, headers: { 'retry-after': '1' } });
  expect(await codeOf(fourth)).toBe('STREAMS_FULL');
  first.destroy();
  const readers = async (): Promise<string | undefined> => {
    const { body } = await (app as FastifyInstance).inject({
      url: '/metrics',
      headers: { authorization: `Bearer ${keys.admin}` },
    });
    return /^armature_stream_readers (\d+)$/m.exec(body)?.[1];
  };
  let now: string | undefined;
  await until(() => {
    void readers().then((count) => {
      now = count;
    });
    return now === '2';
  }, 'the place of the stream that ended');
  expect((await ask('/v1/stream', keys.server)).statusCode).toBe(200);
});

test.each(['/healthz', '/v1/snapshot', '/openapi.json'])(
  'without keys %s answers names of this machine only, whatever page asks',
  async (path) => {
    await start({});
    const { port } = new URL(url);
    for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, `127.1.2.3`, `[::1]:${port}`, 'armature.localhost']) {
      expect((await ask(path, undefined, { host })).statusCode).toBe(200);
    }
    // a page whose name points to 127.0.0.1 by now sends its own name
    for (const host of [`evil.example:${port}`, 'localhost.evil.example', '127.0.0.1.evil.example', '10.0.0.1', 'x']) {
      const answer = await ask(path, undefined, { host });
      expect({ host, status: answer.statusCode }).toEqual({ host, status: 421 });
      expect(await codeOf(answer)).toBe('HOST_FORBIDDEN');
    }
    for (const origin of ['https://evil.example', 'null', 'http://127.0.0.1.evil.example']) {
      const answer = await ask(path, undefined, { origin });
      expect(answer.statusCode).toBe(403);
      expect(answer.headers['access-control-allow-origin']).toBeUndefined();
      expect(await codeOf(answer)).toBe('ORIGIN_FORBIDDEN');
    }
    const own = await ask(path, undefined, { origin: 'http://localhost:5173' });
    expect(own).toMatchObject({ statusCode: 200, headers: { 'access-control-allow-origin': 'http://localhost:5173' } });
  },
);

test('a stream is readable by the pages that may call the server', async () => {
  await start({});
  const { headers } = await ask('/v1/stream', undefined, { origin: 'http://localhost:5173' });
  expect(headers['access-control-allow-origin']).toBe('http://localhost:5173');
  expect(headers['content-type']).toContain('text/event-stream');
});

test('the streams of an open server end when its first key is made', async () => {
  await start({});
  const stream = await ask('/v1/stream');
  let ended = false;
  stream.on('end', () => {
    ended = true;
  });
  stream.resume();
  const keys = await makeKeys(space.data);
  await engine.keys.refresh();
  await until(() => ended, 'the end of the stream');
  expect((await ask('/v1/snapshot')).statusCode).toBe(401);
  expect((await ask('/v1/stream', keys.read)).statusCode).toBe(200);
  expect((await ask('/v1/stream', keys.browser, { origin: ORIGIN })).statusCode).toBe(403);
});

test('a hundred sockets that dribble their heads or say nothing are cut in time, and the server answers meanwhile', async () => {
  await start({ requestMs: 1000 });
  const { port } = new URL(url);
  const from = performance.now();
  const lives: number[] = [];
  const sockets = Array.from({ length: 100 }, (_, i) => {
    const socket = connect(Number(port), '127.0.0.1');
    const silent = i % 2 === 1;
    if (!silent) socket.write('POST /v1/events HTTP/1.1\r\nHost: localhost\r\n');
    const dribble = silent ? undefined : setInterval(() => socket.write(`X-${i}: 1\r\n`), 100);
    socket.on('error', () => {});
    socket.on('close', () => {
      clearInterval(dribble);
      lives.push(performance.now() - from);
    });
    socket.resume();
    return socket;
  });
  expect((await ask('/healthz')).statusCode).toBe(200);
  await until(() => lives.length === sockets.length, 'all cut');
  // the head's half second, and the second between two looks
  expect(Math.min(...lives)).toBeGreaterThan(400);
});
