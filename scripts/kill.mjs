/**
 * Kills a real server at random moments under load, and holds the log against an independent joiner.
 *
 *   node scripts/kill.mjs --kills 200 --seed 7
 *
 * `--markdown` runs the power cuts and the full disks too and prints the tables of docs/reliability.md; `--write` puts
 * them there.
 */
import { readArguments } from './arguments.mjs';
import { runFaults, tablesOf, writeTables } from './fault-tables.mjs';

const SECTIONS = ['Kills', 'Power loss', 'Disk'];
const FAULTS = ['power-loss', 'repair', 'full-disk'].map((name) => `test/faults/${name}.test.ts`);

const HELP = `Usage: node scripts/kill.mjs [options]

Kills a real server at random moments under load, and holds the log against an independent joiner. Build first: npm run setup.

Options:
  --kills <n>    (default: 200)
  --seed <n>     the choices of an earlier run (default: the time)
  --markdown     run the power cuts and the full disks too, and print the tables
  --write        that, and put them into docs/reliability.md
  --help         this text

Example:
  $ node scripts/kill.mjs --kills 20 --seed 7`;

function optionsOf() {
  const { values, refuse } = readArguments('kill', HELP, {
    kills: { type: 'string', default: '200' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    markdown: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  });
  for (const name of ['kills', 'seed']) {
    if (/^\d{1,6}$/.test(values[name])) continue;
    refuse(`--${name}: write a whole number, got ${values[name]}`);
  }
  return values;
}

const { kills, seed, markdown, write } = optionsOf();
const files = ['test/faults/kill.test.ts', ...(markdown || write ? FAULTS : [])];
const told = markdown && !write ? 2 : 'inherit';
const { code, rows } = await runFaults(files, { ARMATURE_KILLS: kills, ARMATURE_SEED: seed }, told);
process.exitCode = code;
const tables = tablesOf(rows, SECTIONS);
if (write) writeTables(tables);
else if (markdown) for (const { section, table } of tables) console.log(`## ${section}\n\n${table}`);
