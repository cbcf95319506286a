import { clustered, clusterVariables } from '../harness/clustered.mjs';
import { interleave, timesSlower } from '../harness/interleave.mjs';
import { startServer } from '../harness/served.mjs';
import { median, spread } from '../harness/statistics.mjs';
import { batches } from '../ingest/batches.mjs';
import { keepSending } from '../ingest/posting.mjs';

export const title = 'cluster-ingest: events into Kafka in batches of 500, acknowledged by all in-sync replicas';
const FILES = {
  'reader.yaml':
    'experiment: reader\narms: [large, medium, small, xl]\nassign: request\npolicy: thompson\nupdate: 1s\nreward: { metric: correct, window: 10m }\n',
};
const SIZE = 500;
const CONNECTIONS = 2;
const WARM_MS = 2000;
const PIECES = 5;
const PIECE_MS = 2000;
const COUNTED_MS = 60_000;
const sending = new URL('./sending-process.mjs', import.meta.url);

const health = (figures, kind) =>
  figures.get(`armature_experiment_health_events{experiment="reader",kind="${kind}"}`) ?? 0;

/** Waits until the server has folded what it took, and nothing else. */
async function untilCounted(server, sent) {
  const wanted = { ...sent, duplicates: 0, late: 0, propensityMismatch: 0 };
  for (const end = Date.now() + COUNTED_MS; ; ) {
    const figures = await server.figures();
    const wrong = Object.entries(wanted).filter(([kind, count]) => health(figures, kind) !== count);
    if (wrong.length === 0) return;
    if (Date.now() > end) throw new Error(`not what was sent: ${JSON.stringify(wrong)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Batches over HTTP for a while, each piece until the server has folded all of it. */
async function posted(server, onRound) {
  const snapshot = await (await fetch(`${server.url}/v1/snapshot`)).json();
  const next = batches(snapshot, 'reader', SIZE);
  const sent = { decisions: 0, rewards: 0 };
  const onAnswer = ({ status, text }, { decisions, rewards }) => {
    if (status !== 200 || JSON.parse(text).accepted !== SIZE) throw new Error(`${status}: ${text.slice(0, 300)}`);
    sent.decisions += decisions;
    sent.rewards += rewards;
  };
  const send = (ms) => keepSending({ url: `${server.url}/v1/events`, connections: CONNECTIONS, ms, next, onAnswer });
  await send(WARM_MS);
  await untilCounted(server, sent);
  const [rates, cpu] = [[], []];
  for (let piece = 0; piece < PIECES; piece += 1) {
    onRound(piece, PIECES);
    const before = sent.decisions + sent.rewards;
    const used = await server.cpuSeconds();
    const seconds = await send(PIECE_MS);
    const events = sent.decisions + sent.rewards - before;
    await untilCounted(server, sent);
    rates.push(events / seconds);
    cpu.push((((await server.cpuSeconds()) - used) * 1e6) / events);
  }
  return { rates, cpu };
}

export function measure({ rounds, onRound }) {
  return clustered('cluster-ingest', async ({ redisUrl, topics }) => {
    const part = async (how) => [how, { module: sending, options: { how, kafka: await topics() } }];
    const parts = Object.fromEntries([await part('ours'), await part('theirs')]);
    const by = await interleave(parts, { rounds: Math.min(rounds, 7), onRound });
    const server = await startServer(FILES, clusterVariables(await topics(), redisUrl));
    try {
      const { rates, cpu } = await posted(server, onRound);
      const what = 'POST /v1/events, folded and committed too';
      return [
        {
          ...{ what: 'Producer.append', unit: 'us CPU an event', ours: by.ours.cpuUs / SIZE },
          peer: { name: 'us, send of kafkajs', value: by.theirs.cpuUs / SIZE },
          ...timesSlower(by.ours, by.theirs),
          note: `to one partition, ${by.ours.facts.bytes} bytes an event`,
        },
        {
          what,
          unit: 'us CPU an event',
          ours: median(cpu),
          spread: spread(cpu),
          note: 'the server is its own consumer',
        },
        {
          what: 'POST /v1/events',
          unit: 'events/s wall',
          ours: median(rates),
          spread: spread(rates),
          note: '2 connections',
        },
      ];
    } finally {
      await server.dispose();
    }
  });
}
