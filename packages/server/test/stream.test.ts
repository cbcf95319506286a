import { connect, type Socket } from 'node:net';
import type { Snapshot } from '@armature/sdk/protocol';
import Fastify from 'fastify';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { buildApp, type Engine, type VirtualClock, virtualClock } from '../src/index.js';
import { streamRoute } from '../src/routes/stream.js';
import { until, type Workspace, workspace } from './workspace.js';

const arms = (n: number): string => Array.from({ length: n }, (_, i) => `arm-${i}`).join(', ');
let space: Workspace;
let engine: Engine;
let clock: VirtualClock;
let app: Awaited<ReturnType<typeof buildApp>>;
let port: number;
const sockets: Socket[] = [];

beforeEach(async () => {
  space = await workspace({ 'a.yaml': 'experiment: button\narms: [blue, green]\n' });
  clock = virtualClock(Date.UTC(2026, 10, 24));
  engine = await space.open({ clock, partitions: 1 });
  app = await buildApp(engine);
  await app.listen({ host: '127.0.0.1', port: 0 });
  port = (app.server.address() as { port: number }).port;
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await app.close();
  await space.dispose();
});

interface Frame {
  readonly id?: string;
  readonly event?: string;
  readonly data?: string;
  readonly retry?: string;
  readonly comment?: string;
}

/** A reader of the stream that keeps what it got. */
function follow(headers = ''): { readonly socket: Socket; head(): string; frames(): readonly Frame[]; last(): string } {
  const socket = connect(port, '127.0.0.1');
  sockets.push(socket);
  let text = '';
  let tail = '';
  socket.on('data', (chunk) => {
    if (text.length < 1_000_000) text += String(chunk);
    tail = `${tail}${String(chunk)}`.replaceAll('\r\n', '').slice(-70_000);
  });
  socket.on('error', () => {});
  socket.write(`GET /v1/stream HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`);
  const body = (): string =>
    text
      .slice(text.indexOf('\r\n\r\n') + 4)
      .replace(/\r\n[0-9a-f]+\r\n/g, '')
      .replace(/^[0-9a-f]+\r\n/, '')
      .replace(/\r\n$/, '');
  return {
    socket,
    last: () => tail,
    head: () => text.slice(0, text.indexOf('\r\n\r\n')).toLowerCase(),
    frames: () =>
      body()
        .split('\n\n')
        .slice(0, -1)
        .map((block) =>
          Object.fromEntries(
            block.split('\n').map((line) => {
              const at = line.indexOf(': ');
              return [at === 0 ? 'comment' : line.slice(0, at), line.slice(at + 2)];
            }),
          ),
        ),
  };
}

async function edit(text: string): Promise<void> {
  await space.write('a.yaml', text);
  expect(await engine.reload()).toBeUndefined();
}

test('a reader gets the snapshot as it is, each one after it, and a heartbeat every five seconds', async () => {
  const reader = follow();
  await until(() => reader.frames().length === 2, 'the first snapshot');
  expect(reader.head()).toContain('content-type: text/event-stream');
  expect(reader.head()).toContain('x-accel-buffering: no');
  const first = engine.snapshot;
  await edit('experiment: button\narms: [blue, green, red]\n');
  await until(() => reader.frames().length === 3, 'the second snapshot');
  await clock.advance(10_000);
  await until(() => reader.frames().length === 5, 'two heartbeats');
  expect(reader.frames()).toEqual([
    { retry: '2000' },
    { id: first.version, event: 'snapshot', data: JSON.stringify(first) },
    { id: engine.snapshot.version, event: 'snapshot', data: JSON.stringify(engine.snapshot) },
    { comment: 'hb' },
    { comment: 'hb' },
  ]);
});

test('a reader that has the version already is told so, not sent it again', async () => {
  const reader = follow(`Last-Event-ID: ${engine.snapshot.version}\r\n`);
  await until(() => reader.frames().length === 2, 'the answer');
  expect(reader.frames()).toEqual([{ retry: '2000' }, { comment: 'current' }]);
});

test('a snapshot over 64 kB is announced, and fetched with its ETag', async () => {
  const reader = follow();
  await until(() => reader.frames().length === 2, 'the first snapshot');
  const big = Array.from({ length: 60 }, (_, i) => `experiment: big-${i}\narms: [${arms(100)}]\n`).join('---\n');
  await edit(big);
  await until(() => reader.frames().length === 3, 'the announcement');
  const { version } = engine.snapshot;
  expect(reader.frames()[2]).toEqual({ id: version, event: 'changed', data: JSON.stringify({ version }) });
  const response = await fetch(`http://127.0.0.1:${port}/v1/snapshot`);
  expect(response.headers.get('etag')).toBe(`"${version}"`);
});

test('a reader that takes nothing is sent only the newest, and cut after fifteen seconds; the others go on', async () => {
  let push = (_snapshot: Snapshot): void => {};
  const onSnapshot = (listener: (snapshot: Snapshot) => void): (() => void) => {
    push = listener;
    return () => {};
  };
  const own = Fastify();
  const stream = streamRoute(own, { ...engine, snapshot: engine.snapshot, onSnapshot } as Engine);
  await own.listen({ host: '127.0.0.1', port: 0 });
  port = (own.server.address() as { port: number }).port;
  const slow = follow();
  const quick = follow();
  await until(() => quick.frames().length === 2 && slow.frames().length === 2, 'both');
  slow.socket.pause();
  const pushed = 400;
  for (let i = 1; i <= pushed; i += 1) {
    push({ ...engine.snapshot, version: `9.${i}`, hash: 'x'.repeat(60_000) });
    if (i % 10 === 0) await until(() => quick.last().includes(`id: 9.${i}\n`), 'the pushed snapshot');
  }
  await clock.advance(10_000);
  expect(stream.readers).toBe(2);
  await clock.advance(10_000);
  await until(() => stream.readers === 1, 'the cut');
  await until(() => quick.last().endsWith(': hb\n\n'), 'a heartbeat');
  await own.close();
});

test('streams that are asked for behind another on its connection are refused, and leave nothing behind', async () => {
  const reader = follow();
  await until(() => reader.frames().length === 2, 'the first snapshot');
  reader.socket.write('GET /v1/stream HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(20));
  await new Promise((resolve) => setTimeout(resolve, 100));
  const readers = async (): Promise<string | undefined> => {
    const { body } = await app.inject('/metrics');
    return /^armature_stream_readers (\d+)$/m.exec(body)?.[1];
  };
  expect(await readers()).toBe('1');
  reader.socket.destroy();
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(await readers()).toBe('0');
});
