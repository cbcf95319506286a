/** What becomes of events while the server fails now and then, and when the process ends. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom, type Random } from '@armature/analysis';
import { type Client, createClient, type OutboxCounts } from '@armature/sdk';
import { builtProgram } from '../built.js';
import { fastTime } from './fast-time.js';
import { faultyServer } from './faulty-server.js';
import { collected } from './heap.js';
import { count, type Row, type Section } from './row.js';
import { type UnsteadyServer, unsteadyServer } from './unsteady-server.js';

export interface OutboxPlan {
  /** Offered while the server is down. */
  readonly offered: number;
  /** Sent through failures, for each share of them. */
  readonly events: number;
  readonly terminations: number;
  readonly kills: number;
  readonly seed: number;
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const total = ({ sent, queued, dropped }: OutboxCounts): number =>
  sent + queued + dropped.full + dropped.rejected + dropped.expired + dropped.closed;

async function bounded(offered: number): Promise<Row> {
  const server = await faultyServer({ now: Date.now, heartbeatMs: 1000 });
  const client: Client = createClient({ url: server.url, logger: false });
  let most = 0;
  let wrong = 0;
  let early = 0;
  try {
    await client.ready();
    await server.begin('refuse');
    const started = performance.now();
    for (let n = 1; n <= offered; n += 1) {
      client.decide('reader');
      if (n % 1000 === 0) {
        const { outbox } = client;
        most = Math.max(most, outbox.queued);
        if (outbox.produced !== n || total(outbox) !== n) wrong += 1;
      }
      if (n % 20_000 === 0) await sleep(0);
      if (n === offered / 10) early = collected();
    }
    const bytes = (collected() - early) / (0.9 * offered);
    const rate = offered / ((performance.now() - started) / 1000);
    return {
      outage: `${count(offered)} events offered, connection refused`,
      measured: `at most ${count(most)} queued; counts wrong ${wrong} times; ${bytes.toFixed(3)} bytes of heap an event after the first tenth`,
      demanded: 'at most 10,000; 0; less than 1 KiB a second at 1,000 events a second',
      ok: most === 10_000 && wrong === 0 && bytes * 1000 < 1024 && rate > 0,
    };
  } finally {
    await client.close({ timeoutMs: 0 });
    await server.close();
  }
}

/** Decisions and rewards through a server that fails in every way. Time runs faster, for requests that are never answered. */
async function unsteady(share: number, events: number, random: Random): Promise<Row> {
  const time = fastTime();
  const server = await unsteadyServer(random, time.now);
  const client: Client = createClient({
    url: server.url,
    now: time.now,
    refresh: 'manual',
    outbox: { batch: 20 },
    logger: false,
  });
  let wrong = 0;
  try {
    await client.ready();
    time.speed = 40;
    server.share = share;
    for (let n = 0; n < events; n += 20) {
      for (let m = 0; m < 10; m += 1) client.reward(client.decide('reader'), { correct: 1 });
      if (total(client.outbox) !== client.outbox.produced) wrong += 1;
      await time.sleep(1);
    }
    const until = performance.now() + 60_000;
    while (client.outbox.queued > 0 && performance.now() < until) await time.sleep(10);
    const counts = await client.close({ timeoutMs: 60_000 });
    const twice = [...server.taken.values()].filter((times) => times > 1).length;
    const failed = Object.entries(server.failed).map(([how, times]) => `${times} ${how}`);
    const measured = `produced ${count(counts.produced)}, sent ${count(counts.sent)}, at the server ${count(server.taken.size)}; counts wrong ${wrong} times; ${failed.join(', ')}; ${count(twice)} came twice, under one id`;
    const all = counts.produced === counts.sent && counts.sent === server.taken.size;
    return {
      outage: `${Math.round(100 * share)} % of requests fail`,
      measured,
      demanded: 'produced = sent = at the server; 0',
      ok: all && wrong === 0 && counts.produced === events,
    };
  } finally {
    time.speed = 1;
    await client.close({ timeoutMs: 0 });
    time.restore();
    await server.close();
  }
}

const QUEUED = 8000;

