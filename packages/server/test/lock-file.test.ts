import { readdir, readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { layoutOf, readPartition } from '@armature/analysis/log';
import type { LogEvent } from '@armature/sdk/protocol';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openFileLog } from '../src/adapters/file-log.js';
import { disk, silent, virtualClock } from '../src/index.js';
import type { EventLog } from '../src/ports.js';
import { type Workspace, workspace } from './workspace.js';

const START = Date.UTC(2026, 10, 24, 12);
let space: Workspace;
const logs: EventLog[] = [];

beforeEach(async () => {
  space = await workspace({});
});
afterEach(async () => {
  for (const log of logs.splice(0)) await log.close().catch(() => {});
  await space.dispose();
});

async function open(): Promise<EventLog> {
  const clock = virtualClock(START);
  const log = await openFileLog({ fs: disk(), clock, logger: silent, directory: space.data, partitions: 1 });
  logs.push(log);
  return log;
}

const append = (log: EventLog, id: string) => {
  const time = new Date(START).toISOString();
  const event: LogEvent = { specversion: '1.0', type: 'dev.armature.tick.v1', source: '/test', id, time, data: {} };
  return log.partitions[0]?.append([event]);
};

async function ids(): Promise<string[]> {
  const found: string[] = [];
  for await (const group of readPartition(space.data, 0)) found.push(...group.map(({ event }) => event.id));
  return found;
}

/** Makes the lock that of a process in another container, which is dead to whoever asks here. */
const disguise = () => writeFile(layoutOf(space.data).lock, '{"pid":4194303,"started":"1","host":"elsewhere"}\n');

test('a process whose lock was taken over writes nothing more, and leaves the new holder its lock', async () => {
  const first = await open();
  await append(first, 'before');
  await disguise();
  const second = await open();
  await append(second, 'of the second');
  await expect(append(first, 'of the first')).rejects.toMatchObject({ code: 'LOG_UNAVAILABLE' });
  expect(first.failure?.message).toContain('another process has taken the data directory');
  await first.close();
  expect(await ids()).toEqual(['before', 'of the second']);
  await append(second, 'after');
  expect(await ids()).toEqual(['before', 'of the second', 'after']);
});

test('a lock says whose it is, and closing leaves nothing of it', async () => {
  const log = await open();
  const holder = JSON.parse(await readFile(layoutOf(space.data).lock, 'utf8'));
  expect(holder).toMatchObject({ pid: process.pid, host: expect.any(String), id: expect.any(String) });
  await expect(open()).rejects.toMatchObject({ code: 'DATA_DIR_LOCKED' });
  await log.close();
  expect((await readdir(space.data)).filter((name) => name.startsWith('lock'))).toEqual([]);
});

test.runIf(process.platform === 'linux')(
  'what a holder of the same host name, but in another container, has begun to write is waited for',
  async () => {
    const mine = await open();
    const own = JSON.parse(await readFile(layoutOf(space.data).lock, 'utf8'));
    expect(own.space).toEqual(expect.any(String));
    await mine.close();
    // its number is that of a process that lives here, which proves nothing
    const other = { pid: process.ppid, host: hostname(), space: 'another boot pid:[1]', id: 'x' };
    await writeFile(layoutOf(space.data).lock, `${JSON.stringify(other)}\n`);
    const before = performance.now();
    await append(await open(), 'of the newcomer');
    expect(performance.now() - before).toBeGreaterThan(990);
    expect(await ids()).toEqual(['of the newcomer']);
  },
);
