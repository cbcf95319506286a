import { fork } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type CachedSnapshot, createClient } from '../src/index.js';
import { fileCache } from '../src/node/file-cache.js';
import type { Snapshot } from '../src/protocol/snapshot.js';
import { scriptedTransport } from './scripted-transport.js';

const snapshot = (version: string): Snapshot => ({
  schema: 1,
  version,
  hash: 'sha256:00',
  issued: '2026-11-23T05:26:42.123Z',
  experiments: {
    reader: {
      version,
      hash: 1,
      salt: 'reader',
      definition: 'sha256:ab',
      assign: 'request',
      status: 'running',
      control: 'small',
      arms: ['large', 'small'],
      rules: [{ id: 'policy', weights: [0.25, 0.75] }],
    },
  },
});

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'armature-cache-'));
  path = join(folder, 'deep', 'snapshot');
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

test('what is saved is loaded, and nothing else is left in the folder', async () => {
  const cache = fileCache(path);
  expect(cache.load()).toBeUndefined();
  await cache.save({ snapshot: snapshot('1.1'), confirmedAt: 5 });
  await cache.save({ snapshot: snapshot('1.2'), confirmedAt: 6 });
  expect(fileCache(path).load()).toEqual({ snapshot: snapshot('1.2'), confirmedAt: 6 });
  expect(readdirSync(join(folder, 'deep'))).toEqual(['snapshot']);
});

test('what killed processes left beside the file is removed, and nothing that is being written', async () => {
  await fileCache(path).save({ snapshot: snapshot('1.1'), confirmedAt: 5 });
  const [old, young, other] = [`${path}.00.tmp`, `${path}.01.tmp`, join(folder, 'deep', 'others.02.tmp')];
  for (const file of [old, young, other]) writeFileSync(file, 'half a snapshot');
  const then = Date.now() / 1000 - 120;
  for (const file of [old, other]) utimesSync(file, then, then);
  await fileCache(path).save({ snapshot: snapshot('1.2'), confirmedAt: 6 });
  expect(readdirSync(join(folder, 'deep')).sort()).toEqual(['others.02.tmp', 'snapshot', 'snapshot.01.tmp']);
});

test('a file damaged anywhere is refused', async () => {
  await fileCache(path).save({ snapshot: snapshot('1.1'), confirmedAt: 5 });
  const good = readFileSync(path);
  for (let at = 0; at < good.length; at += 7) {
    const bad = Buffer.from(good);
    bad[at] = (bad[at] ?? 0) ^ 0x08;
    writeFileSync(path, bad);
    expect(() => fileCache(path).load()).toThrow(expect.objectContaining({ code: 'CACHE_UNUSABLE' }));
  }
  for (const length of [0, 1, 40, good.length - 1]) {
    writeFileSync(path, good.subarray(0, length));
    expect(() => fileCache(path).load()).toThrow(expect.objectContaining({ code: 'CACHE_UNUSABLE' }));
  }
});

test('a process that starts in an outage decides from the file at once, stale by the age of its confirmation', async () => {
  const first = createClient({
    transport: scriptedTransport([], snapshot('1.1')),
    cache: fileCache(path),
    refresh: 'manual',
  });
  await first.ready();
  await first.close();
  const now = (): number => Date.now() + 3_600_000;
  const down = createClient({
    transport: scriptedTransport([]),
    cache: fileCache(path),
    refresh: 'manual',
    now,
    logger: false,
  });
  const decision = down.decide('reader');
  expect(decision).toMatchObject({ reason: 'split', snapshot: '1.1', stale: true });
  expect(decision.snapshotAgeMs).toBeGreaterThanOrEqual(3_600_000);
  expect(await down.ready()).toBe('stale');
});

test('a damaged file is reported, the client starts without it, and the next snapshot replaces it', async () => {
  await fileCache(path).save({ snapshot: snapshot('1.1'), confirmedAt: 5 });
  writeFileSync(path, readFileSync(path, 'utf8').replace('reader', 'raeder'));
  const client = createClient({
    transport: scriptedTransport([], snapshot('1.2')),
    cache: fileCache(path),
    refresh: 'manual',
  });
  const errors: string[] = [];
  client.on('error', ({ code }) => errors.push(code));
  expect(client.decide('reader').error).toBe('NO_SNAPSHOT');
  await client.ready();
  await client.close();
  expect(errors).toEqual(['CACHE_UNUSABLE']);
  expect((fileCache(path).load() as CachedSnapshot).snapshot.version).toBe('1.2');
});

test('a kill at any moment leaves the old snapshot or the new one', async () => {
  const writer = join(folder, 'writer.mjs');
  const program = `
    import { fileCache } from './src/node/file-cache.ts';
    const cache = fileCache(process.argv[2]);
    const filler = 'x'.repeat(200_000);
    for (let n = 1; ; n += 1) {
      await cache.save({ snapshot: { version: '1.' + n, filler }, confirmedAt: n });
      if (n === 1) process.send('writing');
    }`;
  const stdin = { contents: program, resolveDir: join(import.meta.dirname, '..'), loader: 'ts' as const };
  await build({ stdin, bundle: true, platform: 'node', format: 'esm', outfile: writer });
  for (let round = 0; round < 8; round += 1) {
    const child = fork(writer, [path], { stdio: 'ignore' });
    await new Promise((resolve) => child.once('message', resolve));
    await new Promise((resolve) => setTimeout(resolve, 3 + 4 * round));
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
    const cached = fileCache(path).load() as CachedSnapshot;
    expect(cached.snapshot.version).toBe(`1.${cached.confirmedAt}`);
  }
});
