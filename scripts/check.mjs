/**
 * Everything that must hold before a change goes in, in one command. All steps run, also after a failure, and the
 * summary names each with its time. `npm run check -- --only lint,architecture` and `-- --skip tests` pick steps.
 */
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(ROOT, 'node_modules');
const tsc = join(modules, 'typescript', 'bin', 'tsc');
const biome = join(modules, '@biomejs', 'biome', 'bin', 'biome');
const vitest = join(modules, 'vitest', 'vitest.mjs');
const script = (name) => join(ROOT, 'scripts', name);

const ARCHITECTURE = ['test/architecture.test.ts', 'test/size.test.ts'];
const DOCS = ['test/docs.test.ts'];

const build = [tsc, '-b'];

/** A step is a list of commands for Node; it fails with the first that does. */
const STEPS = {
  types: [build, [tsc, '-p', 'tsconfig.test.json']],
  lint: [[biome, 'check', '--error-on-warnings', '.']],
  architecture: [[vitest, 'run', ...ARCHITECTURE]],
  docs: [build, [vitest, 'run', ...DOCS]],
  tests: [[script('test.mjs'), ...[...ARCHITECTURE, ...DOCS].flatMap((file) => ['--exclude', file])]],
  package: [build, [script('package.mjs')]],
  dependencies: [[script('dependencies.mjs')]],
};

const USAGE = `steps: ${Object.keys(STEPS).join(', ')}
npm run check -- [--only STEP,STEP] [--skip STEP,STEP]`;

function usage(fault) {
  console.error(`check: ${fault}\n${USAGE}`);
  process.exit(64);
}

function help() {
  console.log(`Runs every step that must pass before a change goes in.\n\n${USAGE}`);
  console.log('\nExample:\n  $ npm run check -- --only types,lint');
  process.exit(0);
}

function chosenSteps(args) {
  if (args.includes('--help') || args.includes('-h')) help();
  let names = Object.keys(STEPS);
  for (let at = 0; at < args.length; at += 2) {
    const [option, value] = [args[at], args[at + 1]];
    if (option !== '--only' && option !== '--skip') usage(`unknown argument, got "${option}"`);
    const listed = (value ?? '').split(',').filter(Boolean);
    const unknown = listed.filter((name) => !(name in STEPS));
    if (listed.length === 0 || unknown.length > 0) usage(`${option} names no step, got "${value ?? ''}"`);
    names = names.filter((name) => listed.includes(name) === (option === '--only'));
  }
  return names;
}

function runNode(args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: ROOT, stdio: 'inherit' });
    child.on('error', reject);
    child.on('close', (code) => resolve(code === 0));
  });
}

async function runStep(name) {
  console.log(`\n== ${name}`);
  const started = Date.now();
  let passed = true;
  for (const command of STEPS[name]) {
    if (passed) passed = await runNode(command);
  }
  return { name, passed, seconds: (Date.now() - started) / 1000 };
}

const results = [];
for (const name of chosenSteps(process.argv.slice(2))) results.push(await runStep(name));

console.log('');
for (const { name, passed, seconds } of results) {
  console.log(`${passed ? 'ok    ' : 'FAILED'} ${name.padEnd(14)}${seconds.toFixed(1).padStart(6)} s`);
}
const failed = results.filter((result) => !result.passed);
if (failed.length > 0) {
  const names = failed.map((result) => result.name).join(',');
  console.log(`\n${failed.length} of ${results.length} steps failed; run them alone: npm run check -- --only ${names}`);
  process.exitCode = 1;
}
