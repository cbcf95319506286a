import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readReports } from '@armature/analysis';
import { encodeGroup, encodeHeader, encodeRecord, layoutOf, readPartition, segmentName } from '@armature/analysis/log';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { generateLog, START, writeLog } from '../../../analysis/test/written-log.js';
import { openFileLog } from '../../src/adapters/file-log.js';
import { disk, silent, virtualClock } from '../../src/index.js';
import type { EventLog } from '../../src/ports.js';
import { cli, folderOf } from './recorded-terminal.js';

const GROUP = 10;
const written = generateLog({ seed: 3, partitions: 2, decisions: 60, perVersion: 30 });
let folder: string;
let segment: string;
let whole: Buffer;
let log: EventLog | undefined;

beforeEach(() => {
  folder = folderOf();
  writeLog(folder, written, GROUP);
  segment = join(layoutOf(folder).partition(0), segmentName(0));
  whole = readFileSync(segment);
});
afterEach(() => log?.close());

/** Where the n-th group behind the header begins, by the bytes that made it. */
function groupAt(n: number): number {
  const header = encodeHeader({ log: 'log-1', stream: '0', base: 0, schema: 1 }).length;
  const lines = (written.partitions[0] ?? []).map(encodeRecord);
  let at = header;
  for (let group = 0; group < n; group += 1) at += encodeGroup(lines.slice(group * GROUP, (group + 1) * GROUP)).length;
  return at;
}

function flip(at: number, path = segment): void {
  const bytes = readFileSync(path);
  bytes[at] = bytes[at]! ^ 4;
  writeFileSync(path, bytes);
}

const open = async () => {
  log = await openFileLog({ fs: disk(), clock: virtualClock(START), logger: silent, directory: folder });
  return log;
};
const snapshotOf = (): string =>
  JSON.stringify(readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) + readFileSync(segment, 'latin1');

async function idsOf(): Promise<string[]> {
  const ids: string[] = [];
  for await (const records of readPartition(folder, 0)) ids.push(...records.map(({ event }) => event.id));
  return ids;
}

describe('log verify', () => {
  test('tells of every segment, and ends with 0 where all are whole', async () => {
    const { out, code } = await cli(['log', 'verify', folder]);
    expect(code).toBe(0);
    const records = written.partitions[0]?.length ?? 0;
    expect(out).toMatch(new RegExp(`events/0/0{20}\\.jsonl +${records} +0 - ${records - 1} .*whole`));
    expect(out).toMatch(/\n3 segments, [\d,]+ records, [\d,]+ bytes\n$/);
  });

  test('names segment, byte and lost records of damage, and what else there is behind it', async () => {
    flip(groupAt(2) + 30);
    flip(groupAt(4) + 30);
    const { out, err, code } = await cli(['log', 'verify', folder]);
    expect(code).toBe(1);
    const bytes = groupAt(3) - groupAt(2);
    expect(out).toContain(
      `${bytes.toLocaleString('en')} bytes damaged at byte ${groupAt(2).toLocaleString('en')}, 10 records lost from offset 20; `,
    );
    expect(out).toContain('10 records lost from offset 40');
    expect(err).toMatch(/^LOG_NOT_WHOLE: .*, got events\/0\/0{20}\.jsonl: .* and 1 more, restore /);
    const { whole: sound, segments } = JSON.parse((await cli(['log', 'verify', folder, '--json'])).out);
    expect(sound).toBe(false);
    expect(segments[1].damage).toEqual([
      { byte: groupAt(2), bytes, offset: 20, records: 10 },
      { byte: groupAt(4), bytes: groupAt(5) - groupAt(4), offset: 40, records: 10 },
    ]);
  });

  test('takes a torn tail for what a kill leaves', async () => {
    writeFileSync(segment, whole.subarray(0, whole.length - 20));
    const { out, code } = await cli(['log', 'verify', folder]);
    expect(code).toBe(0);
    expect(out).toMatch(/torn tail of [\d,]+ bytes, cut at the next start/);
  });

  test.each([
    ['a segment of another log', () => flip(groupAt(0), segment), /damaged/],
    [
      'another header',
      () => {
        const other = encodeHeader({ log: 'log-2', stream: '0', base: 0, schema: 1 });
        writeFileSync(segment, Buffer.concat([other, whole.subarray(groupAt(0))]));
      },
      /of log log-2, stream 0, base 0/,
    ],
    [
      'missing records',
      () => writeFileSync(segment, Buffer.concat([whole.subarray(0, groupAt(1)), whole.subarray(groupAt(2))])),
      /records 10 to 19 missing/,
    ],
  ])('finds %s', async (_, change, message) => {
    change();
    const { out, code } = await cli(['log', 'verify', folder]);
    expect(code).toBe(1);
    expect(out).toMatch(message);
  });

  test('finds a missing segment and a lost partition', async () => {
    const folders = layoutOf(folder);
    const next = written.partitions[0]?.length ?? 0;
    writeFileSync(
      join(folders.partition(0), segmentName(next + 5)),
      encodeHeader({ log: 'log-1', stream: '0', base: next + 5, schema: 1 }),
    );
    const lost = join(folders.partition(1), segmentName(0));
    rmSync(lost);
    const { out, code } = await cli(['log', 'verify', folder]);
    expect(code).toBe(1);
    expect(out).toContain(`records ${next} to ${next + 4} missing`);
    expect(out).toContain('the stream has no segment');
  });

  test('tells its progress after a second', async () => {
    expect((await cli(['log', 'verify', folder], { stepMs: 3000 })).err).toMatch(/^checking, \d+% of [\d,]+ bytes\n/);
  });
});

