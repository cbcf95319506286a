import { connect } from 'node:net';
import { createRandom } from '@armature/analysis';
import { afterEach, expect, test, vi } from 'vitest';
import { unsyncedDisk } from '../../../test/faults/unsynced-disk.js';
import { buildApp, type Served, serve, silent } from '../src/index.js';
import { decisionOf, FILES, until, type Workspace, workspace } from './workspace.js';

let space: Workspace;
let served: Served | undefined;
afterEach(async () => {
  await served?.stop();
  served = undefined;
  await space.dispose();
});

async function start(more: object = {}): Promise<Served> {
  const { experiments, data } = space;
  served = await serve({
    experiments,
    data,
    port: 0,
    watch: false,
    logger: silent,
    print: () => {},
    partitions: 1,
    ...more,
  });
  return served;
}

test('it prints one line with its address, and closes with status 0', async () => {
  space = await workspace(FILES);
  const lines: string[] = [];
  const { url, stop, exited } = await start({ print: (line: string) => lines.push(line) });
  expect(lines).toEqual([
    `listening on ${url} · open to this machine, no API keys · 2 experiments · data in ${space.data}`,
  ]);
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  await stop();
  expect(await exited).toBe(0);
  await expect(fetch(`${url}/healthz`)).rejects.toThrow();
  await (await space.open()).close(); // the data directory is free again
});

test('a process that goes on after its server has stopped is not ended by it', async () => {
  space = await workspace(FILES);
  const { stop } = await start();
  const timers = vi.spyOn(globalThis, 'setTimeout');
  const cleared = vi.spyOn(globalThis, 'clearTimeout');
  await stop();
  const lastResort = timers.mock.results[timers.mock.calls.findIndex(([, ms]) => ms === 30_000)]?.value;
  expect(lastResort).toBeDefined();
  expect(cleared).toHaveBeenCalledWith(lastResort);
  vi.restoreAllMocks();
});

test('after SIGTERM it is not ready for a while, still takes what is on its way, then closes with status 0', async () => {
  space = await workspace(FILES);
  const { url, engine, exited } = await start({ drainMs: 300 });
  process.emit('SIGTERM', 'SIGTERM');
  const ready = await fetch(`${url}/readyz`);
  expect(ready.status).toBe(503);
  expect(ready.headers.get('connection')).toBe('close');
  expect(await ready.json()).toMatchObject({ status: 'draining' });
  const body = JSON.stringify(decisionOf(engine.snapshot, 'reader', 'large', Date.now()));
  const headers = { 'content-type': 'application/cloudevents+json' };
  expect((await fetch(`${url}/v1/events`, { method: 'POST', body, headers })).status).toBe(200);
  expect(await exited).toBe(0);
});

test('when the log fails it closes with status 1', async () => {
  space = await workspace(FILES);
  const life = unsyncedDisk(space.root, createRandom(1)).start();
  const { engine, exited } = await start({ fs: life.fs, data: life.data });
  life.inject({ operation: 'datasync', code: 'EIO' });
  await expect(engine.ingest([decisionOf(engine.snapshot, 'reader', 'large', Date.now())])).rejects.toMatchObject({
    code: 'WRITE_UNCERTAIN',
  });
  expect(await exited).toBe(1);
});

test('without keys it listens on the loopback interface only', async () => {
  space = await workspace(FILES);
  await expect(start({ host: '0.0.0.0' })).rejects.toMatchObject({ code: 'LOOPBACK_ONLY' });
});

test('a request that stalls is cut, in its head and in its body; an open stream is not', async () => {
  space = await workspace(FILES);
  const app = await buildApp(await space.open(), { requestMs: 400 });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as { port: number };
  const send = (text: string): { answer: string; closed: boolean } => {
    const state = { answer: '', closed: false };
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    socket.on('data', (chunk) => {
      state.answer += String(chunk);
    });
    socket.on('close', () => {
      state.closed = true;
    });
    return state;
  };
  const head = send('POST /v1/events HTTP/1.1\r\nHost: localhost\r\n');
  const body = send(
    'POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n[',
  );
  const stream = send('GET /v1/stream HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await until(() => head.closed && body.closed, 'both cut');
  expect([head.answer, body.answer].map((answer) => answer.split('\r\n')[0])).toEqual([
    'HTTP/1.1 408 Request Timeout',
    'HTTP/1.1 408 Request Timeout',
  ]);
  expect(stream.closed).toBe(false);
  expect(stream.answer).toContain('event: snapshot');
  await app.close();
});
