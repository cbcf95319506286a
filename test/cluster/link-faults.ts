/** The network between a server and what it talks to: connections that hang, crawl, break and lie. */
import type { Random } from '@armature/analysis';
import { pause } from './offset-watch.js';
import { pick, Run, type Scenario } from './scenario.js';
import type { LinkFault, TcpProxy } from './tcp-proxy.js';

const TWO = { servers: 2 } as const;

const faultsOf = (random: Random): readonly LinkFault[] => [
  { kind: 'delay', ms: [5, 150] },
  { kind: 'drop' },
  { kind: 'black-hole' },
  { kind: 'throttle', bytesPerSecond: 20_000 },
  { kind: 'cut', after: Math.floor(random() * 3000) },
];

/** Something happens to one link for a while. */
async function disturb(run: Run, random: Random, link: TcpProxy, name: string): Promise<void> {
  const kind = random();
  if (kind < 0.1) {
    link.reset();
    run.met(`${name}: reset`);
  } else if (kind < 0.2) {
    link.halfClose(random() < 0.5 ? 'up' : 'down');
    run.met(`${name}: half-close`);
  } else {
    const fault = pick(random, faultsOf(random));
    const direction = pick(random, ['both', 'up', 'down'] as const);
    link.set(fault, 'all', direction === 'both' ? undefined : direction);
    run.met(`${name}: ${fault.kind}`);
    await pause(500 + random() * 2500);
    // what a black hole has swallowed stays lost to its connection: both ends believe in it
    link.set({ kind: 'none' }, fault.kind === 'black-hole' ? 'new' : 'all');
  }
}

const links: Scenario = {
  ...{ name: 'links', brokers: 1, world: TWO },
  async run(world, random, kills) {
    const run = new Run(world);
    run.load();
    await run.recover();
    run.recoveries.length = 0;
    for (let n = 0; n < Math.max(4, kills / 3); n += 1) {
      const { links } = pick(random, world.servers);
      const toRedis = random() < 0.5;
      await disturb(run, random, toRedis ? links.redis : pick(random, links.kafka), toRedis ? 'Redis' : 'Kafka');
      if (random() < 0.3) await run.recover();
    }
    await run.recover();
    return run.audit();
  },
};

/** Connections that are open stay so and nothing arrives; new ones work. */
const halfOpen: Scenario = {
  ...{ name: 'half-open', brokers: 1, world: TWO },
  async run(world) {
    const run = new Run(world);
    run.load();
    await run.recover();
    run.recoveries.length = 0;
    const [first] = world.servers;
    if (first === undefined) throw new Error('no server');
    for (const [name, proxies] of [
      ['Redis', [first.links.redis]],
      ['Kafka', first.links.kafka],
    ] as const) {
      for (const proxy of proxies) proxy.set({ kind: 'black-hole' }, 'open');
      run.met(`half-open connections to ${name}`);
      await run.recover();
      await pause(500);
    }
    return run.audit();
  },
};

export const linkScenarios: readonly Scenario[] = [links, halfOpen];
