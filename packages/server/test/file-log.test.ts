import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createRandom } from '@armature/analysis';
import { layoutOf, readPartition } from '@armature/analysis/log';
import type { LogEvent, LogRecord } from '@armature/sdk/protocol';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Life, unsyncedDisk } from '../../../test/faults/unsynced-disk.js';
import { openFileLog } from '../src/adapters/file-log.js';
import { disk, type Logger, silent, virtualClock } from '../src/index.js';
import type { EventLog } from '../src/ports.js';
import { type Workspace, workspace } from './workspace.js';

const START = Date.UTC(2026, 10, 24, 12);
let space: Workspace;
let life: Life;
/** Where the log is: on the real disk, or on one whose faults the test makes. */
let data: string;
const clock = virtualClock(START);
const logs: EventLog[] = [];

beforeEach(async () => {
  space = await workspace({});
  data = space.data;
  life = unsyncedDisk(space.root, createRandom(1)).start();
});
afterEach(async () => {
  for (const log of logs.splice(0)) await log.close().catch(() => {});
  await space.dispose();
});

async function open(more: { partitions?: number; segmentBytes?: number; logger?: Logger } = {}) {
  const log = await openFileLog({
    fs: data === life.data ? life.fs : disk(),
    clock,
    logger: silent,
    directory: data,
    ...more,
  });
  logs.push(log);
  return log;
}

function tick(n: number): LogEvent {
  const time = new Date(START + n).toISOString();
  return { specversion: '1.0', type: 'dev.armature.tick.v1', source: '/test', id: `t-${n}`, time, data: {} };
}

async function read(partition = 0): Promise<LogRecord<LogEvent>[]> {
  const records: LogRecord<LogEvent>[] = [];
  for await (const group of readPartition(data, partition)) records.push(...group);
  return records;
}

const stream = (log: EventLog) => log.partitions[0] as EventLog['partitions'][number];
const ids = (records: readonly LogRecord<LogEvent>[]): string[] => records.map(({ event }) => event.id);

async function segmentPath(index = -1): Promise<string> {
  const folder = layoutOf(data).partition(0);
  const names = (await readdir(folder)).sort();
  return join(folder, names.at(index) ?? '');
}

/** The disk whose faults this test makes. */
function faulty(): Life {
  data = life.data;
  return life;
}

test('appends that wait together are synced together, and resolve after that in order', async () => {
  const { operations } = faulty();
  const log = await open({ partitions: 1 });
  const syncs = () => operations.filter((operation) => operation.startsWith('datasync')).length;
  const before = syncs();
  const order: number[] = [];
  await Promise.all(
    Array.from({ length: 50 }, (_, i) =>
      stream(log)
        .append([tick(i)])
        .then(([record]) => order.push(record?.offset ?? -1)),
    ),
  );
  expect(syncs() - before).toBe(1);
  expect(order).toEqual(Array.from({ length: 50 }, (_, i) => i));
  expect(ids(await read())).toEqual(Array.from({ length: 50 }, (_, i) => `t-${i}`));
});

test('what a power cut leaves is everything that was acknowledged, whatever of the rest survives', async () => {
  const acknowledged = Array.from({ length: 20 }, (_, i) => `t-${i}`);
  const left = new Set<number>();
  for (let seed = 1; seed <= 24; seed += 1) {
    const own = await workspace({});
    const machine = unsyncedDisk(own.root, createRandom(seed));
    const first = machine.start();
    const base = { clock, logger: silent };
    const log = await openFileLog({ ...base, fs: first.fs, directory: first.data, partitions: 1 });
    for (let i = 0; i < 20; i += 1) await stream(log).append([tick(i)]);
    first.endAt(first.operations.length + 2, 'prefix'); // the last group is written, and its sync is where it ends
    const lost = stream(log).append([tick(20), tick(21)]);
    await expect(lost).rejects.toMatchObject({ code: 'WRITE_UNCERTAIN', retryable: true });
    const second = machine.start();
    const again = await openFileLog({ ...base, fs: second.fs, directory: second.data });
    const records: LogRecord<LogEvent>[] = [];
    for await (const group of stream(again).read(0)) records.push(...group);
    expect(ids(records)).toEqual([...acknowledged, 't-20', 't-21'].slice(0, records.length));
    expect([20, 22]).toContain(records.length);
    left.add(records.length);
    expect(stream(again).end).toBe(records.length);
    await stream(again).append([tick(99)]);
    await again.close();
    await own.dispose();
  }
  expect(left).toEqual(new Set([20, 22]));
});

