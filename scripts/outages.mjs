/**
 * Takes the server away from real clients in every way, and prints what came of it:
 * `npm run outages -- [--seed N] [--quick] [--only NAME] [--markdown]`. `--markdown` puts the tables into docs/reliability.md.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { load, ROOT } from './bundled.mjs';

const USAGE = 'npm run outages -- [--seed N] [--quick] [--only NAME] [--markdown]';

function usage(fault) {
  console.error(`outages: ${fault}\n${USAGE}`);
  process.exit(64);
}

function readOptions() {
  const flag = { type: 'boolean', default: false };
  const options = { seed: { type: 'string' }, only: { type: 'string', multiple: true }, quick: flag, markdown: flag };
  try {
    const { values } = parseArgs({ options });
    const seed = values.seed ?? String(Date.now() % 1_000_000);
    if (!/^\d{1,6}$/.test(seed)) usage(`--seed: write a whole number of at most six digits, got ${seed}`);
    return { ...values, seed: Number(seed) };
  } catch (cause) {
    return usage(cause.message);
  }
}

const { seed, only, quick, markdown } = readOptions();
const { outageTable, sections } = await load('test/outages/outages.ts');
const all = sections(quick ? 'quick' : 'full', seed);
for (const name of only ?? []) if (!(name in all)) usage(`--only: one of ${Object.keys(all).join(', ')}, got ${name}`);

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

if (markdown) {
  const page = join(ROOT, 'docs', 'reliability.md');
  const text = readFileSync(page, 'utf8');
  const [before, after] = [text.indexOf('<!-- outages -->\n'), text.indexOf('<!-- end of outages -->')];
  if (before < 0 || after < before) throw new Error('docs/reliability.md has no place for the outages');
  writeFileSync(
    page,
    `${text.slice(0, before)}<!-- outages -->\n${summary}\n\n${outageTable(done)}${text.slice(after)}`,
  );
}
process.exitCode = met === rows.length ? 0 : 1;
