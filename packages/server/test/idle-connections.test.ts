import { once } from 'node:events';
import { connect } from 'node:net';
import Fastify from 'fastify';
import { expect, test } from 'vitest';
import { closeIdleConnections } from '../src/idle-connections.js';

async function listening(delayMs = 0) {
  const app = Fastify({ forceCloseConnections: 'idle' });
  closeIdleConnections(app);
  let entered = (): void => {};
  const asked = new Promise<void>((done) => {
    entered = done;
  });
  app.get('/', async () => {
    entered();
    await new Promise((done) => setTimeout(done, delayMs));
    return 'done';
  });
  const url = new URL(await app.listen({ host: '127.0.0.1', port: 0 }));
  return { app, port: Number(url.port), asked };
}

test('a connection that never had a request does not hold the server open', async () => {
  const { app, port } = await listening();
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  await new Promise((done) => setTimeout(done, 50));
  const closed = once(socket, 'close');
  await app.close();
  await closed;
  expect(socket.destroyed).toBe(true);
}, 20_000);

test('a request that is under way is answered before its connection is closed', async () => {
  const { app, port, asked } = await listening(300);
  const answer = fetch(`http://127.0.0.1:${port}/`);
  await asked;
  await app.close();
  expect(await (await answer).text()).toBe('done');
}, 20_000);
