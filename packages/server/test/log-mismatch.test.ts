import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { layoutOf } from '@armature/analysis/log';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Engine, openEngine, type VirtualClock, virtualClock } from '../src/index.js';
import { decisionOf, FILES, rewardOf, type Workspace, workspace } from './workspace.js';

const START = Date.UTC(2026, 10, 24, 12);
let space: Workspace;
let clock: VirtualClock;
let older: string;

const checkpoints = (): string => join(layoutOf(space.data).checkpoint(0), '..');
const open = (data = space.data): Promise<Engine> => space.open({ clock, data });

async function load(engine: Engine, decisions: number): Promise<void> {
  for (let n = 0; n < decisions; n += 1) {
    const decision = decisionOf(engine.snapshot, 'reader', n % 3 === 0 ? 'small' : 'large', clock.now());
    await engine.ingest([decision, rewardOf('reader', decision.id, { correct: n % 3 === 0 ? 0 : 1 }, clock.now())]);
    await clock.advance(20);
  }
  await clock.advance(2000);
}

/** A log, and a copy of it from before its last versions. */
beforeEach(async () => {
  space = await workspace(FILES);
  clock = virtualClock(START);
  older = join(space.root, 'older');
  const before = await space.open({ clock, partitions: 2 });
  await load(before, 10);
  await before.close();
  await cp(space.data, older, { recursive: true });
  const after = await open();
  await load(after, 30);
  await after.close();
});
afterEach(() => space.dispose());

/** Puts a part of the older copy back, in the place of what is there. */
async function putBack(part: string): Promise<void> {
  await rm(join(space.data, part), { recursive: true, force: true });
  await cp(join(older, part), join(space.data, part), { recursive: true });
}

async function otherLog(): Promise<string> {
  const data = join(space.root, 'other');
  const engine = await space.open({ clock, data, partitions: 2 });
  await load(engine, 60);
  await engine.close();
  return data;
}

test.each([
  ['the events are an older copy', () => putBack('events'), /stream 0 of \d+ records, which had \d+/],
  [
    'the events are an older copy, and the anchor is gone',
    async () => {
      await putBack('events');
      await rm(layoutOf(space.data).anchor);
    },
    /partition 0 ending at \d+, and a (checkpoint|version)/,
  ],
  [
    'the events are an older copy, and neither anchor nor checkpoints are there',
    async () => {
      await putBack('events');
      await rm(layoutOf(space.data).anchor);
      await rm(checkpoints(), { recursive: true });
    },
    /partition \d ending at \d+, and a version made from \d+/,
  ],
  [
    'the events are an older copy that went on by itself',
    async () => {
      const apart = await open(older);
      await load(apart, 200);
      await apart.close();
      await putBack('events');
      await rm(checkpoints(), { recursive: true });
    },
    /stream \d of \d+ records, whose record \d+ is another than it was/,
  ],
  [
    'definitions and versions are an older copy',
    () => putBack('config'),
    /stream config of \d+ records, which had \d+/,
  ],
  ['a partition is lost', () => rm(layoutOf(space.data).partition(1), { recursive: true }), /stream 1 of 0 records/],
  [
    'definitions and versions are lost',
    () => rm(layoutOf(space.data).config, { recursive: true }),
    /config of 0 records/,
  ],
  [
    'the events are those of another log',
    async () => {
      const other = await otherLog();
      await rm(join(space.data, 'events'), { recursive: true });
      await cp(join(other, 'events'), join(space.data, 'events'), { recursive: true });
    },
    /a segment of log \S+, stream 0, in stream 0 of \S+/,
  ],
  [
    'log.json is that of another log',
    async () => cp(layoutOf(await otherLog()).meta, layoutOf(space.data).meta),
    /an anchor of log \S+ beside log \S+/,
  ],
])('a start is refused with a remedy where %s', async (_, change, got) => {
  await change();
  const failed = await open().catch((cause: unknown) => cause);
  expect(failed).toMatchObject({ code: 'LOG_MISMATCH', retryable: false, got: expect.stringMatching(got) });
  expect((failed as Error).message).toContain('restore the whole directory from one copy');
  expect(await readdir(space.data)).not.toContain('lock');
});

test('records that are missing in the middle are a hole', async () => {
  await space.dispose();
  space = await workspace(FILES);
  const engine = await openEngine({ ...space, clock, partitions: 1, segmentBytes: 2000, watch: false });
  await load(engine, 60);
  await engine.close();
  const folder = layoutOf(space.data).partition(0);
  const names = (await readdir(folder)).sort();
  await rm(join(folder, names.at(-2) ?? ''));
  await expect(open()).rejects.toMatchObject({ code: 'DATA_HOLE' });
});

test('a whole older copy starts: nothing in it tells of what came later', async () => {
  expect((await open(older)).partitions.length).toBe(2);
});

test.each(['', '{', 'null', '{"schema":1,"log":"L","streams":{"0":{"offset":-1,"hash":""}}}'])(
  'an anchor that is damaged (%j) is ignored and told, and made again',
  async (text) => {
    const path = layoutOf(space.data).anchor;
    const whole = JSON.parse(await readFile(path, 'utf8'));
    await writeFile(path, text);
    const told: string[] = [];
    const logger = { info: () => {}, error: () => {}, warn: (event: string) => void told.push(event) };
    const engine = await space.open({ clock, logger });
    expect(told).toEqual(['damaged anchor ignored']);
    await engine.close();
    const again = JSON.parse(await readFile(path, 'utf8'));
    expect(again.streams['0'].offset).toBeGreaterThanOrEqual(whole.streams['0'].offset);
  },
);

test('a damaged record that the anchor names is damage, with the code for it', async () => {
  await space.dispose();
  space = await workspace(FILES);
  const engine = await openEngine({ ...space, clock, partitions: 1, segmentBytes: 2000, watch: false });
  await load(engine, 10);
  await engine.checkpoint();
  const anchor = await readFile(layoutOf(space.data).anchor);
  await load(engine, 60);
  await engine.close();
  await writeFile(layoutOf(space.data).anchor, anchor);
  const { offset } = JSON.parse(anchor.toString('utf8')).streams['0'];
  const folder = layoutOf(space.data).partition(0);
  const named = (await readdir(folder)).sort().filter((name) => Number(name.slice(0, 20)) < offset);
  const path = join(folder, named.at(-1) ?? '');
  const bytes = await readFile(path);
  bytes[bytes.indexOf('"offset"') + 3] = 0x21;
  await writeFile(path, bytes);
  await expect(open()).rejects.toMatchObject({ code: 'LOG_DAMAGED', retryable: false });
});
