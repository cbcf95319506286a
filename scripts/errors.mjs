/** Writes docs/errors.md from the packages' error tables: `node scripts/errors.mjs`, after a build. */
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** Every table, with the module that holds it (without `src` or `dist` and the ending). */
export const TABLES = [
  {
    package: 'sdk',
    module: 'errors',
    name: 'CLIENT_ERRORS',
    title: 'In the client',
    about: 'Reported by `client.on("error")`, in receipts and in `decision.error`; thrown only by wrong construction.',
  },
  {
    package: 'sdk',
    module: 'errors',
    name: 'PROTOCOL_ERRORS',
    title: 'At the doors of the protocol',
    about: 'What experiment files, events, tokens and snapshots can get wrong, wherever they are read.',
  },
  {
    package: 'sdk',
    module: 'sticky/sticky-errors',
    name: 'STICKY_ERRORS',
    title: 'Where the arms of units are kept',
    about: 'Reported by `client.on("error")` and in `decision.error` for experiments of `assign: sticky`.',
  },
  {
    package: 'sdk',
    module: 'browser/browser-errors',
    name: 'BROWSER_ERRORS',
    title: 'In a page',
    about: 'Reported by the client of `@armature/sdk/browser`, beside the codes of the client.',
  },
  {
    package: 'server',
    module: 'errors',
    name: 'SERVER_ERRORS',
    title: 'In the server',
    about: 'Answered as `application/problem+json`, or printed when the server refuses to start.',
  },
  {
    package: 'server',
    module: 'cli/cli-errors',
    name: 'CLI_ERRORS',
    title: 'On the command line',
    about: 'Printed by `armature`, beside the codes of the packages that it calls.',
  },
  {
    package: 'analysis',
    module: 'errors',
    name: 'ANALYSIS_ERRORS',
    title: 'In analysis',
    about: 'What an estimator or an import refuses to do.',
  },
];

const HEAD = `# Errors

Every error has a \`code\`, says what is wrong, what it got and what to do, and whether the same call may succeed
later (\`retryable\`). Branch on the code, not on the text: codes stay, wording may improve.

Made from the tables in the sources by \`node scripts/errors.mjs\`; a test compares the two.
`;

const cell = (text) => text.replaceAll('|', '\\|');

function section({ title, about }, table) {
  const rows = Object.entries(table)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([code, row]) => `| \`${code}\` | ${cell(row.what)} | ${cell(row.do)} | ${row.retryable ? 'yes' : 'no'} |`);
  return [`## ${title}`, '', about, '', '| code | what | do | retryable |', '|---|---|---|---|', ...rows, ''].join(
    '\n',
  );
}

/**
 * The page, for `tables` as pairs of an entry of TABLES and the table itself.
 * @param {[entry: { title: string, about: string }, table: Record<string, { what: string, do: string, retryable: boolean }>][]} tables
 */
export function errorsPage(tables) {
  return [HEAD, ...tables.map(([entry, table]) => section(entry, table))].join('\n');
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const tables = [];
  for (const entry of TABLES) {
    const file = join(ROOT, 'packages', entry.package, 'dist', `${entry.module}.js`);
    const module = await import(pathToFileURL(file).href);
    tables.push([entry, module[entry.name]]);
  }
  writeFileSync(join(ROOT, 'docs', 'errors.md'), errorsPage(tables));
}
