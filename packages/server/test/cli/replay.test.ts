import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { foldPartition, readConfigLog } from '@armature/analysis';
import { emptyState, type StateChanges, startJournal, takeChanges } from '@armature/analysis/fold';
import { layoutOf } from '@armature/analysis/log';
import { describe, expect, test } from 'vitest';
import { generateLog, writeLog } from '../../../analysis/test/written-log.js';
import { disk } from '../../src/adapters/disk.js';
import { fileState } from '../../src/adapters/file-state.js';
import { silent } from '../../src/adapters/loggers.js';
import { editCheckpoint } from '../edit-checkpoint.js';
import { cli, folderOf } from './recorded-terminal.js';

/** A data directory of two partitions, with a checkpoint of the first at this offset. */
async function written(offset?: number, log = 'log-1'): Promise<string> {
  const folder = folderOf();
  writeLog(folder, generateLog({ seed: 3, partitions: 2, decisions: 300, perVersion: 100 }), 50);
  if (offset === undefined) return folder;
  const store = await fileState(disk(), folder, silent);
  const state = emptyState();
  startJournal(state);
  let changes: StateChanges | undefined;
  const look = (): void => {
    changes = takeChanges(state);
  };
  await foldPartition(folder, 0, await readConfigLog(folder), state, { at: { offset, look } });
  if (changes !== undefined) await store.save(0, { log, offset, changes });
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
    const older = (body: string): string => body.replace(/\{\\"schema\\":\d+/, '{\\"schema\\":1');
    await editCheckpoint(layoutOf(folder).checkpoint(0), older);
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
    await editCheckpoint(layoutOf(folder).checkpoint(0), (body) => body.replace('\\"opened\\":', '\\"opened\\":1'));
    const { out, err, code } = await cli(['replay', folder]);
    expect(code).toBe(1);
    expect(compared(out)[0]).toEqual(['100', 'differs']);
    expect(err).toMatch(/^REPLAY_DIFFERS: .*, got partition 0 differs, keep a copy/);
  });

  test.each([
    ['of another log', (text: string) => text.replace('"log":"log-1"', '"log":"log-2"')],
    ['ahead of the log', (text: string) => text.replace('"offset":100', '"offset":100000')],
  ])('finds a checkpoint that is %s', async (what, change) => {
    const folder = await written(100);
    await editCheckpoint(layoutOf(folder).checkpoint(0), change);
    const { err, code } = await cli(['replay', folder]);
    expect(code).toBe(1);
    expect(err).toContain(`got partition 0 ${what},`);
  });

  test.each([
    ['its small file', (folder: string) => layoutOf(folder).checkpoint(0)],
    [
      'a part that it names',
      (folder: string) => {
        const parts = layoutOf(folder).checkpointParts(0);
        return join(parts, readdirSync(parts).find((name) => name.includes('ids'))!);
      },
    ],
  ])('finds a flipped bit in %s', async (_, pathOf) => {
    const folder = await written(100);
    const bytes = readFileSync(pathOf(folder));
    bytes[bytes.length >> 1]! ^= 1;
    writeFileSync(pathOf(folder), bytes);
    expect((await cli(['replay', folder])).err).toContain('got partition 0 damaged,');
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
