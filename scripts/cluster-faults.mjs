/**
 * Kills servers, Redis and Kafka under load, and holds what they hold against an independent reader.
 *
 *   node scripts/cluster-faults.mjs --kills 200 --seed 7
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readArguments } from './arguments.mjs';
import { ROOT } from './bundled.mjs';
import { runFaults, tablesOf, writeTables } from './fault-tables.mjs';

const FILE = 'test/cluster/cluster-faults.test.ts';
const FAILED = join(ROOT, 'test', 'cluster', 'failed-seeds.jsonl');

const HELP = `Usage: node scripts/cluster-faults.mjs [options]

Kills servers, Redis and Kafka at random moments and at fail points, takes the network away, loses and swaps what they
hold, and holds log and state against an independent reader. Needs Redis, and Java with Maven or Kafka's jars. Build
first: npm run setup.

Options:
  --kills <n>      how many of the scenarios that kill (default: 200)
  --seed <n>       the choices of an earlier run (default: the time)
  --only <name>    one scenario; may be given several times
  --again          the seeds that failed, which test/cluster/failed-seeds.jsonl keeps
  --write          put the table into docs/reliability.md
  --help           this text

Example:
  $ node scripts/cluster-faults.mjs --kills 20 --seed 7 --only zombie`;

const flag = { type: 'boolean', default: false };
const text = { type: 'string' };
const { values, refuse } = readArguments('cluster-faults', HELP, {
  kills: { ...text, default: '200' },
  seed: { ...text, default: String(Date.now() % 1_000_000) },
  only: { ...text, multiple: true },
  ...{ again: flag, write: flag },
});
for (const name of ['kills', 'seed']) {
  if (!/^\d{1,6}$/.test(values[name])) refuse(`--${name}: write a whole number, got ${values[name]}`);
}

if (values.write && (values.only !== undefined || values.again)) {
  refuse('--write: the table is that of all scenarios, leave out --only and --again');
}

function runsOf({ kills, seed, only, again }) {
  if (!again) return [{ kills, seed, names: only }];
  if (!existsSync(FAILED)) refuse('--again: no run has failed');
  const lines = readFileSync(FAILED, 'utf8').split('\n');
  const failed = lines.filter((line) => line !== '').map((line) => JSON.parse(line));
  return failed.map((run) => ({ kills: String(run.kills), seed: String(run.seed), names: [run.name] }));
}

const rows = [];
for (const { kills, seed, names } of runsOf(values)) {
  const only = names === undefined ? {} : { ARMATURE_SCENARIOS: names.join(',') };
  const run = await runFaults([FILE], { ARMATURE_KILLS: kills, ARMATURE_SEED: seed, ...only });
  rows.push(...run.rows);
  process.exitCode ||= run.code;
}
const tables = tablesOf(rows, ['Cluster']);
for (const { table } of tables) console.log(table);
if (values.write) writeTables(tables);
