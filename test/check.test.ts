/** The command line of the check that runs before a change goes in. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from './source-tree.js';

const check = (...args: readonly string[]) =>
  spawnSync(process.execPath, [join(ROOT, 'scripts', 'check.mjs'), ...args], { encoding: 'utf8', timeout: 10_000 });

test.each([[['--help']], [['-h']], [['--only', 'lint', '--help']]])('%j tells the usage with an example', (args) => {
  const { status, stdout, stderr } = check(...args);
  expect([status, stderr]).toEqual([0, '']);
  expect(stdout).toContain('npm run check -- [--only STEP,STEP] [--skip STEP,STEP]');
  expect(stdout).toContain('Example:\n  $ npm run check -- --only types,lint\n');
});

test('an argument that means nothing is refused with the usage', () => {
  const { status, stdout, stderr } = check('--all');
  expect([status, stdout]).toEqual([64, '']);
  expect(stderr).toContain('unknown argument, got "--all"');
  expect(stderr).toContain('npm run check -- [--only STEP,STEP] [--skip STEP,STEP]');
});