test('segments rotate by size, without a hole, and a reader may start in any of them', async () => {
  const log = await open({ partitions: 1, segmentBytes: 1000 });
  for (let i = 0; i < 40; i += 1) await stream(log).append([tick(i)]);
  expect((await readdir(layoutOf(data).partition(0))).length).toBeGreaterThan(4);
  expect(ids(await read())).toEqual(Array.from({ length: 40 }, (_, i) => `t-${i}`));
  const tail: LogRecord<LogEvent>[] = [];
  for await (const group of stream(log).read(33)) tail.push(...group);
  expect(tail.map((record) => record.offset)).toEqual([33, 34, 35, 36, 37, 38, 39]);
});

test('log time never goes back, not even over a restart', async () => {
  const moving = virtualClock(START);
  const first = await openFileLog({ fs: disk(), clock: moving, logger: silent, directory: data, partitions: 1 });
  await moving.advance(5000);
  await stream(first).append([tick(1)]);
  await first.close();
  const second = await openFileLog({ fs: disk(), clock: virtualClock(START - 1000), logger: silent, directory: data });
  logs.push(second);
  await stream(second).append([tick(2)]);
  expect((await read()).map((record) => record.at)).toEqual([START + 5000, START + 5000]);
});

test('a torn tail is cut at start, durably, and the log goes on behind the last good group', async () => {
  const first = await open({ partitions: 1 });
  await stream(first).append([tick(1)]);
  await stream(first).append([tick(2)]);
  await first.close();
  const path = await segmentPath();
  const whole = await readFile(path);
  await writeFile(path, Buffer.concat([whole, Buffer.from('{"offset":2,"at":1,"event":{"type":"dev.arm')]));
  const warnings: string[] = [];
  const second = await open({ logger: { ...silent, warn: (event) => warnings.push(event) } });
  expect(warnings).toEqual(['torn tail cut']);
  expect(await readFile(path)).toEqual(whole);
  await stream(second).append([tick(3)]);
  expect(ids(await read())).toEqual(['t-1', 't-2', 't-3']);
});

test('a crash between making a segment and its header is recovered', async () => {
  const first = await open({ partitions: 1, segmentBytes: 200 });
  await stream(first).append([tick(1)]);
  await stream(first).append([tick(2)]);
  await first.close();
  const path = await segmentPath();
  await writeFile(path, '{"log":"');
  const second = await open();
  await stream(second).append([tick(3)]);
  expect(ids(await read())).toEqual(['t-1', 't-3']);
});

test('a flipped bit in the middle refuses the start and names segment and byte', async () => {
  const first = await open({ partitions: 1 });
  await stream(first).append([tick(1)]);
  const { length } = await readFile(await segmentPath());
  await stream(first).append([tick(2)]);
  await stream(first).append([tick(3)]);
  await first.close();
  const path = await segmentPath();
  const bytes = await readFile(path);
  bytes[length + 20] = (bytes[length + 20] ?? 0) ^ 1;
  await writeFile(path, bytes);
  await expect(open()).rejects.toMatchObject({ code: 'LOG_DAMAGED', got: `${path} at byte ${length}` });
});

test('a full disk refuses the append, takes its bytes back, and takes the next one when there is space', async () => {
  faulty();
  const log = await open({ partitions: 1 });
  await stream(log).append([tick(1)]);
  const whole = await readFile(await segmentPath());
  for (const part of [0, 0.01, 0.3, 0.99]) {
    life.inject({ operation: 'write', code: 'ENOSPC', part });
    await expect(stream(log).append([tick(2)])).rejects.toMatchObject({ code: 'DISK_FULL', retryable: true });
    expect(await readFile(await segmentPath())).toEqual(whole);
  }
  expect(log.failure).toBeUndefined();
  await stream(log).append([tick(3)]);
  expect(ids(await read())).toEqual(['t-1', 't-3']);
});

