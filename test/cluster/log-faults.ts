/** The log is not what it was: nothing is counted falsely, and what is wrong is told. */
import { randomUUID } from 'node:crypto';
import { restoreState, stateDigest } from '@armature/analysis/fold';
import { expect } from 'vitest';
import { folded, keptStates } from './invariants.js';
import { caughtUp, endsNow, pause } from './offset-watch.js';
import { readLog, type WholeLog } from './read-log.js';
import { type Outcome, RECOVERY_MS, Run, type Scenario } from './scenario.js';
import { createTopic, type World } from './world.js';

const TWO = { servers: 2 } as const;
/** The record before the next is read again this often, and a bit more. */
const ANCHOR_MS = 8000;
/** A broker holds a question open for a tenth of a second, and a bit more. */
const IN_FLIGHT_MS = 1000;

/** Waits until some server has said something. */
async function told({ servers }: World, what: string): Promise<void> {
  await expect
    .poll(() => servers.some(({ said }) => said.includes(what)), { timeout: 20_000, interval: 100 })
    .toBe(true);
}

/** Ticks, which anybody may write, straight into the topic. */
async function produceTicks(world: World, count: number): Promise<void> {
  const producer = world.kafka.producer();
  await producer.connect();
  try {
    for (let partition = 0; partition < world.partitions; partition += 1) {
      const messages = Array.from({ length: count }, () => {
        const time = new Date().toISOString();
        const event = { specversion: '1.0', type: 'dev.armature.tick.v1', source: '/server', time, data: {} };
        return { partition, key: 'tick', value: JSON.stringify({ ...event, id: `tick-${randomUUID()}` }) };
      });
      await producer.send({ topic: `${world.prefix}.events`, messages, acks: -1 });
    }
  } finally {
    await producer.disconnect();
  }
}

/** What the servers have counted, and what the log was: they look away, and something happens to it. */
async function lookAway(run: Run): Promise<WholeLog> {
  const load = run.load();
  await pause(1500);
  await load.finish();
  await caughtUp(run.world, RECOVERY_MS);
  for (const server of run.world.servers) server.pause();
  await pause(IN_FLIGHT_MS); // what a broker still answers to a question of before is read, and rightly counted
  return readLog(run.world);
}

/** They look again, tell what is wrong, and Redis holds what was counted of the log as it was, and nothing else. */
async function lookAgain(run: Run, was: WholeLog, code: string): Promise<Outcome> {
  const { world } = run;
  for (const server of world.servers) server.resume();
  await told(world, code);
  await pause(ANCHOR_MS);
  for (const [p, kept] of (await keptStates(world)).entries()) {
    const raws = was.raw[p] ?? [];
    expect(kept.offset).toBeLessThanOrEqual(raws.length);
    const stored = restoreState(kept, was.registry);
    expect([p, stateDigest(stored)]).toEqual([p, stateDigest(folded(raws, kept.offset, world, was.registry))]);
  }
  await run.watch.stop();
  expect(run.watch.fallen).toEqual([]);
  return { faults: run.faults, accepted: 0, repeated: 0, duplicates: 0, trials: 0, recoveries: [] };
}

/** The topic is deleted and made anew while the servers do not look, and is as long as before, or shorter. */
function recreated(name: string, regrown: boolean): Scenario {
  return {
    ...{ name, brokers: 1, world: TWO },
    async run(world) {
      const run = new Run(world);
      const was = await lookAway(run);
      await world.admin.deleteTopics({ topics: [`${world.prefix}.events`] });
      await pause(500);
      await createTopic(world, 'events');
      if (regrown) await produceTicks(world, Math.max(...was.raw.map((raws) => raws.length)) + 50);
      run.met(regrown ? 'topic made anew, and as long' : 'topic made anew');
      return lookAgain(run, was, 'LOG_MISMATCH');
    },
  };
}

/** Records are deleted that nobody has folded yet. */
const hole: Scenario = {
  ...{ name: 'retention-hole', brokers: 1, world: TWO },
  async run(world) {
    const run = new Run(world);
    const was = await lookAway(run);
    await produceTicks(world, 50);
    const ends = await endsNow(world);
    const partitions = ends.map((end, partition) => ({ partition, offset: String(end - 10) }));
    await world.admin.deleteTopicRecords({ topic: `${world.prefix}.events`, partitions });
    run.met('records deleted before they were folded');
    return lookAgain(run, was, 'DATA_HOLE');
  },
};

const morePartitions: Scenario = {
  ...{ name: 'more-partitions', brokers: 1, world: TWO },
  async run(world) {
    const run = new Run(world);
    run.load();
    await pause(1000);
    const topic = `${world.prefix}.events`;
    await world.admin.createPartitions({ topicPartitions: [{ topic, count: world.partitions + 2 }] });
    run.met('partitions added');
    const [server] = world.servers; // what a client knows of a topic it asks again after minutes, or as it starts
    await server?.stop();
    await server?.revive();
    await told(world, 'partitions were added');
    await run.recover();
    const outcome = await run.audit();
    expect(outcome.audit.log.raw.slice(world.partitions).flat()).toEqual([]);
    return outcome;
  },
};

/** The broker ends in order and comes back, and is killed and comes back. */
const brokerRestart: Scenario = {
  ...{ name: 'broker-restart', brokers: 1, alone: true, world: TWO },
  async run(world) {
    const run = new Run(world);
    run.load();
    await run.recover();
    run.recoveries.length = 0;
    const [broker] = world.brokers.servers;
    await broker?.stop();
    run.met('broker stopped');
    await pause(3000);
    await broker?.start();
    await run.recover();
    await broker?.kill();
    run.met('broker killed');
    await broker?.start();
    await run.recover();
    return run.audit();
  },
};

/** Three brokers, one after the other killed under load: leaders move, and come back. */
const leaders: Scenario = {
  ...{ name: 'leader-moves', brokers: 3, alone: true, world: TWO },
  async run(world) {
    const run = new Run(world);
    run.load({ perStep: 3 });
    await run.recover();
    run.recoveries.length = 0;
    for (const broker of world.brokers.servers) {
      await broker.kill();
      run.met('broker killed, leaders moved');
      await run.recover();
      await broker.start();
      await inSync(world);
    }
    return run.audit();
  },
};

/** Waits until each partition has all its copies again: with two of three missing nothing is accepted. */
async function inSync({ admin, prefix, brokers }: World): Promise<void> {
  const copies = async (): Promise<number> => {
    const { topics } = await admin.fetchTopicMetadata({ topics: [`${prefix}.events`, `${prefix}.config`] });
    return Math.min(...topics.flatMap(({ partitions }) => partitions.map(({ isr }) => isr.length)));
  };
  await expect.poll(() => copies().catch(() => 0), { timeout: 60_000, interval: 250 }).toBe(brokers.addresses.length);
}

export const logScenarios: readonly Scenario[] = [
  recreated('topic-recreated', false),
  recreated('topic-regrown', true),
  hole,
  morePartitions,
  brokerRestart,
  leaders,
];
