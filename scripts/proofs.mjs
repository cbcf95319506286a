/** Runs the simulations and checks behind docs/proofs.md, and writes each table between its markers. */
import { readFileSync, writeFileSync } from 'node:fs';
import { PROOF_SECTIONS } from '../packages/analysis/dist/proofs/sections.js';
import { readArguments } from './arguments.mjs';
import { lawsTable } from './proofs/laws.mjs';
import { specialFunctionsTable } from './proofs/special-functions.mjs';

const page = new URL('../docs/proofs.md', import.meta.url);
const STATIC = [
  { name: 'laws', run: lawsTable },
  { name: 'special-functions', run: specialFunctionsTable },
].map(({ name, run }) => ({ name, steps: () => 1, run: () => run() }));
const SECTIONS = [...STATIC, ...PROOF_SECTIONS];

const HELP = `Usage: npm run proofs -- [options]

Runs the simulations and checks behind docs/proofs.md and writes its tables.

Options:
  --only <names>        of ${SECTIONS.map(({ name }) => name).join(', ')}, with commas between
  --quick               a twentieth of it, printed: minutes instead of a quarter of an hour
  --print               print, and write nothing
  --seed <n>            (default: 1)
  --replications <n>    simulated runs a scenario (default: 2000)
  --draws <n>           draws a row (default: 1000000)
  --help                this text

Example:
  $ npm run proofs -- --quick --only coverage`;

function options() {
  const { values, refuse } = readArguments('proofs', HELP, {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    seed: { type: 'string', default: '1' },
    replications: { type: 'string' },
    draws: { type: 'string' },
    print: { type: 'boolean', default: false },
  });
  const size = {
    seed: Number(values.seed),
    replications: Number(values.replications ?? (values.quick ? 100 : 2000)),
    draws: Number(values.draws ?? (values.quick ? 50_000 : 1_000_000)),
  };
  for (const [name, value] of Object.entries(size))
    if (!Number.isSafeInteger(value) || value < (name === 'seed' ? 0 : 10))
      refuse(`--${name}: a whole number of at least ${name === 'seed' ? 0 : 10}, got ${values[name]}`);
  const names = values.only?.split(',') ?? SECTIONS.map(({ name }) => name);
  const unknown = names.find((name) => !SECTIONS.some((section) => section.name === name));
  if (unknown !== undefined) refuse(`--only: no section of that name, got "${unknown}"`);
  return { size, chosen: SECTIONS.filter(({ name }) => names.includes(name)), write: !values.print && !values.quick };
}

/** Says how far a section is, once a second on a terminal and twice a minute elsewhere. */
function progress(name, steps) {
  const started = performance.now();
  let [done, shown] = [0, 0];
  return () => {
    done += 1;
    const seconds = (performance.now() - started) / 1000;
    if (done < steps && seconds - shown < (process.stderr.isTTY ? 1 : 30)) return;
    shown = seconds;
    const rest = Math.ceil((seconds / done) * (steps - done));
    const text = `proofs: ${name}, ${done} of ${steps}, ${rest} s to go`;
    process.stderr.write(process.stderr.isTTY ? `\r${text.padEnd(78)}${done === steps ? '\n' : ''}` : `${text}\n`);
  };
}

function write(name, text) {
  const content = readFileSync(page, 'utf8');
  const [begin, end] = [`<!-- proofs:${name}:begin -->`, `<!-- proofs:${name}:end -->`];
  const [from, to] = [content.indexOf(begin), content.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/proofs.md lacks the markers ${begin} and ${end}`);
  writeFileSync(page, `${content.slice(0, from + begin.length)}\n${text}\n${content.slice(to)}`);
}

const { size, chosen, write: toPage } = options();
for (const { name, steps, run } of chosen) {
  const before = process.cpuUsage();
  const table = run(size, progress(name, steps(size)));
  const { user, system } = process.cpuUsage(before);
  const seconds = Math.round((user + system) / 1e6);
  const how = `*${new Date().toISOString().slice(0, 10)}, seed ${size.seed}, R = ${size.replications}, ${size.draws.toLocaleString('en')} draws a row, ${seconds} s of processor time.*`;
  const text = STATIC.some((section) => section.name === name) ? table : `${how}\n\n${table}`;
  console.log(`\n## ${name}\n\n${text}`);
  if (toPage) write(name, text);
}
