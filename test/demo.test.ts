import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { builtBinary } from './built.js';

const run = promisify(execFile);
const binary = builtBinary();

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'armature-demo-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const demo = (...args: string[]) => run(process.execPath, [binary, 'demo', ...args], { cwd: folder, timeout: 90_000 });

test('the same seed prints the same run and the same report, on a data directory with a past or without', async () => {
  const first = await demo('--fast', '--seed', '11', '--data', 'seeded');
  const again = await demo('--fast', '--seed', '11', '--data', 'seeded');
  expect(again.stdout).toBe(first.stdout);
  const other = await demo('--fast', '--seed', '12', '--data', 'seeded');
  expect(other.stdout).not.toBe(first.stdout);
  expect(first.stdout).toContain('24,000 decisions');
}, 60_000);

async function killAfterVisitors(child: ChildProcess): Promise<void> {
  let text = '';
  for await (const chunk of child.stdout ?? []) {
    text += String(chunk);
    if (/[1-9]\d?,\d{3} of 24,000 visitors {2}share now/.test(text)) break;
  }
  child.kill('SIGKILL');
  await once(child, 'exit');
}

test('a demo that was killed goes on where it was, and every visitor has one trial', async () => {
  const child = spawn(process.execPath, [binary, 'demo', '--fast', '--data', 'killed'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await killAfterVisitors(child);
  const { stdout } = await demo('--fast', '--data', 'killed');
  const before = Number(stdout.match(/Going on after ([\d,]+) visitors/)?.[1]?.replace(',', ''));
  expect(before).toBeGreaterThan(1000);
  expect(before).toBeLessThan(24_000);
  // decisions that were under way when it was killed are in the log or they are not: none is there twice
  expect(stdout).toContain('24,000 of 24,000 visitors');
  expect(stdout).toContain('24,000 decisions');
  expect(stdout).toMatch(/health {3}propensities ok/);
}, 90_000);
