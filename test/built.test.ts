import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { buildFault } from './built.js';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'armature-built-'));
  for (const name of ['sdk', 'analysis', 'server']) {
    await put(`packages/${name}/src/deep/a.ts`, 1000);
    await put(`packages/${name}/dist/.tsbuildinfo`, 2000);
  }
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** Writes a file that was changed at this second. */
async function put(path: string, seconds: number): Promise<void> {
  const file = join(root, path);
  await mkdir(join(file, '..'), { recursive: true });
  await writeFile(file, '');
  await utimes(file, seconds, seconds);
}

test('a build that is newer than every source is taken', () => {
  expect(buildFault(`${root}/`)).toBeUndefined();
});

test('a source that was changed after the build of its package is named', async () => {
  await put('packages/analysis/src/deep/b.ts', 2001);
  const fault = 'packages/analysis/src/deep/b.ts is newer than packages/analysis/dist; run npx tsc -b';
  expect(buildFault(`${root}/`)).toBe(fault);
});

test('a package that was never built is named', async () => {
  await rm(join(root, 'packages/server/dist'), { recursive: true });
  expect(buildFault(`${root}/`)).toBe('packages/server was never built; run npx tsc -b');
});
