import { appendFileSync } from 'node:fs';
import { createRandom } from '@armature/analysis';
import { afterAll, beforeAll, test } from 'vitest';
import { describeWith } from '../environment.js';
import { reportRow } from '../faults/fault-report.js';
import { START_MS } from '../provisioned.js';
import { killScenarios } from './kills.js';
import { linkScenarios } from './link-faults.js';
import { logScenarios } from './log-faults.js';
import { poisonScenarios } from './poison.js';
import type { Outcome, Scenario } from './scenario.js';
import { stateScenarios } from './state-losses.js';
import { type Brokers, createWorld, startBrokers, type World } from './world.js';

/** `node scripts/cluster-faults.mjs --kills 200 --seed 7 --only kills` sets these; without it a short run with a new seed. */
const KILLS = Number(process.env.ARMATURE_KILLS ?? 20);
const SEED = Number(process.env.ARMATURE_SEED ?? Date.now() % 1_000_000);
const ONLY = process.env.ARMATURE_SCENARIOS?.split(',');
/** Where the seeds of runs that failed are kept, for `--again`. */
const FAILED = new URL('./failed-seeds.jsonl', import.meta.url);

const all = [...killScenarios, ...stateScenarios, ...logScenarios, ...poisonScenarios, ...linkScenarios];
const chosen = all.filter(({ name }) => ONLY?.includes(name) ?? true);
const unknown = ONLY?.filter((name) => !all.some((scenario) => scenario.name === name)) ?? [];
if (unknown.length > 0) throw new Error(`no scenario ${unknown}; there are ${all.map(({ name }) => name).join(', ')}`);
const withBrokers = (count: 1 | 3) => chosen.filter(({ brokers }) => brokers === count);

function tell(name: string, outcome: Outcome): void {
  const { faults, accepted, repeated, duplicates, trials, recoveries } = outcome;
  const sorted = recoveries.toSorted((a, b) => a - b);
  const seconds = (ms: number | undefined): string => (ms === undefined ? '' : `${(ms / 1000).toFixed(1)} s`);
  const cells = {
    ...{ scenario: name, seed: String(SEED) },
    faults: Object.entries(faults)
      .map(([kind, count]) => `${count} ${kind}`)
      .join(', '),
    ...{ 'events accepted': accepted, 'sent again': repeated, 'copies in the log': duplicates },
    ...{ lost: 0, doubled: 0, trials },
    'recovery, median': seconds(sorted[Math.floor(sorted.length / 2)]),
    'recovery, longest': seconds(sorted.at(-1)),
  };
  reportRow('Cluster', cells);
  console.log(JSON.stringify(cells));
}

/** How many worlds there are at a time; those that kill the broker are alone with it. */
const AT_ONCE = 2;
const places = Array.from({ length: AT_ONCE }, () => Promise.resolve());

/** Runs something when one of the places is free. */
function inTurn(run: () => Promise<void>): Promise<void> {
  const place = places.shift() ?? Promise.resolve();
  const done = place.then(run);
  places.push(done.catch(() => {}));
  return done;
}

async function play({ name, world: options, run }: Scenario, brokers: Brokers): Promise<void> {
  const random = createRandom(SEED);
  let world: World | undefined;
  try {
    world = await createWorld({ ...options, brokers, random });
    tell(name, await run(world, random, KILLS));
  } catch (cause) {
    appendFileSync(FAILED, `${JSON.stringify({ name, seed: SEED, kills: KILLS, fault: String(cause) })}\n`);
    for (const server of world?.servers ?? []) console.error(`${name}, ${server.name}: ${server.said.slice(-4000)}`);
    throw cause;
  } finally {
    await world?.dispose();
  }
}

function suite(count: 1 | 3, scenarios: readonly Scenario[]): void {
  let brokers: Brokers;
  beforeAll(async () => {
    brokers = await startBrokers(count);
  }, START_MS);
  afterAll(() => brokers?.dispose());
  const title = `$name: every accepted event counts once (seed ${SEED})`;
  const limit = 300_000 + KILLS * 15_000;
  const alone = scenarios.filter((scenario) => scenario.alone);
  const together = scenarios.filter((scenario) => !scenario.alone);
  if (alone.length > 0) test.each(alone)(title, (scenario) => play(scenario, brokers), limit);
  if (together.length > 0) {
    test.concurrent.each(together)(
      title,
      (scenario) => inTurn(() => play(scenario, brokers)),
      limit + together.length * 60_000,
    );
  }
}

describeWith('ownRedis', 'faults of Redis', () => {
  if (withBrokers(1).length > 0) describeWith('ownKafka', 'and of a broker', () => suite(1, withBrokers(1)));
  if (withBrokers(3).length > 0) describeWith('ownKafka', 'and of three', () => suite(3, withBrokers(3)));
});
