/**
 * Runs the tests and closes with one line, `N passed, N failed, N skipped`. Before it stand the suites that did not run
 * because a tool is not on this machine. Arguments go on to vitest: `npm test -- packages/sdk` or `-- -t 'title'`.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const CACHE = join(ROOT, 'node_modules', '.cache', 'armature');
const NEEDS = /\[needs (\w+)\]/;

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
      resolve({ code, report });
    });
  });
}

/** A file that fails outside its tests (an import, a hook) has no failed test of its own and counts as one. */
function counts(report) {
  const broken = report.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  );
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + broken.length,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

/** Skipped tests by the tool they wait for; the key is undefined for tests that name none. */
function notRun(report) {
  const byTool = new Map();
  for (const file of report.testResults) {
    for (const test of file.assertionResults) {
      if (test.status === 'passed' || test.status === 'failed') continue;
      const tool = NEEDS.exec(test.fullName)?.[1];
      const files = byTool.get(tool) ?? new Map();
      const name = relative(ROOT, file.name);
      byTool.set(tool, files.set(name, (files.get(name) ?? 0) + 1));
    }
  }
  return byTool;
}

function describeNotRun(byTool) {
  for (const [tool, files] of byTool) {
    if (tool === undefined) continue;
    for (const [name, tests] of files) {
      console.log(`not run, because ${tool} is not on this machine: ${name} (${tests} test${tests === 1 ? '' : 's'})`);
    }
  }
}

const extra = process.argv.slice(2);
const filteredByTitle = extra.some((argument) => /^(-t|--testNamePattern)/.test(argument));
const { code, report } = await runVitest(extra);
if (report === undefined) {
  console.log('vitest ended without a report; its message is above.');
  process.exitCode = code || 1;
} else {
  const byTool = notRun(report);
  const { passed, failed: failedTests, skipped } = counts(report);
  const outside = code !== 0 && failedTests === 0 ? 1 : 0;
  const failed = failedTests + outside;
  describeNotRun(byTool);
  const unexplained = filteredByTitle ? 0 : [...(byTool.get(undefined)?.values() ?? [])].reduce((a, b) => a + b, 0);
  if (unexplained > 0)
    console.log(`${unexplained} skipped without naming a tool they need: a test runs or is removed.`);
  if (outside > 0) console.log('an error was raised outside the tests; it is above.');
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  process.exitCode = code || (failed > 0 || unexplained > 0 || passed === 0 ? 1 : 0);
}