describe('log repair', () => {
  test('has nothing to do with a whole log', async () => {
    expect(await cli(['log', 'repair', folder, '--yes'])).toMatchObject({ out: 'nothing to repair\n', code: 0 });
    expect(readFileSync(segment)).toEqual(whole);
  });

  test('writes nothing without --yes, nor gives up records without --skip', async () => {
    writeFileSync(segment, whole.subarray(0, whole.length - 20));
    const torn = snapshotOf();
    const asked = await cli(['log', 'repair', folder]);
    expect(asked.out).toMatch(/cut [\d,]+ bytes of a torn tail, no acknowledged record lost/);
    expect(asked).toMatchObject({ code: 1, err: expect.stringMatching(/^REPAIR_NOT_DONE: .*add --yes/) });
    expect(snapshotOf()).toBe(torn);
    writeFileSync(segment, whole);
    flip(groupAt(2) + 30);
    const damaged = snapshotOf();
    const refused = await cli(['log', 'repair', folder, '--yes']);
    expect(refused).toMatchObject({ code: 1, err: expect.stringMatching(/10 records in it.*--skip/) });
    expect(snapshotOf()).toBe(damaged);
  });

  test('writes nothing on a directory that is in use', async () => {
    await open();
    flip(groupAt(2) + 30);
    const before = snapshotOf();
    const { err, code } = await cli(['log', 'repair', folder, '--skip', '--yes']);
    expect([code, err]).toEqual([1, expect.stringMatching(/^DATA_DIR_LOCKED: /)]);
    expect(snapshotOf()).toBe(before);
  });

  test('cuts a torn tail, keeps its bytes, and leaves what a start would have left', async () => {
    writeFileSync(segment, Buffer.concat([whole, Buffer.from('{"offset":')]));
    expect(await cli(['log', 'repair', folder, '--yes'])).toMatchObject({ code: 0 });
    expect(readFileSync(segment)).toEqual(whole);
    const kept = readdirSync(join(folder, 'repairs')).find((name) => name.endsWith('.bytes')) ?? '';
    expect(readFileSync(join(folder, 'repairs', kept), 'utf8')).toBe('{"offset":');
  });

  test('passes over damage: the rest is as it was, the server starts, and the report says what is missing', async () => {
    const before = await idsOf();
    flip(groupAt(2) + 30);
    const damaged = readFileSync(segment);
    await expect(open()).rejects.toMatchObject({ code: 'LOG_DAMAGED', got: `${segment} at byte ${groupAt(2)}` });
    const checkpoint = layoutOf(folder).checkpoint(0);
    mkdirSync(join(checkpoint, '..'));
    writeFileSync(checkpoint, 'made from the lost records');

    const { out, code } = await cli(['log', 'repair', folder, '--skip', '--yes']);
    expect(code).toBe(0);
    expect(out).toContain('10 records lost from offset 20');
    const kept = readdirSync(join(folder, 'repairs'));
    const bytes = kept.find((name) => name.endsWith(`.0.${'0'.repeat(20)}.${groupAt(2)}.bytes`)) ?? '';
    expect(readFileSync(join(folder, 'repairs', bytes))).toEqual(damaged.subarray(groupAt(2), groupAt(3)));
    expect(existsSync(checkpoint)).toBe(false);
    expect(kept.some((name) => name.endsWith('.checkpoint.0.json'))).toBe(true);

    expect((await cli(['log', 'verify', folder])).code).toBe(0);
    const after = await idsOf();
    expect(after).toEqual(before.map((id, n) => (n >= 20 && n < 30 ? `lost-0-${n}` : id)));
    expect((await open()).partitions[0]?.end).toBe(before.length);
    const [report] = await readReports(folder, { now: START + 86_400_000 });
    expect(report?.notes).toContainEqual(
      expect.stringMatching(/^A repair of the log on .* gave up 10 records of partition 0 from offset 20: /),
    );
  });

  test('writes a damaged header again, which loses nothing', async () => {
    flip(12);
    expect((await cli(['log', 'repair', folder, '--skip', '--yes'])).out).toContain('0 records lost');
    expect(readFileSync(segment)).toEqual(whole);
  });

  test('keeps the places of a damaged last group, so that versions made from it do not stand ahead of the log', async () => {
    const groups = Math.ceil((written.partitions[0]?.length ?? 0) / GROUP);
    const before = await idsOf();
    flip(groupAt(groups - 1) + 30);
    expect((await cli(['log', 'repair', folder, '--skip', '--yes'])).code).toBe(0);
    expect((await idsOf()).length).toBe(before.length);
  });

  test.each([
    [
      'definitions and versions',
      () => flip(400, join(layoutOf(folder).config, segmentName(0))),
      /definitions or versions/,
    ],
    [
      'missing records',
      () => writeFileSync(segment, Buffer.concat([whole.subarray(0, groupAt(1)), whole.subarray(groupAt(2))])),
      /records 10 to 19 missing/,
    ],
  ])('refuses %s', async (_, change, message) => {
    change();
    const before = snapshotOf();
    const { err, code } = await cli(['log', 'repair', folder, '--skip', '--yes']);
    expect([code, err]).toEqual([1, expect.stringMatching(/^REPAIR_REFUSED: .*restore what is named from a copy/)]);
    expect(err).toMatch(message);
    expect(snapshotOf()).toBe(before);
  });
});
