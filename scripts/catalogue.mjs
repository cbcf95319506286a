/**
 * Gives every input of the bad-input catalogue to the real thing and prints what came of it, as markdown:
 * `node scripts/catalogue.mjs`, after a build. `--write` puts the tables into docs/reliability.md.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readArguments } from './arguments.mjs';
import { load, ROOT } from './bundled.mjs';

const HELP = `Usage: node scripts/catalogue.mjs [options]

Gives every input of the bad-input catalogue to the real thing and prints the tables. Build first: npm run setup.

Options:
  --write    put the tables into docs/reliability.md instead
  --help     this text

Example:
  $ node scripts/catalogue.mjs`;

const { values: options } = readArguments('catalogue', HELP, { write: { type: 'boolean', default: false } });
const { runCatalogue } = await load('test/catalogue/table.ts');
const { table, ok } = await runCatalogue();
if (options.write) {
  const page = join(ROOT, 'docs', 'reliability.md');
  const text = readFileSync(page, 'utf8');
  const [before, after] = [text.indexOf('<!-- catalogue -->\n'), text.indexOf('<!-- end of catalogue -->')];
  if (before < 0 || after < before) throw new Error('docs/reliability.md has no place for the catalogue');
  writeFileSync(page, `${text.slice(0, before)}<!-- catalogue -->\n${table}${text.slice(after)}`);
} else console.log(table);
process.exitCode = ok ? 0 : 1;