test('a full disk while a segment is made leaves the old one in use', async () => {
  faulty();
  const log = await open({ partitions: 1, segmentBytes: 200 });
  await stream(log).append([tick(1)]);
  life.inject({ operation: 'write', code: 'ENOSPC', part: 0.1 });
  await expect(stream(log).append([tick(2)])).rejects.toMatchObject({ code: 'DISK_FULL' });
  await stream(log).append([tick(3)]);
  await stream(log).append([tick(4)]);
  expect(ids(await read())).toEqual(['t-1', 't-3', 't-4']);
});

test.each(['datasync', 'truncate', 'write'] as const)(
  'a failing %s poisons the log: no retry, nothing more is taken',
  async (operation) => {
    faulty();
    const log = await open({ partitions: 2 });
    const failures: Error[] = [];
    log.onFailure((cause) => failures.push(cause));
    if (operation === 'truncate') life.inject({ operation: 'write', code: 'ENOSPC', part: 0.1 });
    life.inject({ operation, code: 'EIO' });
    await expect(stream(log).append([tick(1)])).rejects.toMatchObject({ code: 'WRITE_UNCERTAIN' });
    const calls = life.operations.length;
    await expect(stream(log).append([tick(2)])).rejects.toMatchObject({ code: 'LOG_UNAVAILABLE' });
    await expect(log.config.append([])).rejects.toMatchObject({ code: 'LOG_UNAVAILABLE' });
    expect(life.operations.length).toBe(calls);
    expect(failures.length).toBe(1);
    expect(log.failure).toBe(failures[0]);
  },
);

test('a live data directory is refused, one of a dead process is taken over', async () => {
  const first = await open({ partitions: 1 });
  await expect(open()).rejects.toMatchObject({ code: 'DATA_DIR_LOCKED' });
  await first.close();
  await writeFile(layoutOf(data).lock, '{"pid":999999999}\n');
  await (await open()).close();
  await writeFile(layoutOf(data).lock, `{"pid":${process.ppid},"started":"1"}\n`);
  await (await open()).close();
  await writeFile(layoutOf(data).lock, `{"pid":${process.ppid}}\n`);
  await expect(open()).rejects.toMatchObject({ code: 'DATA_DIR_LOCKED', got: `process ${process.ppid}` });
});

test('the number of partitions is frozen, and a segment of another log is refused', async () => {
  await (await open({ partitions: 2 })).close();
  await expect(open({ partitions: 3 })).rejects.toMatchObject({ code: 'PARTITIONS_FROZEN' });
  const other = await workspace({});
  await (await openFileLog({ fs: disk(), clock, logger: silent, directory: other.data, partitions: 2 })).close();
  const name = '00000000000000000000.jsonl';
  const foreign = await readFile(join(layoutOf(other.data).partition(1), name));
  await writeFile(join(layoutOf(data).partition(1), name), foreign);
  await expect(open()).rejects.toMatchObject({ code: 'LOG_MISMATCH' });
  await other.dispose();
});

test('appends that wait together are written in groups, so that no amount of them is too much for the log', async () => {
  const log = await open({ partitions: 1 });
  const wide = 'x'.repeat(4_000_000);
  const append = (n: number) => stream(log).append([{ ...tick(n), source: wide }]);
  const groups = new Set<number>();
  stream(log).onDurable((records) => void groups.add(records.length));
  await Promise.all(Array.from({ length: 12 }, (_, n) => append(n)));
  expect([...groups].every((size) => size <= 5)).toBe(true);
  expect(ids(await read())).toEqual(Array.from({ length: 12 }, (_, n) => `t-${n}`));
});

test('an append that no file could take at once is refused, and the log goes on', async () => {
  const log = await open({ partitions: 1 });
  const wide = 'x'.repeat(45_000_000);
  const many = Array.from({ length: 3 }, (_, n) => ({ ...tick(n), source: wide }));
  await expect(stream(log).append(many)).rejects.toMatchObject({ code: 'TOO_MANY_ITEMS' });
  await stream(log).append([tick(11)]);
  expect(ids(await read())).toEqual(['t-11']);
  expect(log.failure).toBeUndefined();
});
