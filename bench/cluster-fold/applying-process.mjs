import { createRegistry, healthOf } from '@armature/analysis/fold';
import { silent, systemClock } from '@armature/server';
import { openConnections } from '../../packages/server/dist/cluster/connections.js';
import { Owners } from '../../packages/server/dist/cluster/owners.js';
import { metered, runStages } from '../harness/task-process.mjs';

/**
 * What a server does with the events of its partitions, and nothing else of it: it joins the group, and once told to go
 * reads from the first event, folds, and commits to Redis every 100 ms, until all is committed.
 */
const COMMIT_MS = 100;
const VERIFY_MS = 1000;

const { kafka, redis, partitions: wanted } = JSON.parse(process.argv[2]);
const clock = systemClock();
const registry = createRegistry();
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
let links;
let owners;
let consumer;
let going = false;

async function join() {
  links = await openConnections({ kafka, redis, clock, logger: silent, sessionMs: 6000 }, (records) => {
    for (const { event } of records) registry.applyConfig(event);
  });
  const { config, shared, checkpoints, topics, deadLetter } = links;
  owners = new Owners({
    ...{ log: config.id, partitions: config.partitions, registry, shared, clock, logger: silent, config },
    ...{ checkpoints, topics, deadLetter, consumer: () => consumer },
  });
  consumer = await links.startConsumer({
    assigned: (now) => owners.assigned(now),
    // until it is told to go, there is nothing to be read
    align: async (index) => (going ? owners.align(index) : (await topics.ends('events')).get(index).high),
    take: (index, records) => owners.take(index, records),
  });
  while (consumer.assigned.length !== wanted) await sleep(20);
  return {};
}

async function apply() {
  const ends = await links.topics.ends('events');
  const all = consumer.assigned.reduce((sum, index) => sum + ends.get(index).high, 0);
  const held = () => owners.owned().flatMap((owner) => (owner.held === undefined ? [] : [owner.held]));
  const sum = (offsets) => offsets.reduce((total, offset) => total + offset, 0);
  const stops = [clock.every(COMMIT_MS, () => owners.commit()), clock.every(VERIFY_MS, () => owners.verify())];
  going = true;
  for (const index of consumer.assigned) consumer.seek(index, await owners.align(index));
  const measured = await metered({
    all,
    progress: () => sum(held().map(({ state }) => state.offset)),
    done: () => sum(held().map(({ committed }) => committed.offset)) >= all,
  });
  for (const stop of stops) stop();
  const health = held().map(({ state }) => healthOf(state).get('reader'));
  const counted = sum(health.map(({ decisions, rewards }) => decisions + rewards));
  const wrong = sum(health.map(({ propensityMismatch, duplicates, late }) => propensityMismatch + duplicates + late));
  return { ...measured, counted, wrong, commits: owners.counts.commits, deadLetters: owners.counts.deadLetters };
}

async function leave() {
  await consumer.stop();
  await links.close();
  return {};
}

await runStages([join, apply, leave]);
