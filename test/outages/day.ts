/** A day without a server, of every kind, over real sockets: what deciding costs, and what it says of itself. */
import { type Client, createClient, type Decision } from '@armature/sdk';
import { type FastTime, fastTime } from './fast-time.js';
import { faults, type NamedFault } from './faults.js';
import { type FaultyServer, faultyServer } from './faulty-server.js';
import { collected } from './heap.js';
import { count, type Row, type Section } from './row.js';

export interface DayPlan {
  readonly hours: number;
  /** For each outage. */
  readonly decisions: number;
  /** How many times faster than the world. */
  readonly speed: number;
  /** How many bodies of 50 MB are sent. */
  readonly bodies: number;
}

/** Decisions whose CPU time is taken together, µs being too coarse for one. */
const TOGETHER = 200;
const HOUR = 3_600_000;

/** One client, one server, and what was seen of them. */
interface Watch {
  readonly name: string;
  readonly fault: NamedFault | undefined;
  readonly server: FaultyServer;
  readonly client: Client;
  readonly statuses: string[];
  readonly codes: Map<string, number>;
  printed: number;
  threw: number;
  promises: number;
  untrue: number;
  /** CPU µs of one decision, means of `TOGETHER`. */
  readonly costs: number[];
  confirmedAt: number;
  /** Statuses told from the beginning to the end of the outage, and the one it came to afterwards. */
  course: string;
}

async function watch(fault: NamedFault | undefined, time: FastTime, speed: number): Promise<Watch> {
  const server = await faultyServer({ now: time.now, heartbeatMs: 5000 / speed });
  const logger = {
    error() {
      seen.printed += 1;
    },
  };
  const client: Client = createClient({ url: server.url, now: time.now, logger });
  const seen: Watch = {
    ...{ name: fault?.name ?? 'none', fault, server, client, statuses: [], codes: new Map(), costs: [] },
    ...{ printed: 0, threw: 0, promises: 0, untrue: 0, confirmedAt: 0, course: '' },
  };
  client.on('status', (status) => seen.statuses.push(status));
  client.on('error', ({ code }) => seen.codes.set(code, (seen.codes.get(code) ?? 0) + 1));
  await client.ready();
  return seen;
}

/** Decides, and holds what the decisions say of their snapshot's age against the clock. */
function decideSome(seen: Watch, decisions: number, time: FastTime): void {
  const { client, costs } = seen;
  for (let done = 0; done < decisions; done += TOGETHER) {
    const before = time.now();
    let last: Decision | undefined;
    const started = process.cpuUsage();
    for (let n = 0; n < TOGETHER; n += 1) {
      try {
        last = client.decide('reader');
      } catch {
        seen.threw += 1;
      }
    }
    const { user, system } = process.cpuUsage(started);
    costs.push((user + system) / TOGETHER);
    if (last === undefined) continue;
    if (typeof (last as { then?: unknown }).then === 'function') seen.promises += 1;
    if (seen.fault === undefined) continue;
    const { snapshotAgeMs, stale, reason } = last;
    const apart = Math.abs(before - snapshotAgeMs - seen.confirmedAt);
    if (apart > time.now() - before + 1 || stale !== snapshotAgeMs > 60_000 || reason !== 'split') seen.untrue += 1;
  }
}

const quantile = (values: readonly number[], q: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(q * values.length))] ?? Number.NaN;

const conserved = ({ client }: Watch): boolean => {
  const { produced, sent, queued, dropped } = client.outbox;
  return produced === sent + queued + dropped.full + dropped.rejected + dropped.expired + dropped.closed;
};

function rowOf(seen: Watch, healthy: Watch, plan: DayPlan): Row {
  const { server, course, costs, threw, promises, untrue } = seen;
  const [p50, p99, usual] = [quantile(costs, 0.5), quantile(costs, 0.99), quantile(healthy.costs, 0.5)];
  const measured = [
    `${count(costs.length * TOGETHER)} decisions in ${plan.hours} h: ${threw} threw, ${promises} awaited, ${untrue} wrong about their age`,
    course,
    `${p50.toFixed(2)}/${p99.toFixed(2)} µs (${(p50 / usual).toFixed(2)}×)`,
    `${count(server.requests / plan.hours)} requests an hour reached the server, ${server.mostSockets} sockets`,
    `${seen.printed} lines told`,
  ].join('; ');
  const ok =
    threw + promises + untrue === 0 &&
    course === 'ready → stale → ready' &&
    p50 < 2 * usual &&
    server.mostSockets <= MOST_SOCKETS &&
    server.requests / plan.hours <= MOST_REQUESTS &&
    seen.printed <= MOST_LINES &&
    conserved(seen);
  return { outage: seen.name, measured, demanded: DEMANDED, ok };
}

