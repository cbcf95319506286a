import { setPriority } from 'node:os';
import { startServer } from '../harness/served.mjs';
import { batches } from '../ingest/batches.mjs';
import { keepSending } from '../ingest/posting.mjs';
import { sendOpenLoop } from './open-loop.mjs';

export const title = 'overload: batches of 500 at three times the peak, open loop, 5 s deadline, decisions beside them';
const FILES = {
  'reader.yaml':
    'experiment: reader\narms: [large, medium, small, xl]\nassign: request\npolicy: thompson\nupdate: 1s\nreward: { metric: correct, window: 10m }\n',
};
const SIZE = 500;
const CONNECTIONS = 4;
const NICE = 10;
const WARM_MS = 2000;
const PEAK_MS = 4000;
const OVERLOAD_MS = 5000;
const TIMES = 3;
const DECISIONS_PER_SECOND = 20;
const BATCH = 'application/cloudevents-batch+json';

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const quantile = (values, q) => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0;
};

/** `POST /v1/decide` at a steady pace beside other load. */
function decisions(server, ms) {
  const body = JSON.stringify({ experiments: ['reader'] });
  const next = () => ({ body, type: 'application/json' });
  return sendOpenLoop({ url: `${server.url}/v1/decide`, perSecond: DECISIONS_PER_SECOND, ms, next });
}

export async function measure({ onRound }) {
  const server = await startServer(FILES);
  // on a machine with few cores, who sends must not be what cannot keep up
  setPriority(server.pid, NICE);
  try {
    const snapshot = await (await fetch(`${server.url}/v1/snapshot`)).json();
    const make = batches(snapshot, 'reader', SIZE);
    const url = `${server.url}/v1/events`;
    let accepted = 0;
    const onAnswer = ({ status, text }) => {
      if (status !== 200) throw new Error(`${status}: ${text.slice(0, 300)}`);
      accepted += SIZE;
    };
    const closedLoop = (ms) => keepSending({ url, connections: CONNECTIONS, ms, next: make, onAnswer });
    await closedLoop(WARM_MS);
    const peaks = [];
    const perCpu = [];
    const calm = [];
    const peak = async () => {
      accepted = 0;
      const before = await server.cpuSeconds();
      const beside = decisions(server, PEAK_MS);
      const seconds = await closedLoop(PEAK_MS);
      peaks.push(accepted / seconds);
      perCpu.push(accepted / ((await server.cpuSeconds()) - before));
      calm.push(...(await beside));
    };
    onRound(0, 3);
    await peak();
    onRound(1, 3);
    const perSecond = (TIMES * peaks[0]) / SIZE;
    // made before the clock runs: who sends must not be what cannot keep up
    const bodies = Array.from({ length: Math.ceil((perSecond * OVERLOAD_MS) / 1000) }, (_, n) =>
      Buffer.from(make(n % CONNECTIONS).body),
    );
    const next = (n) => ({ body: bodies[n % bodies.length], type: BATCH });
    const used = await server.cpuSeconds();
    const beside = decisions(server, OVERLOAD_MS);
    const answers = await sendOpenLoop({ url, perSecond, ms: OVERLOAD_MS, next });
    const decided = await beside;
    const overloadCpu = (await server.cpuSeconds()) - used;
    onRound(2, 3);
    await peak();

    const of = (status) => answers.filter((answer) => answer.status === status);
    const refused = of(429);
    const goodput = (of(200).length * SIZE) / (OVERLOAD_MS / 1000);
    const other = answers.filter(({ status }) => status !== 200 && status !== 429).length;
    if (refused.some(({ retryAfter }) => retryAfter === undefined)) throw new Error('a 429 without Retry-After');
    const best = mean(peaks);
    const late = (list, q) =>
      quantile(
        list.map(({ ms }) => ms),
        q,
      );
    const failed = decided.filter(({ status }) => status !== 200).length;
    return [
      {
        what: 'goodput at three times the peak',
        unit: 'events/s',
        ours: goodput,
        peer: { name: 'events/s, peak before and after', value: best },
        ratio: goodput / best,
        least: 0.8,
        note: `${answers.length} batches: ${of(200).length} taken, ${refused.length} refused with 429 and Retry-After, ${other} without answer`,
      },
      {
        what: 'goodput for the CPU of the server',
        unit: 'events/s',
        ours: (of(200).length * SIZE) / overloadCpu,
        peer: { name: 'events/s, at the peak', value: mean(perCpu) },
        ratio: (of(200).length * SIZE) / overloadCpu / mean(perCpu),
        note: `${overloadCpu.toFixed(1)} s of CPU`,
      },
      {
        what: 'time to a refusal, median',
        unit: 'ms',
        ours: late(refused, 0.5),
        note: `99 %: ${Math.round(late(refused, 0.99))} ms`,
      },
      {
        what: 'time to an acceptance, median',
        unit: 'ms',
        ours: late(of(200), 0.5),
        note: `99 %: ${Math.round(late(of(200), 0.99))} ms`,
      },
      {
        what: 'a decision by HTTP meanwhile, 99 %',
        unit: 'ms',
        ours: late(decided, 0.99),
        peer: { name: 'ms at the peak', value: late(calm, 0.99) },
        note: `${decided.length} asked, ${failed} without a good answer; those of the SDK ask nobody`,
      },
    ];
  } finally {
    await server.dispose();
  }
}
