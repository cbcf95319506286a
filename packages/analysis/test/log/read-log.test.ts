import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  encodeGroup,
  encodeHeader,
  encodeRecord,
  LogDamage,
  LogHole,
  readMeta,
  readSegment,
  readStream,
  segmentName,
} from '@armature/analysis/log';
import type { LogRecord } from '@armature/sdk/protocol';
import { afterEach, beforeEach, expect, test } from 'vitest';

interface Note {
  readonly note: string;
}

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'armature-log-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const records = (from: number, count: number): LogRecord<Note>[] =>
  Array.from({ length: count }, (_, n) => ({
    offset: from + n,
    at: 1000 + from + n,
    event: { note: `é\u2028 ${from + n}` },
  }));
const header = (base: number) => encodeHeader({ log: 'L', stream: '0', base, schema: 1 });
const group = (from: number, count: number) => encodeGroup(records(from, count).map(encodeRecord));

async function segment(base: number, ...groups: readonly Buffer[]): Promise<string> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, segmentName(base));
  await writeFile(path, Buffer.concat([header(base), ...groups]));
  return path;
}

async function all(from = 0): Promise<LogRecord<Note>[]> {
  const found: LogRecord<Note>[] = [];
  for await (const part of readStream<Note>(folder, from)) found.push(...part);
  return found;
}

test('what was written is read back, over groups and segments', async () => {
  await segment(0, group(0, 3), group(3, 1));
  await segment(4, group(4, 500));
  expect(await all()).toEqual(records(0, 504));
});

test('reading from an offset begins inside its group and its segment', async () => {
  await segment(0, group(0, 3), group(3, 1));
  await segment(4, group(4, 5));
  for (const from of [0, 1, 3, 4, 6, 8, 9]) expect(await all(from)).toEqual(records(from, 9 - from));
});

test('a folder that does not exist is an empty stream', async () => {
  folder = join(folder, 'nowhere');
  expect(await all()).toEqual([]);
});

test('every length of a torn last group leaves exactly the groups before it', async () => {
  const whole = Buffer.concat([header(0), group(0, 2)]);
  const torn = group(2, 2);
  const path = await segment(0);
  for (let length = 0; length < torn.length; length++) {
    await writeFile(path, Buffer.concat([whole, torn.subarray(0, length)]));
    expect((await all()).length, `${length} bytes of the last group`).toBe(2);
  }
  await writeFile(path, Buffer.concat([whole, torn]));
  expect((await all()).length).toBe(4);
});

test('a torn segment reports how many of its bytes are good', async () => {
  const path = await segment(0, group(0, 2));
  const good = (await readFile(path)).length;
  await appendFile(path, '{"offset":2,"at":1002,"ev');
  const groups = readSegment<Note>(path);
  let step = await groups.next();
  while (!step.done) step = await groups.next();
  expect(step.value).toEqual({ good, size: good + 25, damaged: false });
});

test('any flipped bit of a group that was synced is damage, with segment and byte', async () => {
  const path = await segment(0, group(0, 1), group(1, 1), group(2, 1));
  const bytes = await readFile(path);
  const first = header(0).length + group(0, 1).length;
  for (let at = first; at < bytes.length; at++) {
    const flipped = Buffer.from(bytes);
    flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 7));
    await writeFile(path, flipped);
    const failure = await all().catch((cause: unknown) => cause);
    const inLast = at >= first + group(1, 1).length;
    expect(failure, `byte ${at - first}`).toBeInstanceOf(LogDamage);
    expect((failure as LogDamage).byte).toBe(inLast ? first + group(1, 1).length : first);
  }
});

test('a page of zeros at the end is what a power cut leaves: it ends the stream', async () => {
  const path = await segment(0, group(0, 2));
  const last = group(2, 2);
  for (const [from, to] of [
    [0, 20],
    [20, 60],
    [10, last.length],
  ] as const) {
    const holed = Buffer.from(last);
    holed.fill(0, from, to);
    await writeFile(path, Buffer.concat([header(0), group(0, 2), holed]));
    expect((await all()).length).toBe(2);
    await writeFile(path, Buffer.concat([header(0), group(0, 2), holed, group(4, 1), group(5, 1)]));
    await expect(all()).rejects.toThrow('LOG_DAMAGED');
  }
});

test('a torn group in a segment that is not the last is damage', async () => {
  const path = await segment(0, group(0, 2), group(2, 2));
  await segment(4, group(4, 1));
  await truncate(path, (await readFile(path)).length - 3);
  await expect(all()).rejects.toThrow('LOG_DAMAGED');
});

test('a missing segment is a hole that names the missing records', async () => {
  await segment(0, group(0, 2));
  await segment(5, group(5, 2));
  const failure = await all().catch((cause: unknown) => cause);
  expect(failure).toBeInstanceOf(LogHole);
  expect(String(failure)).toContain('records 2 to 4 are missing');
});

test.runIf(process.platform === 'linux')('a reader that stops early closes the file', async () => {
  await segment(0, group(0, 1), group(1, 1));
  const openFiles = async () => (await readdir('/proc/self/fd')).length;
  const before = await openFiles();
  for (let n = 0; n < 20; n++) for await (const _ of readStream<Note>(folder)) break;
  expect(await openFiles()).toBeLessThanOrEqual(before + 2);
});

test('a log.json that is cut or foreign is damage, and none at all is no log', async () => {
  expect(await readMeta(folder)).toBeUndefined();
  for (const text of [
    '',
    '{"schema":1,"id":"L"',
    'null',
    '{"schema":1,"id":"L"}',
    '{"schema":2,"id":"L","partitions":1}',
  ]) {
    await writeFile(join(folder, 'log.json'), text);
    await expect(readMeta(folder), text).rejects.toBeInstanceOf(LogDamage);
  }
});
