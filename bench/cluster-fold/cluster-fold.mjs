import { Redis } from 'ioredis';
import { clustered } from '../harness/clustered.mjs';
import { bytesOfIds, redisCpuUs } from '../harness/redis-figures.mjs';
import { median, spread } from '../harness/statistics.mjs';
import { startTask } from '../harness/task-process.mjs';
import { prefill } from './prefilled.mjs';

export const title = 'cluster-fold: events of four partitions from Kafka, decoded, folded and committed to Redis';
const EVENTS = 300_000;
const PARTITIONS = 4;
const MOST_ROUNDS = 5;
const LEAST = 0.5;
const ID_BYTES = 17;
const applying = new URL('./applying-process.mjs', import.meta.url);
const parsing = new URL('./parsing-process.mjs', import.meta.url);
let runs = 0;

/** Several processes share the partitions; each goes when all have joined. */
async function applied({ kafka, redisUrl, events }, processes) {
  runs += 1;
  const name = `${kafka.prefix}-${runs}`;
  const options = {
    kafka: { ...kafka, group: name },
    redis: { url: redisUrl, prefix: name },
    partitions: PARTITIONS / processes,
  };
  const tasks = Array.from({ length: processes }, () => startTask(applying, options));
  try {
    await Promise.all(tasks.map((task) => task.reached));
    const results = await Promise.all(tasks.map((task) => task.go()));
    await Promise.all(tasks.map((task) => task.go()));
    const total = (field) => results.reduce((sum, result) => sum + result[field], 0);
    if (total('counted') !== events || total('wrong') + total('deadLetters') > 0) {
      throw new Error(`${events} events were written, and counted were ${JSON.stringify(results)}`);
    }
    return { results, prefix: name, total };
  } finally {
    await Promise.all(tasks.map((task) => task.end()));
  }
}

async function parsed({ kafka, all }) {
  runs += 1;
  const group = `${kafka.prefix}-parse-${runs}`;
  const task = startTask(parsing, { brokers: kafka.brokers, topic: `${kafka.prefix}.events`, group, all });
  try {
    await task.reached;
    const result = await task.go();
    await task.go();
    if (result.counted !== all) throw new Error(`${result.counted} of ${all} events were parsed`);
    return result;
  } finally {
    await task.end();
  }
}

const wallMs = (results) => Math.max(...results.map(({ to }) => to)) - Math.min(...results.map(({ from }) => from));

async function round(given, client) {
  const floor = await parsed(given);
  const before = await redisCpuUs(client);
  const one = await applied(given, 1);
  const redis = ((await redisCpuUs(client)) - before) / given.events;
  const ids = await bytesOfIds(client, { url: given.redisUrl, prefix: one.prefix }, 0);
  const two = await applied(given, 2);
  for (const { prefix } of [one, two]) await forget(client, prefix);
  const [own] = one.results;
  return {
    rate: (own.events * 1e6) / own.cpuUs,
    floor: (floor.events * 1e6) / floor.cpuUs,
    wall: (own.events * 1e3) / wallMs(one.results),
    floorWall: (floor.events * 1e3) / wallMs([floor]),
    busier: (two.total('events') * 1e6) / Math.max(...two.results.map(({ cpuUs }) => cpuUs)),
    twoWall: (two.total('events') * 1e3) / wallMs(two.results),
    commits: own.commits,
    ...{ redis, ids, rss: own.memory.rss },
  };
}

async function forget(client, prefix) {
  const keys = await client.keys(`${prefix}:*`);
  for (let n = 0; n < keys.length; n += 1000) await client.unlink(...keys.slice(n, n + 1000));
}

function rowsOf(rounds, events) {
  const of = (field) => rounds.map((each) => each[field]);
  const against = (own, peer, name, unit, what) => {
    const ratios = rounds.map((each) => each[own] / each[peer]);
    return {
      ...{ what, unit, ours: median(of(own)), peer: { name, value: median(of(peer)) } },
      ...{ ratio: median(ratios), spread: spread(ratios) },
    };
  };
  const note = `${events.toLocaleString('en-US')} events, ${median(of('commits'))} commits, ${rounds.length} rounds`;
  const machine = 'the broker and Redis on the same cores';
  const floor = 'kafkajs and JSON.parse';
  const { ids } = rounds.at(-1);
  return [
    { ...against('rate', 'floor', floor, 'events/s CPU', 'applied by one process'), least: LEAST, note },
    { ...against('wall', 'floorWall', floor, 'events/s wall', 'applied by one process'), note: machine },
    {
      ...{ what: 'applied', unit: 'us Redis CPU an event', ours: median(of('redis')), spread: spread(of('redis')) },
      note: 'commits every 100 ms, and what loads and verifies',
    },
    {
      ...{ what: 'an id that is remembered in Redis', unit: 'bytes', ours: ids.bytes, most: ID_BYTES },
      note: `${ids.ids.toLocaleString('en-US')} ids of partition 0, by MEMORY USAGE`,
    },
    {
      ...against('twoWall', 'wall', 'by one', 'events/s wall', 'applied by two processes'),
      note: machine,
    },
    {
      ...against('busier', 'rate', 'by one', 'events/s CPU', 'applied by two processes, CPU of the busier'),
      note: 'what it would be on cores of their own, by CPU time',
    },
  ];
}

export function measure({ rounds, onRound }) {
  return clustered('cluster-fold', async ({ redisUrl, topics }) => {
    const kafka = await topics();
    const { events } = await prefill(kafka, redisUrl, EVENTS);
    const all = events + PARTITIONS; // the server that published the first version has ticked
    const client = new Redis(redisUrl);
    try {
      const measured = [];
      const most = Math.min(rounds, MOST_ROUNDS);
      for (let n = 0; n < most; n += 1) {
        onRound(n, most);
        measured.push(await round({ kafka, redisUrl, events, all }, client));
      }
      return rowsOf(measured, events);
    } finally {
      client.disconnect();
    }
  });
}
