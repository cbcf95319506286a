// Runs the coverage study and writes its table between the markers of docs/statistics.md.
// usage: node scripts/coverage.mjs [--replications 1000] [--seed 1] [--print]   (build first: npx tsc -b)
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { coverageStudy, coverageTable, thompsonPolicy } from '../packages/analysis/dist/index.js';

const { values } = parseArgs({
  options: {
    replications: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    print: { type: 'boolean', default: false },
  },
});
const replications = Number(values.replications);
const seed = Number(values.seed);
if (!Number.isInteger(replications) || replications < 1 || !Number.isInteger(seed)) {
  console.error('coverage: --replications takes an integer >= 1, --seed an integer');
  process.exit(64);
}

const FLOOR = 0.02;
const page = new URL('../docs/statistics.md', import.meta.url);
const [BEGIN, END] = ['<!-- coverage:begin -->', '<!-- coverage:end -->'];

const started = performance.now();
let shown = 0;
const rows = coverageStudy({ replications, seed, policy: thompsonPolicy(FLOOR) }, (done, all) => {
  const seconds = (performance.now() - started) / 1000;
  if (seconds - shown < 1 && done < all) return;
  shown = seconds;
  const rest = Math.ceil((seconds / done) * (all - done));
  process.stderr.write(`\rcoverage: ${done} of ${all} runs, ${rest} s to go   `);
});
process.stderr.write('\n');

const how = `Thompson, Beta(1, 1), floor ${FLOOR}, three arms, 15,000 trials, a version every 100, a look after each version from 500 trials on; contrast of the last arm against the first; seeds ${seed} to ${seed + replications - 1}. Each share ± its Monte-Carlo standard error.`;
const table = `${how}\n\n${coverageTable(rows)}`;
console.log(table);

if (!values.print) {
  const text = readFileSync(page, 'utf8');
  const [from, to] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (from < 0 || to < from) {
    console.error(`coverage: docs/statistics.md lacks the markers ${BEGIN} and ${END}`);
    process.exit(1);
  }
  writeFileSync(page, `${text.slice(0, from + BEGIN.length)}\n${table}\n${text.slice(to)}`);
}
