/** Many clients lose one server in the same moment, and find it again. */
import { type Client, createClient } from '@armature/sdk';
import { readerSnapshot } from './reader-snapshot.js';
import { count, type Row, type Section } from './row.js';
import { type SteppedTime, steppedTime } from './stepped-time.js';

export interface HerdPlan {
  readonly clients: number;
  readonly minutes: number;
}

const json = (value: unknown): Response =>
  new Response(JSON.stringify(value), { headers: { 'content-type': 'application/json' } });

/** A server without sockets that notes when it is asked. */
interface Server {
  readonly fetch: typeof fetch;
  up: boolean;
  /** Of each request. */
  readonly arrivals: number[];
  cut(): void;
}

function server(time: SteppedTime, refuse: () => Response | undefined): Server {
  const streams = new Set<ReadableStreamDefaultController<Uint8Array>>();
  const stream = (signal: AbortSignal | null | undefined): Response => {
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        streams.add(controller);
        controller.enqueue(new TextEncoder().encode('retry: 2000\n\n'));
        signal?.addEventListener('abort', () => {
          if (streams.delete(controller)) controller.error(signal.reason);
        });
      },
    });
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
  };
  const self: Server = {
    arrivals: [],
    up: true,
    async fetch(input, init) {
      self.arrivals.push(time.now());
      const path = new URL(String(input)).pathname;
      if (!self.up) return refuse() ?? Promise.reject(new TypeError('fetch failed'));
      if (path === '/v1/stream') return stream(init?.signal);
      if (path === '/v1/events') {
        return json({ accepted: (JSON.parse(String(init?.body)) as unknown[]).length, rejected: 0, errors: [] });
      }
      const same = new Headers(init?.headers).get('if-none-match') === '"1.2"';
      return same ? new Response(null, { status: 304 }) : json(readerSnapshot('1.2'));
    },
    cut() {
      for (const controller of streams) controller.error(new TypeError('terminated'));
      streams.clear();
    },
  };
  return self;
}

/** Most requests within one second of [from, to). */
function peak(arrivals: readonly number[], from: number, to: number): number {
  const perSecond = new Map<number, number>();
  for (const at of arrivals) {
    if (at < from || at >= to) continue;
    const second = Math.floor((at - from) / 1000);
    perSecond.set(second, (perSecond.get(second) ?? 0) + 1);
  }
  return Math.max(0, ...perSecond.values());
}

/** Every client decides every ten seconds, at a moment of its own, so that its outbox has something to send. */
async function live(all: readonly Client[], ms: number, time: SteppedTime): Promise<void> {
  for (let passed = 0; passed < ms; passed += 1000) {
    all.forEach((client, n) => {
      if (n % 10 === (passed / 1000) % 10) client.decide('reader');
    });
    await time.pass(1000);
  }
}

async function herd({ clients, minutes }: HerdPlan, time: SteppedTime): Promise<Row> {
  const one = server(time, () => undefined);
  const all: Client[] = [];
  const options = { url: 'http://127.0.0.1:4400', fetch: one.fetch, now: time.now, logger: false } as const;
  for (let n = 0; n < clients; n += 1) all.push(createClient(options));
  await live(all, 60_000, time);
  const usual = one.arrivals.length;
  const lost = time.now();
  one.up = false;
  one.cut();
  await live(all, minutes * 60_000, time);
  const restored = time.now();
  one.up = true;
  let back = 0;
  while (all.some(({ status, outbox }) => status !== 'ready' || outbox.queued > 10) && back < 120) {
    back += 1;
    await live(all, 1000, time);
  }
  await live(all, 30_000, time);
  const closing = Promise.all(all.map((client) => client.close({ timeoutMs: 0 })));
  await time.pass(10);
  await closing;
  const peaks = [
    peak(one.arrivals, lost, lost + 10_000),
    peak(one.arrivals, restored - 60_000, restored),
    peak(one.arrivals, restored, restored + 60_000),
  ] as const;
  const sum = one.arrivals.filter((at) => at >= restored && at < restored + 60_000).length;
  return {
    outage: `${count(clients)} clients lose the server at once, for ${minutes} min`,
    measured: `requests in the busiest second: ${count(peaks[0])} of the first ten, ${count(peaks[1])} of the last minute without it, ${count(peaks[2])} of the first minute with it (${count(sum)} in all); everybody back after ${back} s; ${count(usual / 60)} a second while they began`,
    demanded:
      'in the busiest second two for each client when it is lost, and one for every second client with it again; back within 60 s',
    ok: peaks[0] <= 2 * clients && peaks[1] <= clients / 2 && peaks[2] <= clients / 2 && back <= 60,
  };
}

async function retryAfter(time: SteppedTime): Promise<Row> {
  const refused = (): Response => new Response(null, { status: 503, headers: { 'retry-after': '20' } });
  const one = server(time, refused);
  one.up = false;
  const options = { url: 'http://127.0.0.1:4400', fetch: one.fetch, now: time.now, logger: false } as const;
  const client: Client = createClient({ ...options, refresh: 'poll' });
  void client.ready();
  await time.pass(30 * 60_000);
  const closing = client.close({ timeoutMs: 0 });
  await time.pass(10);
  await closing;
  const gaps = one.arrivals.slice(1).map((at, n) => at - (one.arrivals[n] ?? 0));
  const [least, most] = [Math.min(...gaps), Math.max(...gaps)];
  return {
    outage: '503 with Retry-After: 20, for 30 min',
    measured: `${one.arrivals.length} requests, ${(least / 1000).toFixed(1)} to ${(most / 1000).toFixed(1)} s apart`,
    demanded: '20 to 50 s apart',
    ok: least >= 20_000 && most <= 50_100 && gaps.length > 30,
  };
}

const HOW = `No sockets and no real time: the clients' own loops, on timers that are moved by hand, ask a server that notes when.
Each client has a stream, polls while it is down, and sends a decision every ten seconds.`;

export async function herdOutages(plan: HerdPlan): Promise<Section> {
  const time = steppedTime();
  try {
    return { title: 'Many clients', how: HOW, rows: [await herd(plan, time), await retryAfter(time)] };
  } finally {
    time.restore();
  }
}
