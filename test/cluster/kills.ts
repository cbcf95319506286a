import type { Random } from '@armature/analysis';
import type { FailPoint } from '../../packages/server/src/fail-point.js';
import { pause } from './offset-watch.js';
import { pick, Run, type Scenario } from './scenario.js';
import type { World } from './world.js';

const POINTS: readonly FailPoint[] = [
  'before-commit',
  'after-commit',
  'before-ack',
  'after-produce',
  'mid-align',
  'before-config-append',
];
/** A point that is not reached until then is not on the way of this server. */
const POINT_MS = 8000;

/** Lets a server end itself at a fail point. */
async function killAtPoint(run: Run, random: Random): Promise<void> {
  const server = pick(random, run.world.servers);
  const point = pick(random, POINTS);
  await server.kill();
  run.met('server, random');
  const variables = { ARMATURE_FAILPOINT: `${point}@${1 + Math.floor(random() * 10)}` };
  const until = Date.now() + POINT_MS;
  void server.start(variables).catch(() => {}); // it may end before it listens
  while (server.running && Date.now() < until) await pause(50);
  if (!server.running) run.met(`server, ${point}`);
  await server.kill();
  await server.revive();
}

async function killServer(run: Run, random: Random): Promise<void> {
  const server = pick(random, run.world.servers);
  await server.kill();
  run.met('server, random');
  if (random() < 0.25) {
    await server.killStarting(random() * 1500); // while it starts
    run.met('server, random');
  }
  await pause(random() * 500);
  await server.revive();
}

async function killRedis(run: Run, random: Random): Promise<void> {
  const { server } = run.world.master;
  await server.kill();
  run.met('Redis');
  await pause(random() * 1000);
  await server.start();
}

async function killBroker(run: Run, random: Random): Promise<void> {
  const broker = pick(random, run.world.brokers.servers);
  await broker.kill();
  run.met('broker');
  await pause(random() * 1000);
  await broker.start();
}

async function revive({ servers }: World): Promise<void> {
  await Promise.all(servers.map((server) => server.revive()));
}

const TWO = { servers: 2, appendonly: 'always' } as const;

/** Kills servers, Redis and the broker at random moments, at random and at fail points. */
function kills(name: string, appendonly: 'always' | 'everysec', share: number): Scenario {
  return {
    ...{ name, brokers: 1, alone: true, world: { ...TWO, appendonly } },
    async run(world, random, count) {
      const run = new Run(world);
      run.load({ pauseMs: count > 50 ? 200 : 60 });
      await run.recover();
      run.recoveries.length = 0;
      const total = (): number => Object.values(run.faults).reduce((sum, n) => sum + n, 0);
      while (total() < Math.max(1, Math.round(count * share))) {
        await pause(50 + random() * 400);
        const kind = random();
        if (kind < 0.35) await killServer(run, random);
        else if (kind < 0.6) await killAtPoint(run, random);
        else if (kind < 0.85) {
          if (appendonly === 'always') await killRedis(run, random);
          else await run.watch.fall(() => killRedis(run, random));
        } else await killBroker(run, random);
        await revive(world);
        if (random() < 0.5) await run.recover();
      }
      await run.recover();
      return run.audit();
    },
  };
}

/** A third server joins and leaves every two seconds, in order and by kill -9 in turn. */
const rebalances: Scenario = {
  ...{ name: 'rebalances', brokers: 1, world: TWO },
  async run(world, _, kills) {
    const run = new Run(world);
    run.load({ duplicates: 0.3 });
    const third = await world.add();
    for (let round = 0; round < Math.max(2, kills / 8); round += 1) {
      await third.revive();
      await pause(2000);
      run.met('join and leave');
      if (round % 2 === 0) await third.stop();
      else await third.kill();
      await pause(2000);
    }
    await run.recover();
    return run.audit();
  },
};

/** Much is sent again, to other servers than before. */
const duplicates: Scenario = {
  ...{ name: 'duplicates', brokers: 1, world: TWO },
  async run(world) {
    const run = new Run(world);
    for (const share of [0.05, 0.2, 0.5]) {
      run.load({ duplicates: share });
      run.met(`duplicates ${share * 100} %`);
      await pause(2000);
    }
    await run.recover();
    return run.audit();
  },
};

export const killScenarios: readonly Scenario[] = [
  kills('kills', 'always', 0.6),
  kills('kills-everysec', 'everysec', 0.4),
  rebalances,
  duplicates,
];
