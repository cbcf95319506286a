import { connect, type Socket } from 'node:net';
import type { Snapshot } from '@armature/sdk/protocol';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Engine, virtualClock } from '../src/index.js';
import { streamRoute } from '../src/routes/stream.js';
import { until, type Workspace, workspace } from './workspace.js';

let space: Workspace;
let engine: Engine;
let app: FastifyInstance;
let stream: { readonly readers: number };
let port: number;
let push: (version: string, bytes: number) => void;
const sockets: Socket[] = [];

beforeEach(async () => {
  space = await workspace({ 'a.yaml': 'experiment: button\narms: [blue, green]\n' });
  engine = await space.open({ clock: virtualClock(Date.UTC(2026, 10, 24)), partitions: 1 });
  app = Fastify();
  const onSnapshot = (listener: (snapshot: Snapshot) => void): (() => void) => {
    push = (version, bytes) => listener({ ...engine.snapshot, version, hash: 'x'.repeat(bytes) });
    return () => {};
  };
  stream = streamRoute(app, { ...engine, snapshot: engine.snapshot, onSnapshot } as Engine);
  await app.listen({ host: '127.0.0.1', port: 0 });
  port = (app.server.address() as { port: number }).port;
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await app.close();
  await space.dispose();
});

/** A reader of the stream: the versions it was sent, in order. */
function follow(): { readonly socket: Socket; readonly versions: string[] } {
  const socket = connect(port, '127.0.0.1');
  sockets.push(socket);
  const versions: string[] = [];
  let rest = '';
  socket.on('data', (chunk) => {
    const lines = `${rest}${String(chunk)}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.startsWith('id: ')) versions.push(line.slice(4));
  });
  socket.on('error', () => {});
  socket.write('GET /v1/stream HTTP/1.1\r\nHost: localhost\r\n\r\n');
  return { socket, versions };
}

test('of several snapshots at once every one of four hundred readers gets the last, and most of them that alone', async () => {
  const readers = Array.from({ length: 400 }, follow);
  await until(() => readers.every(({ versions }) => versions.length === 1), 'the first snapshot of each');
  for (const version of ['9.1', '9.2', '9.3']) push(version, 10);
  await until(() => readers.every(({ versions }) => versions.at(-1) === '9.3'), 'the last snapshot of each');
  const whole = readers.filter(({ versions }) => versions.includes('9.1'));
  expect(whole.length).toBeLessThanOrEqual(256);
  expect(readers.filter(({ versions }) => versions.length === 2).length).toBeGreaterThanOrEqual(144);
});

test('a reader that takes nothing for a while goes on with the newest snapshot, and misses those between', async () => {
  const slow = follow();
  await until(() => slow.versions.length === 1, 'the first snapshot');
  slow.socket.pause();
  const pushed = 400;
  for (let i = 1; i <= pushed; i += 1) {
    push(`9.${i}`, 60_000);
    if (i % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  expect(stream.readers).toBe(1);
  slow.socket.resume();
  await until(() => slow.versions.at(-1) === `9.${pushed}`, 'the newest snapshot');
  // 24 MB were pushed: what fits into the buffers of two sockets, then the newest
  expect(slow.versions.length).toBeLessThan(pushed / 2);
  const numbers = slow.versions.slice(1).map((version) => Number(version.slice(2)));
  expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
});
