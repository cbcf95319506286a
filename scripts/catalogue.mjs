/**
 * Gives every input of the bad-input catalogue to the real thing and prints what came of it, as markdown:
 * `node scripts/catalogue.mjs`, after a build. `--write` puts the tables into docs/reliability.md.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { load, ROOT } from './bundled.mjs';

const [option] = process.argv.slice(2);
if (option !== undefined && option !== '--write') {
  console.error(`catalogue: unknown argument, got "${option}"\nnode scripts/catalogue.mjs [--write]`);
  process.exit(64);
}
const { runCatalogue } = await load('test/catalogue/table.ts');
const { table, ok } = await runCatalogue();
if (option === '--write') {
  const page = join(ROOT, 'docs', 'reliability.md');
  const text = readFileSync(page, 'utf8');
  const [before, after] = [text.indexOf('<!-- catalogue -->\n'), text.indexOf('<!-- end of catalogue -->')];
  if (before < 0 || after < before) throw new Error('docs/reliability.md has no place for the catalogue');
  writeFileSync(page, `${text.slice(0, before)}<!-- catalogue -->\n${table}${text.slice(after)}`);
} else console.log(table);
process.exitCode = ok ? 0 : 1;
