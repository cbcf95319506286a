/**
 * Gives random bytes to every door: `npm run fuzz [-- --target event --cases 1000000 --seed 1 --resume]`. Inputs are good
 * ones with changes, and words of the door's language put together; each is a function of the seed and its number.
 * What fails is made smaller and kept under test/fixtures/fuzz, where the tests replay it.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { readArguments } from './arguments.mjs';
import { bundle, load, ROOT } from './bundled.mjs';

const OPTIONS = {
  target: { type: 'string', multiple: true },
  cases: { type: 'string', default: '1000000' },
  seed: { type: 'string', default: '1' },
  resume: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  keep: { type: 'string', default: join(ROOT, 'test', 'fixtures', 'fuzz') },
};
const HELP = `Usage: npm run fuzz -- [options]

Gives random bytes to every door, and keeps what fails.

Options:
  --target <name>    experiment, event, snapshot, token, segment or head; may be given several times (default: all)
  --cases <n>        inputs for each (default: 1000000)
  --seed <n>         (default: 1)
  --resume           go on where an earlier run of this seed ended
  --keep <folder>    where failing inputs are kept (default: test/fixtures/fuzz)
  --json             a line of JSON for each target
  --help             this text

Example:
  $ npm run fuzz -- --target token --cases 100000`;
/** A case that has not ended after this long never will. */
const ENDLESS_MS = 10_000;
const MOST_FINDINGS = 20;

const { values: options, refuse: usage } = readArguments('fuzz', HELP, OPTIONS);
const whole = (name, least) => {
  const value = Number(options[name]);
  return Number.isSafeInteger(value) && value >= least
    ? value
    : usage(`--${name} is a whole number, got "${options[name]}"`);
};
const [cases, seed] = [whole('cases', 1), whole('seed', 0)];
const { REAL, TARGETS } = await load('test/fuzz/targets.ts');
const { inputOf } = await load('test/fuzz/mutate.ts');
const names = options.target ?? REAL.map(({ name }) => name);
const unknown = names.find((name) => !TARGETS.some((target) => target.name === name));
if (unknown !== undefined) usage(`unknown target "${unknown}", there are ${REAL.map(({ name }) => name).join(', ')}`);
const worker = await bundle('test/fuzz/worker.ts');

const CACHE = join(ROOT, 'node_modules', '.cache', 'armature', 'fuzz');
mkdirSync(CACHE, { recursive: true });

/** How far a target came, for `--resume`. */
const placeOf = (name) => join(CACHE, `${name}-${seed}.json`);
function begun(name) {
  if (!options.resume) return 0;
  try {
    return Math.min(JSON.parse(readFileSync(placeOf(name), 'utf8')).next, cases);
  } catch {
    return 0;
  }
}

function keep(name, { index, kind, detail, input }) {
  const bytes = Buffer.from(input);
  const file = `${kind}-${createHash('sha256').update(bytes).digest('hex').slice(0, 12)}`;
  if (bytes.length > 0) {
    mkdirSync(join(options.keep, name), { recursive: true });
    writeFileSync(join(options.keep, name, file), bytes);
  }
  return { index, kind, detail: detail.split('\n').slice(0, 3).join(' '), file };
}

function progress(name, done, findings, startedAt, from) {
  const rate = Math.round((done - from) / ((Date.now() - startedAt) / 1000));
  const line = `${name}: ${done.toLocaleString('en')} of ${cases.toLocaleString('en')} cases, ${findings} findings, ${rate.toLocaleString('en')}/s`;
  if (process.stderr.isTTY) process.stderr.write(`\r${line}\u001b[K`);
  else process.stderr.write(`${line}\n`);
}

function fuzz(name) {
  const from = begun(name);
  const current = new Int32Array(new SharedArrayBuffer(4));
  const startedAt = Date.now();
  const result = { target: name, seed, from, cases, findings: [], cpu: 0, heapGrowth: 0 };
  if (from >= cases) return Promise.resolve(result);
  return new Promise((resolve, reject) => {
    const thread = new Worker(worker, { workerData: { target: name, seed, from, cases: cases - from, current } });
    let [shownAt, movedAt, last] = [Date.now(), Date.now(), -1];
    const startCpu = process.cpuUsage();
    const end = async () => {
      clearInterval(watch);
      await thread.terminate();
      const { user, system } = process.cpuUsage(startCpu);
      result.cpu = (user + system) / 1e6;
      resolve(result);
    };
    const watch = setInterval(() => {
      const now = Atomics.load(current, 0);
      if (now !== last) [last, movedAt] = [now, Date.now()];
      else if (Date.now() - movedAt > ENDLESS_MS) {
        const target = TARGETS.find((one) => one.name === name);
        const detail = `case ${now} has no end`;
        result.findings.push(keep(name, { index: now, kind: 'hang', detail, input: inputOf(target, seed, now) }));
        void end();
      }
    }, 500);
    thread.on('message', ({ done, finding, ended, heapGrowth }) => {
      if (finding !== undefined) result.findings.push(keep(name, finding));
      if (done !== undefined) {
        writeFileSync(placeOf(name), JSON.stringify({ next: done }));
        if (Date.now() - shownAt > (process.stderr.isTTY ? 1000 : 30_000)) {
          shownAt = Date.now();
          progress(name, done, result.findings.length, startedAt, from);
        }
      }
      if (heapGrowth !== undefined) result.heapGrowth = heapGrowth;
      if (ended || result.findings.length >= MOST_FINDINGS) void end();
    });
    thread.on('error', (cause) => {
      clearInterval(watch);
      reject(cause);
    });
  });
}

const results = [];
for (const name of names) {
  const result = await fuzz(name);
  results.push(result);
  if (options.json) continue;
  const { findings, cpu, heapGrowth, from } = result;
  const rate = Math.round((cases - from) / Math.max(cpu, 0.001));
  const heap = `${(heapGrowth / 2 ** 20).toFixed(1)} MiB heap`;
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
  console.log(
    `${name.padEnd(11)} ${(cases - from).toLocaleString('en').padStart(9)} cases from seed ${seed}: ${findings.length} findings, ${cpu.toFixed(1)} s of CPU (${rate.toLocaleString('en')}/s), ${heap}`,
  );
  for (const { index, kind, detail, file } of findings) console.log(`  case ${index}: ${kind}, ${detail} (${file})`);
}
if (options.json) console.log(JSON.stringify(results));
rmSync(worker, { force: true });
process.exitCode = results.some(({ findings }) => findings.length > 0) ? 1 : 0;