interface Sending {
  readonly child: ChildProcess;
  /** What it said, line by line. */
  readonly lines: string[];
}

async function sending(url: string, ...rest: readonly string[]): Promise<Sending> {
  const program = builtProgram('test/outages/sender-process.mjs');
  const child = spawn(process.execPath, [program, url, ...rest], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: string[] = [];
  child.stdout.on('data', (piece: Buffer) => void lines.push(...String(piece).trim().split('\n')));
  await once(child.stdout, 'data');
  return { child, lines };
}

async function terminated(times: number, random: Random): Promise<Row> {
  const ends: { readonly at: number; readonly sent: number; readonly code: unknown; readonly ms: number }[] = [];
  for (let n = 0; n < times; n += 1) {
    const server = await unsteadyServer(random, Date.now);
    server.only = '503';
    server.share = 1;
    const { child, lines } = await sending(server.url, `${QUEUED}`);
    server.share = 0.3;
    const closed = once(child, 'close');
    const started = performance.now();
    child.kill('SIGTERM');
    const [code] = await closed;
    const { sent } = JSON.parse(lines.at(-1) ?? '{}') as { readonly sent: number };
    ends.push({ at: server.taken.size, sent, code, ms: performance.now() - started });
    await server.close();
  }
  const least = Math.min(...ends.map(({ at }) => at));
  return {
    outage: `SIGTERM with ${count(QUEUED)} queued and 30 % 503, ${times} times`,
    measured: `at the server at least ${count(least)}, said to be sent at least ${count(Math.min(...ends.map(({ sent }) => sent)))}; exit ${[...new Set(ends.map(({ code }) => code))].join(', ')}`,
    demanded: '8,000; 8,000; exit 0',
    ok: ends.every(({ at, sent, code }) => at === QUEUED && sent === QUEUED && code === 0),
  };
}

const BURST = 20;

async function killed(times: number, random: Random): Promise<Row> {
  const folder = await mkdtemp(join(tmpdir(), 'armature-outages-'));
  const seen: { readonly lost: number; readonly queued: number }[] = [];
  let produced = 0;
  let server: UnsteadyServer | undefined;
  try {
    for (let n = 0; n < times; n += 1) {
      server = await unsteadyServer(random, Date.now);
      server.share = 0.1;
      server.only = '503';
      const counter = join(folder, `${n}`);
      const { child } = await sending(server.url, 'for ever', counter);
      await sleep(random() * 400);
      const closed = once(child, 'close');
      child.kill('SIGKILL');
      await closed;
      await sleep(20); // what is in the sockets still arrives
      const noted = JSON.parse(await readFile(counter, 'utf8')) as {
        readonly produced: number;
        readonly queued: number;
      };
      seen.push({ lost: Math.max(0, noted.produced - server.taken.size), queued: noted.queued });
      produced += noted.produced;
      await server.close();
    }
  } finally {
    await server?.close();
    await rm(folder, { recursive: true, force: true });
  }
  const beyond = seen.filter(({ lost, queued }) => lost > queued + BURST).length;
  return {
    outage: `kill -9 of a sending process, 10 % 503, ${times} times`,
    measured: `${count(produced)} produced; at most ${count(Math.max(...seen.map(({ lost }) => lost)))} lost at a kill, at most ${count(Math.max(...seen.map(({ queued }) => queued)))} queued then; ${beyond} times more lost than queued`,
    demanded: 'never more than was queued, which is at most 10,000',
    ok: beyond === 0,
  };
}

const HOW = `Real sockets and processes. What arrived is counted at the server, by id. Failures are 503, resets before and after the
batch was taken, and requests that are never answered, in equal parts.`;

export async function outboxOutages(plan: OutboxPlan): Promise<Section> {
  const random = createRandom(plan.seed);
  const rows = [await bounded(plan.offered)];
  for (const share of [0.05, 0.15, 0.3]) rows.push(await unsteady(share, plan.events, random));
  rows.push(await terminated(plan.terminations, random), await killed(plan.kills, random));
  return { title: 'The outbox', how: HOW, rows };
}
