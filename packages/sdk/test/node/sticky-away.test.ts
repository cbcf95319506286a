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
