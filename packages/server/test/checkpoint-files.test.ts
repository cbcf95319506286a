import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type PartitionState, restoreState, stateDigest, takeChanges } from '@armature/analysis/fold';
import { layoutOf } from '@armature/analysis/log';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { registry } from '../../analysis/test/fold/records.js';
import { disk } from '../src/adapters/disk.js';
import { fileState } from '../src/adapters/file-state.js';
import { silent } from '../src/adapters/loggers.js';
import type { FileSystem, StateStore } from '../src/ports.js';
import { growing } from './growing-state.js';

let data: string;
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'armature-checkpoint-'));
});
afterEach(() => rm(data, { recursive: true, force: true }));

const save = (store: StateStore, state: PartitionState): Promise<void> =>
  store.save(0, { log: 'log-1', offset: state.offset, changes: takeChanges(state) });

async function loadedDigest(): Promise<string | undefined> {
  const stored = await (await fileState(disk(), data, silent)).load(0);
  return stored && stateDigest(restoreState(stored, registry));
}

/** The disk, counting the bytes written to it; it may fail at its n-th operation from now, as a full one does. */
function countingDisk() {
  const real = disk();
  let left = Number.POSITIVE_INFINITY;
  let bytes = 0;
  const act = (): void => {
    left -= 1;
    if (left < 0) throw Object.assign(new Error('ENOSPC: injected'), { code: 'ENOSPC' });
  };
  const fs: FileSystem = {
    ...real,
    async open(...args) {
      act();
      const file = await real.open(...args);
      return {
        ...file,
        async write(some, position) {
          act();
          bytes += some.length;
          await file.write(some, position);
        },
        async datasync() {
          act();
          await file.datasync();
        },
        async sync() {
          act();
          await file.sync();
        },
      };
    },
    async rename(...args) {
      act();
      await real.rename(...args);
    },
    async syncDirectory(path) {
      act();
      await real.syncDirectory(path);
    },
  };
  return {
    fs,
    failAt(n: number): void {
      left = n;
    },
    heal(): void {
      left = Number.POSITIVE_INFINITY;
    },
    written(): number {
      const before = bytes;
      bytes = 0;
      return before;
    },
  };
}

test('a checkpoint that fails at any operation leaves the one before, and the next has what it lacked', async () => {
  const { fs, failAt, heal } = countingDisk();
  const store = await fileState(fs, data, silent);
  const { state, grow } = growing();
  let failed = 0;
  let lies: string | undefined;
  for (let n = 0; n < 40; n += 1) {
    grow(10);
    failAt(n % 20);
    const now = stateDigest(state);
    await save(store, state).then(
      () => {},
      () => {
        failed += 1;
      },
    );
    heal();
    // where the folder could not be synced, the new one may be in force already
    const before = lies;
    lies = await loadedDigest();
    expect([before, now]).toContain(lies);
    if (n % 20 !== 19) continue;
    await save(store, state);
    lies = await loadedDigest();
    expect(lies).toBe(now);
  }
  expect(failed).toBeGreaterThan(10);
});

test('a checkpoint writes what changed and not what there is', async () => {
  const { fs, written } = countingDisk();
  const store = await fileState(fs, data, silent);
  const { state, grow } = growing();
  grow(10_000);
  await save(store, state);
  const whole = written();
  grow(5);
  await save(store, state);
  expect(whole).toBeGreaterThan(1_000_000);
  expect(written()).toBeLessThan(20_000);
  expect(await loadedDigest()).toBe(stateDigest(state));
});

test('files that no checkpoint names go, also those of a state that was given up', async () => {
  const { state, grow } = growing();
  grow(100);
  await save(await fileState(disk(), data, silent), state);
  const first = await readdir(layoutOf(data).checkpointParts(0));
  const again = growing();
  again.grow(50);
  const store = await fileState(disk(), data, silent);
  await save(store, again.state);
  const second = await readdir(layoutOf(data).checkpointParts(0));
  expect(second.filter((name) => first.includes(name))).toEqual([]);
  again.grow(1);
  await save(store, again.state);
  expect(new Set((await readdir(layoutOf(data).checkpointParts(0))).map((name) => name.split('.')[0]))).toEqual(
    new Set(['2-cells', '2-ids', '2-rewardIds', '2-units', '2-trials']),
  );
  expect(await loadedDigest()).toBe(stateDigest(again.state));
});

test('what failed checkpoints could not write is kept only as long as a later one names it', async () => {
  const { fs, failAt, heal } = countingDisk();
  const store = await fileState(fs, data, silent);
  const { state, grow } = growing();
  grow(10);
  await save(store, state);
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const held = (): number => {
    collect();
    return process.memoryUsage().arrayBuffers;
  };
  const before = held();
  for (let n = 0; n < 100; n += 1) {
    // as cells are: written anew each time, under another name
    const part = `cells.7.${n}`;
    const added = new Map([[part, [new Uint8Array(1_000_000)]]]);
    failAt(0);
    const changes = { whole: false, head: '{}', added, parts: [part] };
    await expect(store.save(0, { log: 'log-1', offset: n, changes })).rejects.toThrow('ENOSPC');
  }
  heal();
  // what is let go of is given back a little later
  await expect.poll(() => held() - before, { timeout: 10_000 }).toBeLessThan(20_000_000);
  grow(10);
  await save(store, state);
  expect(await loadedDigest()).toBe(stateDigest(state));
});
