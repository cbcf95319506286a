import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { systemClock } from '../../adapters/clock.js';
import { ensureTopics } from '../../adapters/kafka/topics.js';
import { silent } from '../../adapters/loggers.js';
import { type Observer, openObserver } from '../../cluster/observer.js';
import { freePorts } from '../../provision/free-ports.js';
import { provision } from '../../provision/provision.js';
import type { Provisioned } from '../../provision/provisioned.js';
import { pullInto } from '../../pull/pull-into.js';
import { cliError } from '../cli-errors.js';
import type { ClusterSettings } from '../cluster-settings.js';

import type { Terminal } from '../terminal.js';
import { clearDemo, prepareDemo } from './demo-directory.js';
import { printDemoReport } from './demo-report.js';
import { type LivePlan, startVisitors } from './live-demo.js';
import { EXPERIMENT } from './published-test.js';
import { createScreen } from './screen.js';
import { type ServerFleet, startFleet } from './server-fleet.js';
import type { Moment } from './view.js';

const SERVERS = 2;
const PARTITIONS = 4;
const FRAME_MS = 500;
/** A server that was killed is back within seconds, and the clicks that waited for it count. */
const LATENESS = '10s';
/** How long after the last click the last trials may take to close. */
const CLOSING_MS = 120_000;

/**
 * The demo over several machines' worth of processes: two servers, two services with the SDK in them, a real Kafka and a
 * real Redis that were found or started. Any server may be killed: it is started again, and nobody notices.
 */
export async function clusterDemo(terminal: Terminal, plan: LivePlan): Promise<void> {
  const servers = await provision({ redis: true, kafka: true, tell: terminal.out });
  try {
    await run(terminal, plan, servers);
  } finally {
    await servers.dispose();
  }
}

async function run(terminal: Terminal, plan: LivePlan, servers: Provisioned): Promise<void> {
  const { brokers = [], redisUrl = '' } = servers;
  const own = servers.redis?.own !== false && servers.kafka?.every((server) => server.own) !== false;
  const prefix = `demo-${randomBytes(4).toString('hex')}`;
  const kafka = { brokers, prefix, group: `${prefix}.owners` };
  const settings: ClusterSettings = { kafka, redis: { url: redisUrl, prefix } };
  await clearDemo(plan.data);
  await mkdir(plan.data, { recursive: true });
  const { experiments } = await prepareDemo(plan.data, LATENESS);
  await ensureTopics(kafka, { partitions: PARTITIONS, replication: 1, logger: silent });
  const ports = await freePorts(SERVERS);
  const fleet = await startFleet({ ...settings, experiments, data: plan.data, ports, partitions: PARTITIONS });
  try {
    for (const [n, url] of fleet.urls.entries()) terminal.out(`Server ${n + 1}: ${url}, process ${fleet.pids[n]}`);
    terminal.out(`Kill any of them while it runs (kill -9 ${fleet.pids[0]}): nothing is lost, nothing counts twice.`);
    const observer = await openObserver({ ...settings, clock: systemClock(), logger: silent });
    try {
      await follow(terminal, fleet, observer, plan);
    } finally {
      await observer.close();
    }
  } finally {
    await fleet.stop();
  }
  if (fleet.restarts > 0)
    terminal.out(`Servers were started again ${fleet.restarts} time${fleet.restarts === 1 ? '' : 's'}.`);
  if (!own)
    terminal.out(`The topics ${prefix}.* and the keys ${prefix}:* stay in Kafka and Redis: delete them if you like.`);
  await pullInto(kafka, plan.data);
  await printDemoReport(terminal, plan.data, terminal.now());
}

async function follow(terminal: Terminal, fleet: ServerFleet, observer: Observer, plan: LivePlan): Promise<void> {
  const began = terminal.now();
  const { total, perSecond } = plan;
  const screen = createScreen(terminal, Math.max(1000, (1000 * total) / perSecond / 6));
  const each = { from: 0, total: Math.ceil(total / SERVERS), perSecond: perSecond / SERVERS };
  const visitors = fleet.urls.map((url, n) => startVisitors({ ...each, url, seed: began + n }));
  const gone = Promise.all(visitors.map((child) => once(child, 'exit') as Promise<[number | null]>));
  let finishedAt: number | undefined;
  void gone.then(() => {
    finishedAt = terminal.now();
  });
  const moment = (): Moment => ({
    url: `${SERVERS} servers`,
    version: observer.registry.latest(EXPERIMENT),
    statistics: observer.statistics(),
    total: each.total * SERVERS,
    elapsedMs: terminal.now() - began,
  });
  const isOver = (): boolean => {
    if (finishedAt === undefined) return false;
    const open = observer.openTrials().get(EXPERIMENT)?.open ?? 0;
    return (open === 0 && visitorsOf(observer) >= each.total * SERVERS) || terminal.now() - finishedAt > CLOSING_MS;
  };
  while (!isOver()) {
    await observer.look().catch(() => {}); // Redis may be the one that was killed
    await screen.show(moment());
    await new Promise((done) => setTimeout(done, FRAME_MS));
  }
  await screen.leave(moment());
  const failed = (await gone).find(([code]) => code !== 0);
  if (failed !== undefined) throw cliError('DEMO_CLIENT_FAILED', { got: `exit code ${failed[0]}` });
}

function visitorsOf(observer: Observer): number {
  let visitors = 0;
  for (const { experiment, arms } of observer.statistics()) {
    if (experiment === EXPERIMENT) for (const { opened } of arms) visitors += opened;
  }
  return visitors;
}