/** A stream, a poll, a post, and one more while another is being closed. */
const MOST_SOCKETS = 6;
/** Three loops, each waiting 15 s on average. */
const MOST_REQUESTS = 1000;
/** One for each code. */
const MOST_LINES = 5;
const DEMANDED = 'as above';

/** A poll, a post, a stream, each with its time-outs, and what fetch itself needs. */
const MOST_TIMERS = 8;

function heapRow([early, late]: readonly [number, number], clients: number, time: FastTime, plan: DayPlan): Row {
  const grown = (late - early) / 1024;
  const perSecond = grown / (plan.hours * 3600);
  return {
    outage: `memory and timers, ${clients} clients together`,
    measured: `heap ${count(early / 2 ** 20)} MiB after a tenth of the time, ${count(late / 2 ** 20)} MiB at its end: ${perSecond.toFixed(3)} KiB a second; at most ${time.mostTimers} timers at once`,
    demanded: `at most 4 MiB more, and less than 1 KiB a second; at most ${MOST_TIMERS} timers a client`,
    ok: grown < 4096 && perSecond < 1 && time.mostTimers <= MOST_TIMERS * clients,
  };
}

/** Lets the time of the outages pass, with decisions all the way. @returns the heap after the first tenth and at the end */
async function pass(all: readonly Watch[], plan: DayPlan, time: FastTime): Promise<readonly [number, number]> {
  const steps = 100;
  const each = Math.ceil(plan.decisions / steps / TOGETHER) * TOGETHER;
  const started = time.now();
  let early = 0;
  for (let step = 1; step <= steps; step += 1) {
    for (const seen of all) decideSome(seen, each, time);
    for (const { fault, server } of all) if (fault === undefined) server.forget();
    if (step === steps / 10) early = collected();
    const left = started + (plan.hours * HOUR * step) / steps - time.now();
    await time.sleep(Math.max(1, left / time.speed));
  }
  return [early, collected()];
}

/** Waits until the status and the outbox are as they were. */
async function recovered(seen: Watch, time: FastTime): Promise<void> {
  const until = performance.now() + 90_000;
  while (performance.now() < until) {
    if (seen.client.status === 'ready' && seen.client.outbox.queued === 0) break;
    await time.sleep(20);
  }
  seen.course += ` → ${seen.client.status}`;
}

const HOW = (plan: DayPlan): string =>
  `Clients over real sockets, each with a server of its own; their clock and timers run ${plan.speed} times faster than the
world's, so that ${plan.hours} h pass. The outbox is full from the beginning. CPU time of one decision (p50/p99 of means of
${TOGETHER}) stands beside that of a client whose server answers, taken in turns with it. Demanded of each: no decision
throws, waits, or is wrong about its age; ready → stale → ready; the median below twice that with a server; at most
${MOST_SOCKETS} sockets, 1,000 requests an hour, and one line told for each of at most ${MOST_LINES} codes; and, at the end, produced = sent
+ queued + dropped.`;

export async function outageDay(plan: DayPlan): Promise<Section> {
  const time = fastTime();
  const all: Watch[] = [];
  try {
    for (const fault of [undefined, ...faults(plan.bodies)]) all.push(await watch(fault, time, plan.speed));
    for (const seen of all) {
      if (seen.fault !== undefined) await seen.server.begin(seen.fault.fault);
      seen.confirmedAt = time.now() - (seen.client.snapshot?.ageMs ?? 0);
      decideSome(seen, 12_000, time);
    }
    time.speed = plan.speed;
    const heap = await pass(all, plan, time);
    time.speed = Math.min(plan.speed, 10);
    for (const seen of all) {
      seen.course = seen.statuses.join(' → ');
      if (seen.fault !== undefined) await seen.server.end();
    }
    await Promise.all(all.map((seen) => recovered(seen, time)));
    const [healthy, ...others] = all as [Watch, ...Watch[]];
    const rows = others.map((seen) => rowOf(seen, healthy, plan));
    return { title: 'A day without a server', how: HOW(plan), rows: [...rows, heapRow(heap, all.length, time, plan)] };
  } finally {
    time.speed = 1;
    await Promise.all(all.map(({ client }) => client.close({ timeoutMs: 100 })));
    await Promise.all(all.map(({ server }) => server.close()));
    time.restore();
  }
}
