import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { builtBinary } from '../../../../test/built.js';
import { fileStickyStore } from '../../src/node/index.js';
import { randomOf } from '../sticky/moving-server.js';
import { recordOf, storeLaws } from '../sticky/store-laws.js';

let folder: string;
beforeAll(async () => {
  builtBinary(); // throws where the build is old: the writer is a process of its own, and runs what was built
  folder = await mkdtemp(join(tmpdir(), 'armature-sticky-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the file store', () => {
  storeLaws(() => fileStickyStore(join(folder, 'laws')));

  test('holds no unit as it is, is for its owner alone, and finds nothing under another secret', async () => {
    const directory = join(folder, 'secret');
    const store = fileStickyStore(directory, { secret: 'one' });
    await store.setIfAbsent('alice@example.com', recordOf('shop/1.1'));
    const [name] = await readdir(directory);
    expect(await readFile(join(directory, name!), 'utf8')).not.toContain('alice');
    expect((await stat(join(directory, name!))).mode & 0o777).toBe(0o600);
    expect(await store.get('alice@example.com')).toHaveLength(1);
    for (const other of [fileStickyStore(directory), fileStickyStore(directory, { secret: 'two' })]) {
      expect(await other.get('alice@example.com')).toEqual([]);
    }
  });

  test('a torn or damaged line hides itself alone', async () => {
    const directory = join(folder, 'torn');
    const store = fileStickyStore(directory);
    await store.setIfAbsent('u', recordOf('shop/1.1'));
    const path = join(directory, (await readdir(directory))[0]!);
    const line = (await readFile(path, 'utf8')).trim();
    for (const cut of [1, 9, 12, 40, line.length - 1]) await appendFile(path, `\n${line.slice(0, cut)}`);
    await appendFile(path, `\n${line.replace('"arm":"a"', '"arm":"b"').replace('shop/1.1', 'shop/1.2')}\n`);
    await store.setIfAbsent('u', recordOf('shop/1.3', 'c'));
    expect((await store.get('u')).map(({ key, arm }) => [key, arm])).toEqual([
      ['shop/1.1', 'a'],
      ['shop/1.3', 'c'],
    ]);
    await writeFile(path, line.slice(0, 30));
    expect(await store.get('u')).toEqual([]);
    expect(await store.setIfAbsent('u', recordOf('shop/1.1', 'b'))).toEqual(recordOf('shop/1.1', 'b'));
  });

  test('a directory that cannot be written to is an error, and nothing is kept', async () => {
    const path = join(folder, 'a-file');
    await writeFile(path, 'x');
    await expect(fileStickyStore(path).setIfAbsent('u', recordOf('shop/1.1'))).rejects.toThrow(/ENOTDIR|EEXIST/);
  });
});

test('sixty kills at random moments lose no confirmed record, and change none, with two writers in the directory', async () => {
  const directory = join(folder, 'killed');
  const writer = fileURLToPath(new URL('./sticky-writer.mjs', import.meta.url));
  const random = randomOf(60);
  const confirmed = new Map<string, string>();
  let [lines, contradictions] = [0, 0];
  const live = async (life: number): Promise<void> => {
    const child = spawn(process.execPath, [writer, directory, `${life}`], { stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    child.stdout.on('data', (chunk) => {
      said += String(chunk);
    });
    await once(child.stdout, 'data');
    const ended = once(child, 'close');
    await new Promise((resolve) => setTimeout(resolve, 60 * random()));
    child.kill('SIGKILL');
    await ended;
    for (const line of said.split('\n').slice(0, -1)) {
      const [unit, key, arm, time] = JSON.parse(line) as [string, string, string, number];
      const record = `${arm} ${time}`;
      lines += 1;
      if ((confirmed.get(`${unit} ${key}`) ?? record) !== record) contradictions += 1;
      confirmed.set(`${unit} ${key}`, record);
    }
  };
  for (let life = 0; life < 60; life += 2) await Promise.all([live(life), live(life + 1)]);
  const store = fileStickyStore(directory);
  let lost = 0;
  for (const [name, record] of confirmed) {
    const [unit, key] = name.split(' ');
    const kept = (await store.get(unit!)).find((one) => one.key === key);
    if (kept === undefined || `${kept.arm} ${kept.time}` !== record) lost += 1;
  }
  expect(lines).toBeGreaterThan(500);
  expect([contradictions, lost]).toEqual([0, 0]);
}, 120_000);
