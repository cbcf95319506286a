import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { foldPartition, readConfigLog } from '@armature/analysis';
import { emptyState, encodeState, type PartitionState } from '@armature/analysis/fold';
import { layoutOf } from '@armature/analysis/log';
import { describe, expect, test } from 'vitest';
import { generateLog, writeLog } from '../../../analysis/test/written-log.js';
import { disk } from '../../src/adapters/disk.js';
import { fileState } from '../../src/adapters/file-state.js';
import { silent } from '../../src/adapters/loggers.js';
import { cli, folderOf } from './recorded-terminal.js';

/** A data directory of two partitions, with a checkpoint of the first at this offset. */
async function written(offset?: number, log = 'log-1'): Promise<string> {
  const folder = folderOf();
  writeLog(folder, generateLog({ seed: 3, partitions: 2, decisions: 300, perVersion: 100 }), 50);
  if (offset === undefined) return folder;
  const store = await fileState(disk(), folder, silent);
  let encoded = '';
  const look = (state: PartitionState): void => {
    encoded = encodeState(state);
  };
  await foldPartition(folder, 0, await readConfigLog(folder), emptyState(), { at: { offset, look } });
  await store.save(0, { log, offset, state: encoded });
  return folder;
}

const compared = (out: string) =>
  out
    .split('\n')
    .slice(1, 3)
    .map((line) => line.trim().split(/ {2,}/).slice(3));

describe('replay', () => {
  test.each([1, 77, 250])('finds the bytes of a checkpoint at record %i', async (offset) => {
    const { out, code } = await cli(['replay', await written(offset)]);
    expect(code).toBe(0);
    expect(compared(out)).toEqual([
      [String(offset), 'same'],
      ['-', 'no checkpoint'],
    ]);
    expect(out).toContain('1 of 2 checkpoints compared, all the same bytes');
  });

  test('gives the same digests each time, in JSON whole', async () => {
    const folder = await written(100);
    const [first, second] = [await cli(['replay', folder, '--json']), await cli(['replay', folder, '--json'])];
    expect(first).toEqual(second);
    const { same, partitions } = JSON.parse(first.out);
    expect(same).toBe(true);
    expect(partitions[0]).toMatchObject({ partition: 0, checkpoint: 'same', offset: 100 });
    expect(partitions[0].stored).toBe(partitions[0].replayed);
    expect(partitions[1].digest).toMatch(/^[0-9a-f]{64}$/);
  });

  test('compares nothing with a checkpoint of another version of the fold, which the next start folds again', async () => {
    const folder = await written(100);
    const store = await fileState(disk(), folder, silent);
    const { log, offset, state } = (await store.load(0))!;
    await store.save(0, { log, offset, state: state.replace(/^\{"schema":\d+/, '{"schema":1') });
    const { out, code } = await cli(['replay', folder]);
    expect(code).toBe(0);
    expect(compared(out)[0]).toEqual(['100', 'of another version']);
  });

  test('says so where there is nothing to compare', async () => {
    const { out, code } = await cli(['replay', await written()]);
    expect(code).toBe(0);
    expect(out).toContain('no checkpoint to compare with');
  });

  test('finds a count that was changed, and ends with 1', async () => {
    const folder = await written(100);
    const store = await fileState(disk(), folder, silent);
    const checkpoint = (await store.load(0))!;
    await store.save(0, { ...checkpoint, state: checkpoint.state.replace('"opened":', '"opened":1') });
    const { out, err, code } = await cli(['replay', folder]);
    expect(code).toBe(1);
    expect(compared(out)[0]).toEqual(['100', 'differs']);
    expect(err).toMatch(/^REPLAY_DIFFERS: .*, got partition 0 differs, keep a copy/);
  });

  test.each([
    ['damaged', (text: string) => text.replace('"offset":100', '"offset":101').slice(0, -9)],
    ['of another log', (text: string) => text.replace('"log":"log-1"', '"log":"log-2"')],
    ['ahead of the log', (text: string) => text.replace('"offset":100', '"offset":100000')],
  ])('finds a checkpoint that is %s', async (what, change) => {
    const folder = await written(100);
    const path = layoutOf(folder).checkpoint(0);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, change(readFileSync(path, 'utf8')));
    const { err, code } = await cli(['replay', folder]);
    expect(code).toBe(1);
    expect(err).toContain(`got partition 0 ${what},`);
  });

  test('writes nothing', async () => {
    const folder = await written();
    await cli(['replay', folder]);
    expect(() => readFileSync(join(folder, 'checkpoints'))).toThrow('ENOENT');
  });

  test('tells its progress after a second, and not before', async () => {
    const folder = await written();
    const slow = await cli(['replay', folder], { stepMs: 3000 });
    expect(slow.err).toMatch(/^replaying partition 1 of 2, \d+ records\n/);
    expect((await cli(['replay', folder])).err).toBe('');
    expect((await cli(['replay', folder], { stepMs: 3000, live: true })).err).toMatch(/<replaying .*><>$/s);
  });
});
