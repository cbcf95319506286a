import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { createRandom } from '@armature/analysis';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type TcpProxy, tcpProxy } from './tcp-proxy.js';

let server: Server;
let proxy: TcpProxy;
/** The server's side of the newest connection, and what it received. */
let peer: Socket;
let received: string;
let ends: string[];
const clients: Socket[] = [];
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

beforeEach(async () => {
  received = '';
  const seen: string[] = []; // sockets of an earlier test end in this one
  ends = seen;
  server = createServer({ allowHalfOpen: true }, (socket) => {
    peer = socket;
    socket.on('data', (bytes) => {
      received += String(bytes);
      if (socket.writable) socket.write(`echo ${bytes}`);
    });
    socket.on('end', () => seen.push('end'));
    socket.on('error', (cause) => seen.push((cause as NodeJS.ErrnoException).code ?? ''));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  proxy = await tcpProxy((server.address() as AddressInfo).port, createRandom(1));
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await proxy.close();
  server.close();
});

/** A client of the proxy: what it hears, and how its connection ends. */
async function client() {
  const socket = connect({ port: proxy.port, host: '127.0.0.1', allowHalfOpen: true });
  clients.push(socket);
  const heard = { text: '', end: '' };
  socket.on('data', (bytes) => {
    heard.text += String(bytes);
  });
  socket.on('end', () => {
    heard.end = 'end';
  });
  socket.on('error', (cause) => {
    heard.end = (cause as NodeJS.ErrnoException).code ?? '';
  });
  await once(socket, 'connect');
  return { socket, heard };
}

const until = (holds: () => boolean) => expect.poll(holds, { interval: 5, timeout: 5000 }).toBe(true);

test('without a fault bytes pass both ways, and so does the end of each', async () => {
  const { socket, heard } = await client();
  socket.write('a');
  await until(() => heard.text === 'echo a');
  expect(proxy.connections).toBe(1);
  socket.end();
  await until(() => ends.includes('end'));
  peer.end('last');
  await until(() => heard.end === 'end');
  expect(heard.text).toBe('echo alast');
  await until(() => proxy.connections === 0);
});

test('a delay holds each piece for a time in its range, and the same seed for the same time', async () => {
  const { socket, heard } = await client();
  const delays = createRandom(1);
  proxy.set({ kind: 'delay', ms: [60, 160] }, 'all', 'down');
  for (const text of ['a', 'b', 'c']) {
    heard.text = '';
    const from = performance.now();
    socket.write(text);
    await until(() => heard.text === `echo ${text}`);
    const due = 60 + delays() * 100;
    expect(performance.now() - from).toBeGreaterThanOrEqual(due - 2); // a timer may fire a millisecond early
  }
  expect(received).toBe('abc');
});

test('dropped bytes arrive when the fault is over, and in order', async () => {
  const { socket, heard } = await client();
  proxy.set({ kind: 'drop' }, 'all', 'up');
  socket.write('a');
  await sleep(30);
  socket.write('b');
  await sleep(100);
  expect([received, heard.text]).toEqual(['', '']);
  peer.write('the other way is open ');
  await until(() => heard.text === 'the other way is open ');
  proxy.set({ kind: 'none' });
  await until(() => received === 'ab');
});

test('a black hole swallows bytes for good, and ends and resets with them; new connections may pass', async () => {
  const { socket, heard } = await client();
  socket.write('a');
  await until(() => heard.text === 'echo a');
  proxy.set({ kind: 'black-hole' }, 'open');
  socket.write('b');
  await sleep(50);
  socket.resetAndDestroy();
  const fresh = await client();
  fresh.socket.write('c');
  await until(() => fresh.heard.text === 'echo c');
  await sleep(50);
  expect(received).toBe('ac');
  expect(ends).toEqual([]); // the server still believes in the first client
  proxy.set({ kind: 'black-hole' });
  fresh.socket.write('d');
  const swallowed = await client();
  swallowed.socket.write('e');
  await sleep(50);
  proxy.set({ kind: 'none' });
  fresh.socket.write('f');
  await until(() => received === 'acf');
});

test('a throttled connection passes no more bytes a second than it may', async () => {
  const { socket } = await client();
  proxy.set({ kind: 'throttle', bytesPerSecond: 20_000 }, 'all', 'up');
  const from = performance.now();
  socket.write('x'.repeat(4000));
  await sleep(60);
  expect(received.length).toBeLessThanOrEqual(20_000 * ((performance.now() - from) / 1000) + 400);
  await until(() => received.length === 4000);
  expect(performance.now() - from).toBeGreaterThanOrEqual(4000 / 20 - 40);
});

test('a cut passes exactly its bytes in its direction, then both sides see a reset', async () => {
  const { socket, heard } = await client();
  socket.write('before');
  await until(() => heard.text === 'echo before');
  proxy.set({ kind: 'cut', after: 7 }, 'all', 'up');
  socket.write('0123');
  await until(() => heard.text.endsWith('0123'));
  socket.write('456789');
  await until(() => heard.end === 'ECONNRESET' && ends.includes('ECONNRESET'));
  expect(received).toBe('before0123456');
  const { socket: second, heard: answer } = await client(); // counted anew for each connection
  proxy.set({ kind: 'cut', after: 6 }, 'open', 'down');
  second.write('z');
  await until(() => answer.end === 'ECONNRESET');
  expect(answer.text).toBe('echo z');
});

test('a reset breaks what is open and nothing that comes later', async () => {
  const { heard } = await client();
  await until(() => proxy.connections === 1 && peer !== undefined);
  proxy.reset();
  await until(() => heard.end === 'ECONNRESET' && ends.includes('ECONNRESET'));
  const next = await client();
  next.socket.write('a');
  await until(() => next.heard.text === 'echo a');
});

test('half closed, one side sees the end and the other direction goes on', async () => {
  const { socket, heard } = await client();
  socket.write('a');
  await until(() => heard.text === 'echo a');
  proxy.halfClose('up');
  await until(() => ends.includes('end'));
  peer.write(' still here');
  await until(() => heard.text === 'echo a still here');
  expect(heard.end).toBe('');
});

test('it can lead to another port: what is open stays where it is, what comes goes there', async () => {
  const { socket, heard } = await client();
  socket.write('a');
  await until(() => heard.text === 'echo a');
  const other = createServer((peer) => peer.end('other')).listen(0, '127.0.0.1');
  await once(other, 'listening');
  proxy.lead((other.address() as AddressInfo).port);
  const next = await client();
  await until(() => next.heard.text === 'other');
  socket.write('b');
  await until(() => heard.text === 'echo aecho b');
  other.close();
});

test('where nobody listens behind it, a client is reset', async () => {
  server.close();
  await once(server, 'close');
  const { heard } = await client();
  await until(() => heard.end === 'ECONNRESET');
});
