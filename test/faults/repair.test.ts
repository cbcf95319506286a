import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom } from '@armature/analysis';
import { isSound, layoutOf, listSegments, readMeta } from '@armature/analysis/log';
import type { LogEvent } from '@armature/sdk/protocol';
import { silent, virtualClock } from '@armature/server';
import { afterEach, expect, test, vi } from 'vitest';
import { openFileLog } from '../../packages/server/src/adapters/file-log.js';
import { takeLock } from '../../packages/server/src/adapters/lock-file.js';
import { checksOf, repairLog, repairsOf } from '../../packages/server/src/adapters/repair-log.js';
import { reportRow } from './fault-report.js';
import { type End, type Life, type UnsyncedDisk, unsyncedDisk } from './unsynced-disk.js';
import { recordsOf } from './whole-log.js';

vi.setConfig({ testTimeout: 180_000 });
const NOW = Date.UTC(2026, 10, 24, 12);
const RECORDS = 30;
const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

const event = (n: number): LogEvent => ({
  specversion: '1.0',
  type: 'dev.armature.tick.v1',
  source: '/test',
  id: `t-${n}`,
  time: new Date(NOW).toISOString(),
  data: {},
});

interface Damaged {
  readonly machine: UnsyncedDisk;
  /** The damaged segment, and where its second group lies. */
  readonly name: string;
  readonly taken: Buffer;
  readonly lost: readonly number[];
}

/** A log of several segments, with a bit turned in the second group of its second segment and a torn tail. */
async function damaged(seed: number): Promise<Damaged> {
  const folder = await mkdtemp(join(tmpdir(), 'armature-repair-'));
  folders.push(folder);
  const machine = unsyncedDisk(folder, createRandom(seed));
  const life = machine.start();
  const { fs, data } = life;
  const base = { fs, clock: virtualClock(NOW), logger: silent, directory: data, partitions: 1 };
  const log = await openFileLog({ ...base, segmentBytes: 1500 });
  for (let n = 0; n < RECORDS; n += 2) await log.partitions[0]?.append([event(n), event(n + 1)]);
  await log.anchor();
  await log.close();
  const segments = await listSegments(layoutOf(data).partition(0));
  const { path, base: first } = segments[1] as { path: string; base: number };
  const bytes = await readFile(path);
  const checks = [...bytes.toString('latin1').matchAll(/\{"crc":[^\n]*\n/g)].map(
    (match) => match.index + match[0].length,
  );
  const [, from, to] = checks as [number, number, number];
  life.flip(path, from + 30);
  const taken = (await readFile(path)).subarray(from, to);
  const last = segments.at(-1)?.path ?? '';
  const tail = await fs.open(last, 'existing');
  await tail.write(Buffer.from('{"offset":99'), (await readFile(last)).length);
  await tail.sync();
  await tail.close();
  life.end('kill');
  return { machine, name: path.slice(data.length), taken, lost: [first + 2, first + 3] };
}

/** What `armature log repair --skip --yes` does. */
async function repair({ fs, data }: Life): Promise<void> {
  const meta = await readMeta(data);
  if (meta === undefined) throw new Error('no log');
  const lock = await takeLock(fs, layoutOf(data).lock);
  const repairs = repairsOf(await checksOf(data, meta, async () => 0));
  if (repairs.length > 0) await repairLog({ fs, directory: data, meta, now: NOW, repairs });
  await lock.release();
}

async function expectRepaired({ fs, data }: Life, { taken, lost }: Damaged): Promise<void> {
  const meta = await readMeta(data);
  if (meta === undefined) throw new Error('no log');
  const checks = await checksOf(data, meta, async () => 0);
  expect(checks.every((check) => isSound(check) && check.torn === 0)).toBe(true);
  const ids = (await recordsOf(data)).flat().map((record) => record.event.id);
  expect(ids).toEqual(Array.from({ length: RECORDS }, (_, n) => (lost.includes(n) ? `lost-0-${n}` : `t-${n}`)));
  const { repairs } = layoutOf(data);
  const kept = await Promise.all((await readdir(repairs)).map((name) => readFile(join(repairs, name))));
  expect(kept.some((bytes) => bytes.equals(taken))).toBe(true);
  const log = await openFileLog({ fs, clock: virtualClock(NOW), logger: silent, directory: data });
  expect(log.partitions[0]?.end).toBe(RECORDS);
  await log.close();
}

test.each<End>(['kill', 'prefix', 'zeros'])(
  'a repair that ends at any of its operations can be made again, and loses nothing more (%s)',
  async (end) => {
    const whole = await damaged(1);
    const life = whole.machine.start();
    const before = life.operations.length;
    await repair(life);
    await expectRepaired(life, whole);
    const operations = life.operations.slice(before);
    expect(operations).toContain(`rename data${whole.name}`);
    for (const at of operations.keys()) {
      const again = await damaged(at + 2);
      const cut = again.machine.start();
      cut.endAt(at + 1, end);
      await repair(cut).catch(() => {});
      cut.end(end);
      const next = again.machine.start();
      await repair(next);
      await expectRepaired(next, again);
    }
    const cells = {
      run: 'a repair, ended at every operation of its disk, and made again',
      end,
      ends: operations.length,
    };
    reportRow('Power loss', { ...cells, lost: 0, doubled: 0 });
  },
);
