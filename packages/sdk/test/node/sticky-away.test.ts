import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from 'vitest';
import { builtBinary } from '../../../../test/built.js';

beforeAll(() => void builtBinary()); // throws where the build is old: the program runs what was built

test('while a sticky store is away flushing and closing end, and nothing is left of a flush', async () => {
  const program = fileURLToPath(new URL('./sticky-closer.mjs', import.meta.url));
  // A process that has nothing else to do ends with status 13 where nobody holds it for an answer that is awaited.
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', program], { timeout: 60_000 });
  const { bytesForAFlush } = JSON.parse(stdout) as { bytesForAFlush: number };
  expect(bytesForAFlush).toBeLessThan(300); // 3,100 where each flush stayed in a list
}, 70_000);

test('a prefetch from a store that never answers ends, with nothing else to do', async () => {
  const program = `
    import { createClient } from '@armature/sdk';
    import { stickyAssignment } from '@armature/sdk/sticky';
    const experiment = ${JSON.stringify({
      ...{ version: '1.1', hash: 1, salt: 's', definition: 'sha256:ab', assign: 'sticky', status: 'running' },
      ...{ control: 'a', arms: ['a', 'b'], rules: [{ id: 'policy', weights: [0.5, 0.5] }] },
    })};
    const bootstrap = { schema: 1, version: '1.1', hash: '', issued: '2026-11-24T00:00:00.000Z', experiments: { x: experiment } };
    const never = () => new Promise(() => {});
    const sticky = stickyAssignment({ get: never, setIfAbsent: never }, { timeoutMs: 100 });
    await createClient({ bootstrap, sticky, logger: false }).prefetch('u-1');
    console.log('went on');`;
  const cwd = fileURLToPath(new URL('.', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], { cwd });
  expect(stdout).toBe('went on\n');
});
