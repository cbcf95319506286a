/**
 * Runs the tests and closes with one line, `N passed, N failed, N skipped`. Before it stand the suites that did not run
 * because a tool is not on this machine, and the servers that were used. Arguments go on to vitest: `npm test -- packages/sdk` or `-- -t 'title'`.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { closingLines } from './test-report.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const CACHE = join(ROOT, 'node_modules', '.cache', 'armature');

/** Reads a file that a run wrote, and removes it; undefined when the run ended before it could write one. */
function take(file) {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  rmSync(file, { force: true });
  return text;
}

/** A report, unless vitest was ended while it wrote. */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Starts vitest once, shows its output as it comes, and reads its machine-readable report and which servers it used. */
function runVitest(extra) {
  mkdirSync(CACHE, { recursive: true });
  const [file, servers] = ['json', 'servers'].map((end) => join(CACHE, `tests-${process.pid}.${end}`));
  const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const child = spawn(process.execPath, [vitest, 'run', ...reporters, ...extra], {
    ...{ cwd: ROOT, stdio: 'inherit', env: { ...process.env, ARMATURE_TEST_SERVERS: servers } },
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      const used = (take(servers) ?? '').split('\n').filter((line) => line !== '');
      resolve({ exitCode: code ?? 1, report: parsed(take(file)), used });
    });
  });
}

const extra = process.argv.slice(2);
const narrowed = extra.some((argument) => /^(-t|--testNamePattern)/.test(argument));
const { exitCode, report, used } = await runVitest(extra);
if (report === undefined) {
  console.log('vitest ended without a report; its message is above.');
  process.exitCode = exitCode || 1;
} else {
  const closing = closingLines(report, { exitCode, root: ROOT, narrowed, used });
  for (const line of closing.lines) console.log(line);
  process.exitCode = closing.exitCode;
}
