import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { builtBinary } from '../../../../test/built.js';
import { describeWith } from '../../../../test/environment.js';
import { WITHOUT_ADDRESSES } from '../../../../test/provisioned.js';

const BUILT = new URL('../dist/provision/provision.js', `file://${builtBinary()}`);

/** A process that starts a Redis, says its process and folder, and waits. */
const PROGRAM = `
  import { readlinkSync } from 'node:fs';
  import { provision } from ${JSON.stringify(fileURLToPath(BUILT))};
  const { redis } = await provision({ redis: true, tell: () => {} });
  if (process.argv[1] === 'paused') await redis.pause();
  console.log(JSON.stringify({ pid: redis.pid, folder: readlinkSync('/proc/' + redis.pid + '/cwd') }));
  if (process.argv[1] !== 'ends') setInterval(() => {}, 1000);`;

/** One that ended and that nobody has collected yet is not alive. */
function isAlive(pid: number): boolean {
  if (!existsSync(`/proc/${pid}/stat`)) return false;
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3) !== 'Z';
}

describeWith('ownRedis', 'a process that started a Redis', () => {
  test.each([
    ['is killed', 'SIGKILL', ''],
    ['is killed while its Redis is paused', 'SIGKILL', 'paused'],
    ['is interrupted', 'SIGINT', ''],
    ['ends without disposing', undefined, 'ends'],
  ] as const)('leaves neither process nor folder when it %s', async (_, signal, how) => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', PROGRAM, how], {
      ...{ stdio: ['ignore', 'pipe', 'inherit'], env: WITHOUT_ADDRESSES },
    });
    const closed = once(child, 'close');
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const { pid, folder } = JSON.parse(String(line)) as { pid: number; folder: string };
    expect(folder).toContain('armature-redis-');
    if (signal !== undefined) child.kill(signal);
    await closed;
    await expect.poll(() => isAlive(pid) || existsSync(folder), { timeout: 10_000 }).toBe(false);
  });
});
