/** Redis loses what it acknowledged, or holds what it held before; the partitions' state is made again from the log. */
import type { Random } from '@armature/analysis';
import { expect } from 'vitest';
import { committedOffsets, pause } from './offset-watch.js';
import { pick, Run, type Scenario } from './scenario.js';
import type { RedisNode, World } from './world.js';

const TWO = { servers: 2 } as const;

const DUMP = `local all = {}
for _, key in ipairs(redis.call('KEYS', ARGV[1])) do
  all[#all + 1] = key
  all[#all + 1] = redis.call('DUMP', key)
end
return all`;
const RESTORE = `for _, key in ipairs(redis.call('KEYS', ARGV[1])) do redis.call('DEL', key) end
for n = 2, #ARGV, 2 do redis.call('RESTORE', ARGV[n], 0, ARGV[n + 1]) end`;

/** A copy of all keys that a pattern matches, as of one moment. */
const dump = ({ client }: RedisNode, pattern: string): Promise<Buffer[]> =>
  client.callBuffer('EVAL', DUMP, 0, pattern) as Promise<Buffer[]>;

/** Makes the keys that a pattern matches what they were, at one moment. */
const restore = ({ client }: RedisNode, pattern: string, copy: readonly Buffer[]): Promise<unknown> =>
  client.call('EVAL', RESTORE, 0, pattern, ...copy);

/** The link to the replica is cut, commits are acknowledged, the master is killed, and the replica takes its place. */
const failover: Scenario = {
  ...{ name: 'redis-failover', brokers: 1, world: { ...TWO, replica: true } },
  async run(world) {
    const run = new Run(world);
    run.load();
    await pause(2000);
    const [, replica] = world.redis;
    await replica?.client.replicaof('127.0.0.1', 1);
    await pause(1500);
    const acknowledged = await committedOffsets(world);
    const kept = await run.watch.fall(async () => {
      await world.master.server.kill();
      await world.failOver();
      return committedOffsets(world);
    });
    run.met('failover that loses what was acknowledged');
    expect(kept.some((offset, p) => (offset ?? 0) < (acknowledged[p] ?? 0))).toBe(true);
    await run.recover();
    return run.audit();
  },
};

/** FLUSHALL under load, and the promotion of a node that is empty. */
const flushAll: Scenario = {
  ...{ name: 'redis-flushall', brokers: 1, world: { ...TWO, replica: true } },
  async run(world) {
    const run = new Run(world);
    run.load();
    await pause(1500);
    await run.recover();
    for (const lose of [() => flush(world.master), () => promoteEmpty(world)]) {
      await run.watch.fall(lose);
      run.met('state lost');
      await run.recover();
      await pause(500);
    }
    return run.audit();
  },
};

async function flush({ client }: RedisNode): Promise<void> {
  await client.flushall();
}

async function promoteEmpty(world: World): Promise<void> {
  const [, empty] = world.redis;
  await empty?.client.replicaof('NO', 'ONE');
  await empty?.client.flushall();
  await world.failOver();
}

/** An old copy of everything under load, and of one partition that nothing is written to. */
const oldCopy: Scenario = {
  ...{ name: 'redis-old-copy', brokers: 1, world: TWO },
  async run(world, random) {
    const run = new Run(world);
    const load = run.load();
    await pause(1500);
    const whole = await dump(world.master, `${world.prefix}:*`);
    await pause(1500);
    await run.watch.fall(() => restore(world.master, `${world.prefix}:*`, whole));
    run.met('everything as it was before');
    await run.recover();
    const one = `${world.prefix}:{${pick(random, [0, 1, 2])}}:*`;
    const before = await dump(world.master, one);
    await pause(500);
    await load.finish();
    await run.recover();
    await run.watch.fall(() => restore(world.master, one, before));
    run.met('an idle partition as it was before');
    await run.recover();
    return run.audit();
  },
};

/** An owner stands still until others have its partitions, and goes on with what it believes is its own. */
const zombie: Scenario = {
  ...{ name: 'zombie', brokers: 1, world: TWO },
  async run(world, random: Random) {
    const run = new Run(world);
    run.load({ duplicates: 0.3 });
    await pause(1000);
    for (const server of world.servers.toSorted(() => random() - 0.5)) {
      server.pause();
      await pause(9000); // beyond the session's time
      await run.recover();
      server.resume();
      run.met('paused beyond its session');
      await run.recover();
    }
    return run.audit();
  },
};

export const stateScenarios: readonly Scenario[] = [failover, flushAll, oldCopy, zombie];
