/** What the closing lines of `npm test` say, from vitest's JSON report. */
import { relative } from 'node:path';

const NEEDS = /\[needs (\w+)\]/;

/**
 * A file that fails outside its tests (an import, a hook) has no failed test of its own and counts as one; so does an
 * error that made vitest fail and belongs to no file.
 */
function countFailures(report, exitCode) {
  const broken = report.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  );
  const inFiles = report.numFailedTests + broken.length;
  return { failed: inFiles || (exitCode === 0 ? 0 : 1), outside: exitCode !== 0 && inFiles === 0 };
}

/** Skipped tests by the tool they wait for, then by file; the tool is undefined for tests that name none. */
function skippedTests(report, root) {
  const byTool = new Map();
  for (const file of report.testResults) {
    for (const test of file.assertionResults) {
      if (test.status === 'passed' || test.status === 'failed') continue;
      const tool = NEEDS.exec(test.fullName)?.[1];
      const files = byTool.get(tool) ?? new Map();
      const name = relative(root, file.name).replaceAll('\\', '/');
      byTool.set(tool, files.set(name, (files.get(name) ?? 0) + 1));
    }
  }
  return byTool;
}

/** The servers of a run, each once: suites start the same one on many ports. */
function serversUsed(used) {
  const kinds = used.map((line) => line.replace(/(,?127\.0\.0\.1:\d+)+/g, '127.0.0.1'));
  return [...new Set(kinds)].sort().map((line) => `used ${line}`);
}

const tests = (count) => `${count} ${count === 1 ? 'test' : 'tests'}`;

/**
 * The closing lines and the exit code. A skipped test is fine when it names the tool that is missing, or when the
 * run was narrowed by title; otherwise it makes the run fail, as does a run in which no test passed.
 * @param {any} report what vitest's JSON reporter wrote
 * @param {{ exitCode: number, root: string, narrowed: boolean, used?: readonly string[] }} run `used` has a line for each server
 * @returns {{ lines: string[], exitCode: number }}
 */
export function closingLines(report, { exitCode, root, narrowed, used = [] }) {
  const { failed, outside } = countFailures(report, exitCode);
  const lines = outside ? ['an error was raised outside the tests; it is above.'] : [];
  let unexplained = 0;
  for (const [tool, files] of skippedTests(report, root)) {
    for (const [name, count] of files) {
      if (narrowed) continue; // most of these were not asked for
      if (tool !== undefined) lines.push(`not run, because ${tool} is not on this machine: ${name} (${tests(count)})`);
      else unexplained += count;
    }
  }
  if (unexplained > 0) lines.push(`${tests(unexplained)} skipped without naming a tool that is missing`);
  lines.push(...serversUsed(used));
  const skipped = report.numPendingTests + report.numTodoTests;
  lines.push(`${report.numPassedTests} passed, ${failed} failed, ${skipped} skipped`);
  const good = failed === 0 && unexplained === 0 && report.numPassedTests > 0;
  return { lines, exitCode: exitCode || (good ? 0 : 1) };
}
