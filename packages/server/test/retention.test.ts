import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { foldLog, readReports } from '@armature/analysis';
import { emptyState, stateDigest } from '@armature/analysis/fold';
import {
  encodeFloor,
  type Floor,
  isSound,
  type LogMeta,
  layoutOf,
  readFloor,
  readMeta,
  type SegmentCheck,
  verifyLog,
} from '@armature/analysis/log';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { expendableBefore, ruleOfPartition } from '../src/aggregation/retention.js';
import { type Engine, type EngineOptions, type VirtualClock, virtualClock } from '../src/index.js';
import { cli } from './cli/recorded-terminal.js';
import { decisionOf, FILES, rewardOf, type Workspace, workspace } from './workspace.js';

const START = Date.UTC(2026, 10, 24, 12);
const HOUR = 3_600_000;
let space: Workspace;
let clock: VirtualClock;

beforeEach(async () => {
  space = await workspace(FILES);
  clock = virtualClock(START);
});
afterEach(() => space.dispose());

const open = (more: Partial<EngineOptions> = {}): Promise<Engine> =>
  space.open({ clock, partitions: 2, segmentBytes: 3000, ...more });

/** Some trials with their rewards, and a moment in which they close. */
async function load(engine: Engine, trials: number): Promise<void> {
  for (let n = 0; n < trials; n += 1) {
    const decision = decisionOf(engine.snapshot, 'reader', n % 2 === 0 ? 'large' : 'small', clock.now());
    await engine.ingest([decision, rewardOf('reader', decision.id, { correct: n % 3 === 0 ? 1 : 0 }, clock.now())]);
    await clock.advance(40);
  }
  await clock.advance(3000);
}

/** A log whose first part is seven hours older than its second, with a copy from before anything was deleted. */
async function deleted(): Promise<{ readonly engine: Engine; readonly copy: string }> {
  const before = await open();
  await load(before, 40);
  await before.close();
  const between = await open();
  await load(between, 20);
  await between.close();
  await clock.advance(7 * HOUR);
  const engine = await open({ retention: { ageMs: 6 * HOUR } });
  await load(engine, 10);
  const copy = join(space.root, 'copy');
  await cp(space.data, copy, { recursive: true });
  await engine.checkpoint();
  return { engine, copy };
}

const bases = async (data: string, partition: number): Promise<number[]> =>
  (await readdir(layoutOf(data).partition(partition)))
    .filter((name) => name.endsWith('.jsonl'))
    .map((name) => Number(name.slice(0, 20)))
    .sort((a, b) => a - b);

const sealed = (floor: Floor): Buffer => Buffer.concat(encodeFloor(floor));

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 4;
  return copy;
}

