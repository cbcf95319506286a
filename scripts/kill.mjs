/**
 * Kills a real server at random moments under load, and holds the log against an independent joiner.
 *
 *   node scripts/kill.mjs --kills 200 --seed 7
 *
 * `--markdown` runs the power cuts and the full disks too and prints the tables of docs/reliability.md; `--write` puts
 * them there.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readArguments } from './arguments.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
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

/** The rows that the runs have told, as a table for each section; today's date stands in each row. */
function tablesOf(rows) {
  const date = new Date().toISOString().slice(0, 10);
  return SECTIONS.map((section) => {
    const cells = rows.filter((row) => row.section === section).map((row) => ({ date, ...row.cells }));
    if (cells.length === 0) return { section, table: 'Not run on this machine.\n' };
    const titles = [...new Set(cells.flatMap((row) => Object.keys(row)))];
    const line = (values) => `| ${values.join(' | ')} |`;
    const number = (value) => (typeof value === 'number' ? value.toLocaleString('en') : (value ?? ''));
    const body = cells.map((row) => line(titles.map((title) => number(row[title]))));
    return { section, table: `${[line(titles), line(titles.map(() => '---')), ...body].join('\n')}\n` };
  });
}

function writeTables(tables) {
  const page = join(ROOT, 'docs', 'reliability.md');
  let text = readFileSync(page, 'utf8');
  for (const { section, table } of tables) {
    const name = section.toLowerCase();
    const [from, to] = [text.indexOf(`<!-- ${name} -->\n`), text.indexOf(`<!-- end of ${name} -->`)];
    if (from < 0 || to < from) throw new Error(`docs/reliability.md has no place for ${name}`);
    text = `${text.slice(0, from)}<!-- ${name} -->\n${table}${text.slice(to)}`;
  }
  writeFileSync(page, text);
}

const { kills, seed, markdown, write } = optionsOf();
const folder = mkdtempSync(join(tmpdir(), 'armature-faults-'));
const report = join(folder, 'rows.jsonl');
const env = { ...process.env, ARMATURE_KILLS: kills, ARMATURE_SEED: seed, ARMATURE_FAULT_REPORT: report };
const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
const files = ['test/faults/kill.test.ts', ...(markdown || write ? FAULTS : [])];
const told = markdown && !write ? 2 : 'inherit';
const child = spawn(process.execPath, [vitest, 'run', ...files], {
  cwd: ROOT,
  env,
  stdio: ['ignore', told, 'inherit'],
});
child.on('close', (code) => {
  process.exitCode = code ?? 1;
  if (existsSync(report) && (markdown || write)) {
    const lines = readFileSync(report, 'utf8').split('\n');
    const tables = tablesOf(lines.filter((line) => line !== '').map((line) => JSON.parse(line)));
    if (write) writeTables(tables);
    else for (const { section, table } of tables) console.log(`## ${section}\n\n${table}`);
  }
  rmSync(folder, { recursive: true, force: true });
});
