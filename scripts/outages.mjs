/**
 * Takes the server away from real clients in every way, and prints what came of it:
 * `npm run outages -- [--seed N] [--quick] [--only NAME] [--write]`. `--write` puts the tables into docs/reliability.md.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readArguments } from './arguments.mjs';
import { load, ROOT } from './bundled.mjs';

const HELP = `Usage: npm run outages -- [options]

Takes the server away from real clients in every way it can go, and prints what came of it.

Options:
  --only <name>    one section; may be given several times
  --quick          fewer decisions, kills and hours
  --seed <n>       the choices of an earlier run (default: the time)
  --write          put the tables into docs/reliability.md too
  --help           this text

Example:
  $ npm run outages -- --quick --seed 7`;

const flag = { type: 'boolean', default: false };
const text = { type: 'string' };
const { values, refuse } = readArguments('outages', HELP, {
  ...{ seed: text, only: { ...text, multiple: true } },
  ...{ quick: flag, write: flag },
});
const { only, quick, write, seed: given = String(Date.now() % 1_000_000) } = values;
if (!/^\d{1,6}$/.test(given)) refuse(`--seed: write a whole number of at most six digits, got ${given}`);
const seed = Number(given);
const { outageTable, sections } = await load('test/outages/outages.ts');
const all = sections(quick ? 'quick' : 'full', seed);
for (const name of only ?? []) if (!(name in all)) refuse(`--only: one of ${Object.keys(all).join(', ')}, got ${name}`);

const done = [];
for (const [name, run] of Object.entries(all)) {
  if (only !== undefined && !only.includes(name)) continue;
  console.error(`${name} ...`);
  const section = await run();
  done.push(section);
  console.log(outageTable([section]));
}
const rows = done.flatMap((section) => section.rows);
const met = rows.filter(({ ok }) => ok).length;
const command = ['npm run outages', `--seed ${seed}`, ...(quick ? ['--quick'] : [])]
  .join(' ')
  .replace('outages ', 'outages -- ');
const summary = `${met} of ${rows.length} outages are met. \`${command}\`, ${new Date().toISOString().slice(0, 10)}, Node ${process.versions.node}.`;
console.log(summary);

if (write) {
  const page = join(ROOT, 'docs', 'reliability.md');
  const content = readFileSync(page, 'utf8');
  const [before, after] = [content.indexOf('<!-- outages -->\n'), content.indexOf('<!-- end of outages -->')];
  if (before < 0 || after < before) throw new Error('docs/reliability.md has no place for the outages');
  writeFileSync(
    page,
    `${content.slice(0, before)}<!-- outages -->\n${summary}\n\n${outageTable(done)}${content.slice(after)}`,
  );
}
process.exitCode = met === rows.length ? 0 : 1;
