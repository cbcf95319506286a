/** A link that dies without a word, a server that only lost its stream, and a key that is revoked. */
import { createRandom } from '@armature/analysis';
import { type Client, createClient } from '@armature/sdk';
import { tcpProxy } from '../cluster/tcp-proxy.js';
import { type FastTime, fastTime } from './fast-time.js';
import { type FaultyServer, faultyServer } from './faulty-server.js';
import { count, type Row, type Section } from './row.js';

export interface LinkPlan {
  readonly halfOpen: number;
}

const SPEED = 5;
const seconds = (ms: number): string => (ms / 1000).toFixed(1);

/** Waits until something holds. @returns ms by the fast clock, or infinity */
async function waited(holds: () => boolean, time: FastTime, realMs = 20_000): Promise<number> {
  const [started, until] = [time.now(), performance.now() + realMs];
  while (!holds()) {
    if (performance.now() > until) return Number.POSITIVE_INFINITY;
    await time.sleep(2);
  }
  return time.now() - started;
}

async function following(
  url: string,
  time: FastTime,
): Promise<{ readonly client: Client; readonly broken: () => number }> {
  const client: Client = createClient({ url, now: time.now, logger: false });
  let breaks = 0;
  client.on('error', ({ code }) => {
    if (code === 'STREAM_BROKEN') breaks += 1;
  });
  await client.ready();
  return { client, broken: () => breaks };
}

interface Silence {
  readonly seen: number;
  readonly caughtUp: number;
  readonly streams: boolean;
}

async function silent(time: FastTime): Promise<Silence> {
  time.speed = SPEED;
  const server = await faultyServer({ now: time.now, heartbeatMs: 5000 / SPEED });
  const proxy = await tcpProxy(Number(new URL(server.url).port), createRandom(1));
  const { client, broken } = await following(`http://127.0.0.1:${proxy.port}`, time);
  try {
    await waited(() => server.streams > 0, time);
    proxy.set({ kind: 'black-hole' }, 'open');
    server.publish('1.3');
    const seen = await waited(() => broken() > 0, time);
    const caughtUp = seen + (await waited(() => client.snapshot?.version === '1.3', time));
    await waited(() => server.streams > 1, time);
    server.publish('1.4');
    const pushed = await waited(() => client.snapshot?.version === '1.4', time);
    return { seen, caughtUp, streams: pushed < 4000 };
  } finally {
    await client.close({ timeoutMs: 0 });
    await proxy.close();
    await server.close();
  }
}

async function halfOpen(times: number, time: FastTime): Promise<Row> {
  const all: Silence[] = [];
  for (let n = 0; n < times; n += 1) all.push(await silent(time));
  const most = (of: (one: Silence) => number): number => Math.max(...all.map(of));
  const [seen, caughtUp] = [most((one) => one.seen), most((one) => one.caughtUp)];
  return {
    outage: `the stream's connection swallows everything, no FIN, ${times} times`,
    measured: `seen after ${seconds(seen)} s at most; a version published meanwhile in use after ${seconds(caughtUp)} s; the next one pushed: ${all.every(({ streams }) => streams) ? 'yes' : 'no'}`,
    demanded: 'seen within 15 s (20 with what a busy machine adds), in use within 26 s; yes',
    ok: seen <= 20_000 && caughtUp <= 26_000 && all.every(({ streams }) => streams),
  };
}

async function withoutStream(time: FastTime): Promise<Row> {
  time.speed = SPEED;
  const server = await faultyServer({ now: time.now, heartbeatMs: 5000 / SPEED });
  const { client } = await following(server.url, time);
  try {
    await waited(() => server.streams > 0, time);
    await server.begin((request, response) => {
      if (request.url === '/v1/stream') response.writeHead(503).end();
      else server.good(request, response);
    });
    server.publish('1.3');
    const took = await waited(() => client.snapshot?.version === '1.3', time);
    return {
      outage: 'the stream answers 503, the rest works',
      measured: `a new version in use after ${seconds(took)} s, status ${client.status}`,
      demanded: 'within 10 s, ready',
      ok: took <= 10_000 && client.status === 'ready',
    };
  } finally {
    await client.close({ timeoutMs: 0 });
    await server.close();
  }
}

const QUEUED = 5000;
const TEN_MINUTES = 600_000;

async function produce(client: Client, events: number): Promise<void> {
  for (let n = 0; n < events; n += 1) client.decide('reader');
}

async function whileRevoked(server: FaultyServer, client: Client, time: FastTime): Promise<number> {
  await server.begin((_, response) => {
    response.writeHead(401, { 'content-type': 'application/problem+json' }).end('{"code":"KEY_REVOKED"}');
  });
  await produce(client, QUEUED);
  time.speed = 60;
  await time.sleep(TEN_MINUTES / time.speed);
  return server.requests;
}

async function revoked(time: FastTime): Promise<Row> {
  time.speed = 1;
  const server = await faultyServer({ now: time.now, heartbeatMs: 1000 });
  const lines: string[] = [];
  const logger = { error: (line: string) => void lines.push(line) };
  const client: Client = createClient({ url: server.url, apiKey: 'ak_test', now: time.now, logger });
  try {
    await client.ready();
    const requests = await whileRevoked(server, client, time);
    const queued = client.outbox.queued;
    await server.end();
    const back = await waited(() => client.outbox.queued === 0 && client.status === 'ready', time);
    const told = lines.filter((line) => line.includes('ACCESS_REFUSED')).length;
    const measured = `${requests} requests in ten minutes, ${told} line told; ${count(queued)} events kept; all sent and ready ${seconds(back)} s after it was restored, ${count(server.taken.size)} at the server`;
    return {
      outage: 'the key is refused (401) for ten minutes',
      measured,
      demanded:
        '24 to 90 (three loops, 30 to 60 s apart), 1; 5,000 kept; within 60 s (120 with what a busy machine adds), 5,000',
      ok:
        requests >= 24 &&
        requests <= 90 &&
        told === 1 &&
        queued === QUEUED &&
        back < 120_000 &&
        server.taken.size === QUEUED,
    };
  } finally {
    time.speed = 1;
    await client.close({ timeoutMs: 0 });
    await server.close();
  }
}

const HOW = `Through a proxy that goes on reading and passes nothing on; clocks, timers and heartbeats run ${SPEED} times faster than
the world's (60 times while the key is refused). Events out of order, cut or too large are in the catalogue above, row 56.`;

export async function linkOutages({ halfOpen: times }: LinkPlan): Promise<Section> {
  const time = fastTime();
  try {
    const rows = [await halfOpen(times, time), await withoutStream(time), await revoked(time)];
    return { title: 'The link and the key', how: HOW, rows };
  } finally {
    time.restore();
  }
}
