import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom } from '@armature/analysis';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Life, type UnsyncedDisk, unsyncedDisk } from './unsynced-disk.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'armature-disk-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const SEEDS = Array.from({ length: 80 }, (_, seed) => seed);
const at = (life: Life, name: string) => join(life.data, name);
const text = (life: Life, name: string) => readFileSync(at(life, name), 'utf8');

/** A machine of its own for each seed. */
const machine = (seed: number): UnsyncedDisk => {
  const own = mkdtempSync(join(folder, `${seed}-`));
  return unsyncedDisk(own, createRandom(seed));
};

async function write(life: Life, name: string, bytes: string, position = 0) {
  const file = await life.fs.open(at(life, name), position === 0 ? 'create' : 'existing');
  await file.write(Buffer.from(bytes), position);
  return file;
}

/** Writes a file so that it stays. */
async function keep(life: Life, name: string, bytes: string) {
  const file = await write(life, name, bytes);
  await file.datasync();
  await life.fs.syncDirectory(life.data);
  return file;
}

describe('a power cut', () => {
  test.each(['prefix', 'zeros'] as const)('keeps what was synced, and any part of the rest (%s)', async (how) => {
    const ends = new Set<string>();
    for (const seed of SEEDS) {
      const disk = machine(seed);
      const life = disk.start();
      const file = await keep(life, 'log', 'a'.repeat(600));
      await file.write(Buffer.from('b'.repeat(2000)), 600);
      life.end(how);
      const found = text(disk.start(), 'log');
      expect(found).toMatch(how === 'prefix' ? /^a{600}b*$/ : /^a{600}[b\0]{2000}$/);
      ends.add(found);
    }
    expect(ends.size).toBeGreaterThan(how === 'prefix' ? 30 : 8);
  });

  test('leaves all that is synced as it is, and a second cut changes nothing more', async () => {
    const disk = machine(1);
    const life = disk.start();
    const file = await keep(life, 'log', 'one');
    await file.write(Buffer.from(' two'), 3);
    await file.datasync();
    life.end('prefix');
    const second = disk.start();
    second.end('zeros');
    expect(text(disk.start(), 'log')).toBe('one two');
  });

  test('may undo each name whose folder was not synced: makings, renames, links, removals, folders', async () => {
    const seen = new Set<string>();
    for (const seed of SEEDS) {
      const disk = machine(seed);
      const life = disk.start();
      for (const name of ['old', 'gone', 'from']) await keep(life, name, name);
      await (await write(life, 'made', 'made')).sync();
      await life.fs.rename(at(life, 'from'), at(life, 'old'));
      await life.fs.link(at(life, 'made'), at(life, 'second'));
      await life.fs.remove(at(life, 'gone'));
      await life.fs.mkdir(at(life, 'sub'));
      await (await write(life, 'sub/file', 'file')).sync();
      await life.fs.syncDirectory(at(life, 'sub'));
      life.end('prefix');
      const next = disk.start();
      const there = ['made', 'from', 'second', 'gone', 'sub', 'sub/file'].filter((name) => existsSync(at(next, name)));
      seen.add([...there, text(next, 'old')].join(' '));
    }
    // the changes of a folder survive from the first on: none, one, two … all of them
    expect([...seen].sort()).toEqual([
      'from gone old',
      'made from gone old',
      'made gone from',
      'made second from',
      'made second gone from',
      'made second sub sub/file from',
    ]);
  });

  test('takes a folder that was not synced above it, with everything synced within', async () => {
    const disk = unsyncedDisk(folder, () => 0, [], []);
    const life = disk.start();
    await life.fs.mkdir(life.data);
    await keep(life, 'log', 'all');
    life.end('prefix');
    expect(existsSync(disk.start().data)).toBe(false);
  });

  test('leaves a file that was begun anew as it was, or in part', async () => {
    const seen = new Set<string>();
    for (const seed of SEEDS) {
      const disk = machine(seed);
      const life = disk.start();
      await keep(life, 'file', 'old');
      const file = await life.fs.open(at(life, 'file'), 'replace');
      await file.write(Buffer.from('new'), 0);
      life.end('prefix');
      seen.add(text(disk.start(), 'file'));
    }
    expect([...seen].sort()).toEqual(['', 'n', 'ne', 'new', 'old']);
  });
});

describe('a killed process', () => {
  test('leaves everything it wrote, and nothing of it is more durable than it was', async () => {
    const disk = unsyncedDisk(folder, () => 0);
    const life = disk.start();
    const file = await keep(life, 'log', 'synced');
    await file.write(Buffer.from(' written'), 6);
    await write(life, 'other', 'other');
    life.end('kill');
    const second = disk.start();
    expect([text(second, 'log'), text(second, 'other')]).toEqual(['synced written', 'other']);
    second.end('prefix');
    const third = disk.start();
    expect(text(third, 'log')).toBe('synced');
    expect(existsSync(at(third, 'other'))).toBe(false);
  });

  test('what it left becomes durable when a later one syncs it', async () => {
    const disk = unsyncedDisk(folder, () => 0);
    const life = disk.start();
    await write(life, 'log', 'written');
    life.end('kill');
    const second = disk.start();
    await (await second.fs.open(at(second, 'log'), 'existing')).datasync();
    await second.fs.syncDirectory(second.data);
    second.end('prefix');
    expect(text(disk.start(), 'log')).toBe('written');
  });
});

test('it ends in the middle of an operation, and from then on nothing works, nor do old handles', async () => {
  for (const seed of SEEDS) {
    const disk = machine(seed);
    const life = disk.start();
    const file = await keep(life, 'log', 'a');
    const before = life.operations.length;
    life.endAt(before + 1, 'kill');
    await expect(file.write(Buffer.from('bcd'), 1)).rejects.toMatchObject({ code: 'EIO' });
    expect(life.operations.slice(before)).toEqual(['write data/log']);
    expect(life.ended).toBe(true);
    for (const dead of [
      () => file.write(Buffer.from('e'), 1),
      () => file.datasync(),
      () => file.close(),
      () => life.fs.readText(at(life, 'log')),
      () => life.fs.open(at(life, 'new'), 'create'),
      () => life.fs.rename(at(life, 'log'), at(life, 'new')),
    ]) {
      await expect(dead()).rejects.toMatchObject({ code: 'EIO' });
    }
    expect(text(disk.start(), 'log')).toMatch(/^ab?c?$/);
  }
});

test('it answers as a disk does: what is there is not made twice, and what is not there is not opened', async () => {
  const life = machine(1).start();
  await keep(life, 'log', 'a');
  await expect(life.fs.open(at(life, 'log'), 'create')).rejects.toMatchObject({ code: 'EEXIST' });
  await expect(life.fs.open(at(life, 'no'), 'existing')).rejects.toMatchObject({ code: 'ENOENT' });
  await expect(life.fs.rename(at(life, 'no'), at(life, 'log'))).rejects.toMatchObject({ code: 'ENOENT' });
  expect(await life.fs.link(at(life, 'log'), at(life, 'log'))).toBe(false);
  expect(await life.fs.readText(at(life, 'no'))).toBeUndefined();
  expect(await life.fs.readdir(life.data)).toEqual(['log']);
});
