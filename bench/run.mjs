/**
 * `npm run bench`: ratios against peers and floors, measured in one run, printed as one table. Every part has its own
 * process; parts take turns; a figure is the median of its rounds, in CPU time unless it says otherwise.
 */
import { parseArgs } from 'node:util';
import { readBaseline, regressions, saveBaseline } from './harness/baseline.mjs';
import { machine, machineLine } from './harness/machine.mjs';
import { section, writePage } from './harness/performance-page.mjs';
import { isMet, short, table } from './harness/table.mjs';

const NAMES = [
  ...['decide', 'weights', 'fold', 'ingest', 'freshness', 'publish', 'report', 'stream', 'overload', 'redis'],
  ...['cluster-fold', 'cluster-ingest', 'cluster-freshness'],
];
const NOISY = 0.2;
const EXIT = { ok: 0, broken: 1, usage: 64 };

const HELP = `Usage: npm run bench -- [options]

Measures what Armature costs beside peers and floors, and compares the ratios with bench/baseline.json.

Options:
  --only <name>     one of ${NAMES.join(', ')}; may be given several times
  --rounds <n>      rounds of each part, 3 to 99 (default: 9)
  --long            measure the report on ten million decisions too: 5 GB of disk, and minutes
  --json            the rows as JSON on standard output
  --markdown        the rows as tables of Markdown
  --save-baseline   take the ratios into bench/baseline.json
  --write           that, and the tables into docs/performance.md; other rows stay there
  --strict          end with 1 when a goal is missed or a ratio fell by more than a fifth
  --help            this text

A spread is the distance between the outer deciles of the rounds over their median; above 20% a row is called noisy.
A ratio says how many times better ours is: its cost in the peer's, or its rate over the peer's.

Example:
  $ npm run bench -- --only decide --rounds 5
`;

function usage(fault) {
  console.error(`bench: ${fault}; see --help`);
  process.exit(EXIT.usage);
}

function readOptions() {
  const options = {
    only: { type: 'string', multiple: true },
    rounds: { type: 'string', default: '9' },
    long: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    markdown: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    'save-baseline': { type: 'boolean', default: false },
    strict: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  };
  try {
    const { values } = parseArgs({ options });
    const rounds = /^\d{1,2}$/.test(values.rounds) ? Number(values.rounds) : 0;
    if (rounds < 3) usage(`--rounds: a whole number from 3 to 99, got ${values.rounds}`);
    for (const name of values.only ?? []) {
      if (!NAMES.includes(name)) usage(`--only: one of ${NAMES.join(', ')}, got ${name}`);
    }
    return { ...values, rounds, names: NAMES.filter((name) => values.only?.includes(name) ?? true) };
  } catch (cause) {
    return usage(cause.message);
  }
}

/** Tells on standard error what goes on, where a person looks. */
function progress(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

async function rowsOf(name, { rounds, long }) {
  const { measure, title } = await import(`./${name}/${name}.mjs`);
  const onRound = (round, all) => progress(`${name}: round ${round + 1} of ${all}`);
  progress(`${name}: warming up`);
  const rows = await measure({ rounds, long, onRound });
  progress('');
  return rows.map((row) => ({ bench: name, title, ...row, noisy: (row.spread ?? 0) > NOISY }));
}

function verdict(rows, fallen) {
  const missed = rows.filter((row) => isMet(row) === false);
  const lines = missed.map((row) => `goal missed: ${row.what}`);
  for (const { name, before, now } of fallen) {
    lines.push(`regression: ${name}: ${short(now)}x, the baseline has ${short(before)}x`);
  }
  if (lines.length === 0) lines.push('every goal is met, and no ratio fell by more than a fifth');
  return { lines, good: missed.length === 0 && fallen.length === 0 };
}

function print({ json, markdown }, about, rows, fallen, lines) {
  if (json) {
    const all = rows.map((row) => ({ ...row, met: isMet(row) ?? null }));
    console.log(JSON.stringify({ machine: about, rows: all, regressions: fallen }, undefined, 2));
  } else if (markdown) {
    const names = [...new Set(rows.map(({ bench }) => bench))];
    const own = (name) => rows.filter(({ bench }) => bench === name);
    console.log(names.map((name) => section(name, own(name), about)).join('\n'));
  } else console.log(`${machineLine(about)}\n\n${table(rows)}\n\n${lines.join('\n')}`);
}

async function main() {
  const options = readOptions();
  if (options.help) return console.log(HELP);
  const about = machine();
  const rows = [];
  for (const name of options.names) rows.push(...(await rowsOf(name, options)));
  const fallen = regressions(rows, readBaseline());
  const { lines, good } = verdict(rows, fallen);
  print(options, about, rows, fallen, lines);
  if (options['save-baseline'] || options.write) saveBaseline(rows, about);
  if (options.write) writePage(rows, about, NAMES);
  if (options.strict && !good) process.exitCode = EXIT.broken;
}

main().catch((cause) => {
  console.error(`bench: ${cause.stack ?? cause}`);
  process.exitCode = EXIT.broken;
});
