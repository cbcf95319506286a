import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { builtBinary } from './built.js';
import { describeWith } from './environment.js';
import { START_MS } from './provisioned.js';

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

test('a demo takes no folder in which something else is, and deletes nothing in it', async () => {
  const taken = join(folder, 'taken');
  await mkdir(join(taken, 'config'), { recursive: true });
  await writeFile(join(taken, 'config', 'app.yaml'), 'mine');
  for (const flags of [['--fast'], ['--fast', '--seed', '3']]) {
    await expect(demo(...flags, '--data', 'taken')).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^DEMO_DIRECTORY_TAKEN: /),
    });
  }
  expect(await readFile(join(taken, 'config', 'app.yaml'), 'utf8')).toBe('mine');
}, 60_000);

describeWith('kafka', 'on Kafka and Redis', () => {
  test(
    'a server that is killed half-way changes nothing that a visitor sees, and no click is lost',
    async () => {
      const child = spawn(process.execPath, [binary, 'demo', '--kafka', '--fast', '--data', 'shared'], {
        cwd: folder,
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const ended = once(child, 'exit');
      let text = '';
      let killed = false;
      for await (const chunk of child.stdout) {
        text += String(chunk);
        const [, pid] = /^Server 1: .*, process (\d+)$/m.exec(text) ?? [];
        if (killed || pid === undefined || !/[1-9]\d?,\d{3} of 24,000 visitors {2}share now/.test(text)) continue;
        process.kill(Number(pid), 'SIGKILL');
        killed = true;
      }
      expect(killed).toBe(true);
      expect(text).toContain('24,000 of 24,000 visitors');
      expect(text).toContain('24,000 decisions');
      expect(text).toContain('Servers were started again 1 time.');
      expect(text).not.toMatch(/rewards came after|never came/);
      expect(await ended).toEqual([0, null]);
    },
    START_MS,
  );
});
