import { spawn } from 'node:child_process';
import { expect, test } from 'vitest';
import { disk } from '../src/adapters/disk.js';
import { machineProcesses } from '../src/adapters/processes.js';

const onLinux = test.runIf(process.platform === 'linux');

onLinux('a process that ended and that nobody has collected does not count as alive', async () => {
  const parent = spawn('sh', ['-c', 'sleep 0.01 & echo $!; exec sleep 20'], { stdio: ['ignore', 'pipe', 'ignore'] });
  try {
    let pid = 0;
    for await (const chunk of parent.stdout) {
      pid = Number(String(chunk));
      break;
    }
    await new Promise((done) => setTimeout(done, 300));
    process.kill(pid, 0); // its number is still taken
    expect(await machineProcesses(disk()).isAlive({ pid })).toBe(false);
    expect(await machineProcesses(disk()).isAlive({ pid: parent.pid! })).toBe(true);
  } finally {
    parent.kill('SIGKILL');
  }
});

onLinux(
  'a folder that the system refuses to make is an error, not an endless attempt',
  async () => {
    await expect(disk().mkdir('/proc/nope/data')).rejects.toMatchObject({ code: 'ENOENT' });
  },
  5000,
);

test('a folder is made with all those above it, and making it again is no error', async () => {
  const { mkdtemp, readdir, rm, writeFile } = await import('node:fs/promises');
  const { tmpdir } = await import('node:os');
  const { join } = await import('node:path');
  const root = await mkdtemp(join(tmpdir(), 'armature-mkdir-'));
  try {
    await disk().mkdir(join(root, 'a', 'b', 'c'));
    await disk().mkdir(join(root, 'a', 'b', 'c'));
    expect(await readdir(join(root, 'a', 'b'))).toEqual(['c']);
    await writeFile(join(root, 'file'), '');
    await expect(disk().mkdir(join(root, 'file'))).rejects.toMatchObject({ code: 'EEXIST' });
  } finally {
    await rm(root, { recursive: true, force: true });
  }
});
