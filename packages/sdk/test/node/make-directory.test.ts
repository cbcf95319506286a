import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeDirectory } from '../../src/node/make-directory.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'armature-directory-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

test('a directory is made with those that it is in, and may be there already', async () => {
  const path = join(folder, 'a', 'b', 'c');
  await makeDirectory(path, 0o700);
  await makeDirectory(path);
  expect(statSync(path).mode & 0o777).toBe(0o700);
  expect(statSync(join(folder, 'a')).mode & 0o777).toBe(0o700);
});

test('a file in its way is an error', async () => {
  writeFileSync(join(folder, 'file'), '');
  await expect(makeDirectory(join(folder, 'file'))).rejects.toMatchObject({ code: 'EEXIST' });
  await expect(makeDirectory(join(folder, 'file', 'a'))).rejects.toMatchObject({ code: 'ENOTDIR' });
});

test.runIf(process.platform === 'linux')('where no directory can be made it gives up', async () => {
  await expect(makeDirectory('/proc/armature/deep')).rejects.toMatchObject({ code: 'ENOENT' });
});
