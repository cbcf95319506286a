import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { startServer } from '../harness/served.mjs';
import { median, spread } from '../harness/statistics.mjs';
import { batches } from './batches.mjs';
import { keepSending } from './posting.mjs';
import { appendAgain } from './raw-append.mjs';

export const title = 'ingest: durable POST /v1/events, batches of 500, 2 connections, 10 s';
const FILES = {
  'reader.yaml':
    'experiment: reader\narms: [large, medium, small, xl]\nassign: request\npolicy: thompson\nupdate: 1s\nreward: { metric: correct, window: 10m }\n',
};
const SIZE = 500;
const PARTITIONS = 4;
const CONNECTIONS = 2;
const WARM_MS = 2000;
/** The ten seconds are five pieces, so that one bad moment shows. */
const PIECES = 5;
const PIECE_MS = 2000;
const HELLO_MS = 2000;

/** Sends batches to a server for a while; resolves with rates by piece, and what the server has counted in the end. */
async function ingested(server, onRound) {
  const snapshot = await (await fetch(`${server.url}/v1/snapshot`)).json();
  const next = batches(snapshot, 'reader', SIZE);
  const sent = { decisions: 0, rewards: 0 };
  const onAnswer = ({ status, text }, { decisions, rewards }) => {
    const { accepted, rejected } = JSON.parse(text);
    if (status !== 200 || accepted !== SIZE || rejected !== 0) throw new Error(`${status}: ${text.slice(0, 300)}`);
    sent.decisions += decisions;
    sent.rewards += rewards;
  };
  const send = (ms) => keepSending({ url: `${server.url}/v1/events`, connections: CONNECTIONS, ms, next, onAnswer });
  await send(WARM_MS);
  const rates = [];
  const cpu = [];
  for (let piece = 0; piece < PIECES; piece++) {
    onRound(piece, PIECES);
    const before = sent.decisions + sent.rewards;
    const used = await server.cpuSeconds();
    const seconds = await send(PIECE_MS);
    const events = sent.decisions + sent.rewards - before;
    rates.push(events / seconds);
    cpu.push((((await server.cpuSeconds()) - used) * 1e6) / events);
  }
  const figures = await server.figures();
  for (const [kind, count] of Object.entries({ ...sent, duplicates: 0, late: 0, propensityMismatch: 0 })) {
    const counted = figures.get(`armature_experiment_health_events{experiment="reader",kind="${kind}"}`);
    if (counted !== count) throw new Error(`${kind}: sent ${count}, the server counted ${counted}`);
  }
  return { rates, cpu, events: sent.decisions + sent.rewards };
}

async function hello() {
  const child = fork(fileURLToPath(new URL('./hello-process.mjs', import.meta.url)));
  const [url] = await once(child, 'message');
  const cpuSeconds = async () => {
    child.send('cpu');
    return (await once(child, 'message'))[0];
  };
  let answers = 0;
  const onAnswer = ({ status, text }) => {
    if (status !== 200 || text !== 'hello') throw new Error(`${status} ${text}`);
    answers += 1;
  };
  const send = () => keepSending({ url, connections: CONNECTIONS, ms: HELLO_MS, onAnswer });
  await send();
  answers = 0;
  const before = await cpuSeconds();
  const seconds = await send();
  const cpuUs = (((await cpuSeconds()) - before) * 1e6) / answers;
  child.disconnect();
  return { rate: answers / seconds, cpuUs };
}

export async function measure({ onRound }) {
  const server = await startServer(FILES);
  try {
    const { rates, cpu, events } = await ingested(server, onRound);
    await server.stop();
    const raw = await appendAgain(server.data, PARTITIONS);
    const greeting = await hello();
    const rate = median(rates);
    const floor = events / raw.seconds;
    const what = 'durable ingest';
    const each = { ours: rate, unit: 'events/s', spread: spread(rates) };
    return [
      {
        what,
        ...each,
        peer: { name: 'append and fdatasync of the same groups', value: floor },
        ratio: rate / floor,
        note: `${raw.groups} groups of ${Math.round(raw.bytes / raw.groups / 1000)} kB`,
      },
      { what, ...each, peer: { name: 'Fastify hello, requests/s', value: greeting.rate }, ratio: rate / greeting.rate },
      {
        what,
        unit: 'us CPU',
        ours: median(cpu),
        spread: spread(cpu),
        peer: { name: 'Fastify hello, a request', value: greeting.cpuUs },
        ratio: greeting.cpuUs / median(cpu),
      },
    ];
  } finally {
    await server.dispose();
  }
}
