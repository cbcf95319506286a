// Runs the simulations and checks behind docs/proofs.md, and writes each table between its markers.
// usage: npm run proofs -- [--quick] [--only NAME,NAME] [--seed 1] [--replications 2000] [--draws 1000000] [--print]
// --quick runs a twentieth of it and prints: minutes instead of half an hour. Nothing is written then.
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { PROOF_SECTIONS } from '../packages/analysis/dist/proofs/sections.js';
import { lawsTable } from './proofs/laws.mjs';
import { specialFunctionsTable } from './proofs/special-functions.mjs';

const page = new URL('../docs/proofs.md', import.meta.url);
const STATIC = [
  { name: 'laws', run: lawsTable },
  { name: 'special-functions', run: specialFunctionsTable },
].map(({ name, run }) => ({ name, steps: () => 1, run: () => run() }));
const SECTIONS = [...STATIC, ...PROOF_SECTIONS];

function usage(message) {
  console.error(`proofs: ${message}; sections: ${SECTIONS.map(({ name }) => name).join(', ')}`);
  process.exit(64);
}

function options() {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string' },
      seed: { type: 'string', default: '1' },
      replications: { type: 'string' },
      draws: { type: 'string' },
      print: { type: 'boolean', default: false },
    },
  });
  const size = {
    seed: Number(values.seed),
    replications: Number(values.replications ?? (values.quick ? 100 : 2000)),
    draws: Number(values.draws ?? (values.quick ? 50_000 : 1_000_000)),
  };
  for (const [name, value] of Object.entries(size))
    if (!Number.isSafeInteger(value) || value < (name === 'seed' ? 0 : 10))
      usage(`--${name} ${value} is no such number`);
  const names = values.only?.split(',') ?? SECTIONS.map(({ name }) => name);
  const unknown = names.find((name) => !SECTIONS.some((section) => section.name === name));
  if (unknown !== undefined) usage(`no section ${unknown}`);
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