describe('retention', () => {
  test('keeps everything unless it is asked to delete', async () => {
    const engine = await open();
    await load(engine, 40);
    await engine.close();
    await clock.advance(90 * 24 * HOUR);
    await (await open()).checkpoint();
    for (const partition of [0, 1]) expect((await bases(space.data, partition))[0]).toBe(0);
  });

  test('deletes old segments, and every report still says the same', async () => {
    const { engine, copy } = await deleted();
    for (const partition of [0, 1]) {
      const kept = await bases(space.data, partition);
      expect((await bases(copy, partition)).length).toBeGreaterThan(kept.length + 1);
      expect((await readFloor(space.data, partition))?.offset).toBe(kept[0]);
    }
    await engine.close();
    const now = clock.now();
    const [whole, rest] = [await readReports(copy, { now }), await readReports(space.data, { now })];
    for (const [n, report] of rest.entries()) {
      const { notes, ...figures } = report;
      const { notes: noted, ...expected } = whole[n]!;
      expect(figures).toEqual(expected);
      expect(notes.filter((note) => !noted.includes(note))).toEqual([
        expect.stringMatching(/^Retention has deleted the first \d+ records of partition 0, up to 2026-11-24T12:/),
        expect.stringMatching(/^Retention has deleted the first \d+ records of partition 1, /),
      ]);
    }
  });

  test('leaves a log that folds to the same bytes as the whole one, and as the server itself', async () => {
    const { engine, copy } = await deleted();
    await engine.close();
    const states = engine.partitions.map(({ state }) => stateDigest(state));
    const kept = await foldLog(space.data);
    expect(kept.partitions.map(stateDigest)).toEqual(states);
    const whole = await foldLog(copy);
    const floors = kept.floors.map((floor) => floor?.offset);
    expect(floors.every((offset) => (offset ?? 0) > 0)).toBe(true);
    expect(whole.floors).toEqual([undefined, undefined]);
    const { out, code } = await cli(['replay', space.data]);
    expect(code).toBe(0);
    expect(out).toContain('2 of 2 checkpoints compared, all the same bytes');
    expect(out).toContain(`partition 0 is folded on from record ${floors[0]}: those before were deleted`);
    expect((await cli(['log', 'verify', space.data])).code).toBe(0);
  });

  test('refuses what needs each record, and says so where it only lacks some', async () => {
    const { engine } = await deleted();
    await engine.close();
    const rows = await cli(['report', space.data, '--rows']);
    expect([rows.code, rows.err]).toEqual([
      1,
      expect.stringMatching(/^RECORDS_DELETED: .*use the report from running/),
    ]);
    const exported = await cli(['export', space.data]);
    expect(exported.err).toMatch(/^retention has deleted the first \d+ records of partition 0, .*no rows of trials/);
    const ends = exported.out.trim().split('\n').length;
    expect(ends).toBeGreaterThanOrEqual(10);
    expect(ends).toBeLessThan(70);
  });

  test('a start without checkpoint goes on from what was kept, to the same bytes', async () => {
    const { engine } = await deleted();
    await engine.close();
    const states = engine.partitions.map(({ state }) => stateDigest(state));
    const layout = layoutOf(space.data);
    const older = JSON.stringify({ schema: 1, log: 'L', offset: 0, sha256: '', state: '' });
    await rm(layout.checkpoint(0));
    await writeFile(layout.checkpoint(1), older);
    const { partitions } = await foldLog(space.data);
    expect(partitions.map(stateDigest)).toEqual(states);
    const again = await open();
    const ticks = again.partitions.map(({ state }) => state.offset);
    expect(ticks).toEqual(partitions.map(({ offset }) => offset + 1));
  });

  test.each([
    ['damaged at its beginning', (bytes: Buffer) => flipped(bytes, 25), 'LOG_DAMAGED'],
    ['damaged at its end', (bytes: Buffer) => flipped(bytes, bytes.length - 1), 'LOG_DAMAGED'],
    ['cut short', (bytes: Buffer) => bytes.subarray(0, -1), 'LOG_DAMAGED'],
    ['cut in its first line', (bytes: Buffer) => bytes.subarray(0, 60), 'LOG_DAMAGED'],
    ['empty', (bytes: Buffer) => bytes.subarray(0, 0), 'LOG_DAMAGED'],
    ['gone', () => undefined, 'DATA_HOLE'],
    ['of another log', (_: Buffer, floor: Floor) => sealed({ ...floor, log: 'another' }), 'LOG_OTHER'],
    [
      'of another version of the fold',
      (_: Buffer, floor: Floor) => sealed({ ...floor, head: floor.head.replace('{"schema":', '{"schema":9') }),
      'STATE_OUTDATED',
    ],
  ])('a start is refused where what was kept is %s', async (_, change, code) => {
    const { engine } = await deleted();
    await engine.close();
    const path = layoutOf(space.data).floor(0);
    const floor = (await readFloor(space.data, 0)) as Floor;
    const changed = change(await readFile(path), floor);
    if (changed === undefined) await rm(path);
    else await writeFile(path, changed);
    await rm(layoutOf(space.data).checkpoint(0));
    await expect(open()).rejects.toMatchObject({ code });
  });

  test('a check of the log that meets what is being deleted finds nothing wrong', async () => {
    const before = await open();
    await load(before, 60);
    await before.close();
    await clock.advance(7 * HOUR);
    const engine = await open({ retention: { ageMs: 6 * HOUR } });
    await load(engine, 10);
    const meta = (await readMeta(space.data)) as LogMeta;
    const [first] = await bases(space.data, 0);
    const found: SegmentCheck[] = [];
    const begins = async (p: number): Promise<number> => (await readFloor(space.data, p))?.offset ?? 0;
    for await (const check of verifyLog(space.data, meta, begins)) {
      found.push(check);
      if (check.stream === '0' && check.base === first) await engine.checkpoint();
    }
    const [kept] = await bases(space.data, 0);
    expect(found.filter(({ stream, base }) => stream === '0' && base < (kept ?? 0))).toHaveLength(1);
    expect(found.every(isSound)).toBe(true);
  });

  test('deletes nothing while log time is ahead of the clock, by which everything is old', async () => {
    const before = await open();
    await load(before, 40);
    await before.close();
    const wrong = virtualClock(START + 30 * 24 * HOUR);
    const ahead = await open({ clock: wrong });
    await wrong.advance(15 * 60_000);
    await ahead.close();
    const engine = await open({ retention: { ageMs: 7 * 24 * HOUR } });
    expect(engine.logFault()?.code).toBe('LOG_AHEAD');
    await engine.checkpoint();
    for (const partition of [0, 1]) expect((await bases(space.data, partition))[0]).toBe(0);
  });

  test('an age of less than the six hours of the ids is refused', async () => {
    await expect(open({ retention: { ageMs: 6 * HOUR - 1 } })).rejects.toMatchObject({ code: 'RETENTION_INVALID' });
    expect(ruleOfPartition({ bytes: 1000 }, 4)).toEqual({ bytes: 250 });
  });
});

describe('what may go', () => {
  const at = (offset: number) => offset * HOUR;
  const stream = {
    async *read(offset: number) {
      yield [{ offset, at: at(offset), event: {} as never }];
    },
  };
  /** Four segments of an hour and 100 bytes; log time is ten hours. */
  const segments = [0, 1, 2, 3].map((base) => ({ base, end: base + 1, bytes: 100 }));
  const state = (openTrialAt?: number) => {
    const empty = emptyState();
    if (openTrialAt !== undefined) empty.trials.set('t', { key: 't', at: openTrialAt, order: 0 } as never);
    return { ...empty, watermark: 10 * HOUR };
  };

  test.each([
    ['nothing by no rule', {}, state(), 4, 0],
    ['what is older than the age', { ageMs: 8 * HOUR }, state(), 4, 1],
    ['the oldest, as long as there are too many bytes', { bytes: 250 }, state(), 4, 2],
    ['whatever one of the two lets go', { bytes: 300, ageMs: 7 * HOUR }, state(), 4, 2],
    ['never the segment that is being written', { bytes: 0 }, state(), 4, 3],
    ['nothing behind the checkpoint', { bytes: 0 }, state(), 2, 2],
    ['nothing that an open trial may lie in', { bytes: 0 }, state(2 * HOUR), 4, 1],
  ])('%s', async (_, rule, now, checkpoint, expected) => {
    expect(await expendableBefore(segments, rule, { state: now, checkpoint, stream })).toBe(expected);
  });

  test('nothing of the six hours for which ids are remembered', async () => {
    const early = { ...state(), watermark: 8.5 * HOUR };
    expect(await expendableBefore(segments, { bytes: 0 }, { state: early, checkpoint: 4, stream })).toBe(2);
  });
});
