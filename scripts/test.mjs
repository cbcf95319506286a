/**
 * Runs the tests and closes with one line, `N passed, N failed, N skipped`. Before it stand the suites that did not run
 * because a tool is not on this machine. Arguments go on to vitest: `npm test -- packages/sdk` or `-- -t 'title'`.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { closingLines } from './test-report.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const CACHE = join(ROOT, 'node_modules', '.cache', 'armature');

/** Starts vitest once, shows its output as it comes, and reads its machine-readable report. */
function runVitest(extra) {
  mkdirSync(CACHE, { recursive: true });
  const file = join(CACHE, `tests-${process.pid}.json`);
  const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const child = spawn(process.execPath, [vitest, 'run', ...reporters, ...extra], { cwd: ROOT, stdio: 'inherit' });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      let report;
      try {
        report = JSON.parse(readFileSync(file, 'utf8'));
      } catch {
        report = undefined; // vitest ended before it could write one
      }
      rmSync(file, { force: true });
      resolve({ exitCode: code ?? 1, report });
    });
  });
}

const extra = process.argv.slice(2);
const narrowed = extra.some((argument) => /^(-t|--testNamePattern)/.test(argument));
const { exitCode, report } = await runVitest(extra);
if (report === undefined) {
  console.log('vitest ended without a report; its message is above.');
  process.exitCode = exitCode || 1;
} else {
  const closing = closingLines(report, { exitCode, root: ROOT, narrowed });
  for (const line of closing.lines) console.log(line);
  process.exitCode = closing.exitCode;
}
