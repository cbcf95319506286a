import { createRandom } from '@armature/analysis';
import { stateDigest } from '@armature/analysis/fold';
import { layoutOf } from '@armature/analysis/log';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { unsyncedDisk } from '../../../test/faults/unsynced-disk.js';
import { type Engine, type VirtualClock, virtualClock } from '../src/index.js';
import { editCheckpoint } from './edit-checkpoint.js';
import { decisionOf, rewardOf, type Workspace, workspace } from './workspace.js';

const MINUTE = 60_000;
const FILES = {
  'a.yaml': `experiment: reader
arms: [large, small]
assign: request
policy: thompson
reward: { metric: correct, window: 10m }
`,
};
let space: Workspace;
let clock: VirtualClock;

beforeEach(async () => {
  space = await workspace(FILES);
  clock = virtualClock(Date.UTC(2026, 10, 24, 12));
});
afterEach(() => space.dispose());

/** Twenty decisions, taken now; and their rewards from `later` ms on, as their clients hold them. */
async function twenty(engine: Engine, later: number) {
  const now = clock.now();
  const decisions = Array.from({ length: 20 }, () => decisionOf(engine.snapshot, 'reader', 'large', now));
  expect(await engine.ingest(decisions)).toMatchObject({ accepted: 20 });
  return decisions.map(({ id }) => rewardOf('reader', id, { correct: 1 }, now + later));
}

function counted(engine: Engine) {
  const cells = engine.statistics().flatMap(({ arms }) => arms.flatMap(({ metrics }) => metrics.correct ?? []));
  const sum = (of: (cell: (typeof cells)[number]) => number) => cells.reduce((all, cell) => all + of(cell), 0);
  const late = engine.health().get('reader')?.late;
  return { trials: sum(({ trials }) => trials), ones: sum(({ rewarded, mean }) => rewarded * mean), late };
}

test('rewards that were queued while the server was down for longer than their window all count', async () => {
  let engine = await space.open({ clock, partitions: 2 });
  const queued = await twenty(engine, 5 * MINUTE);
  await clock.advance(MINUTE);
  await engine.close();
  await clock.advance(20 * MINUTE);
  engine = await space.open({ clock });
  await clock.advance(30_000);
  expect(await engine.ingest(queued)).toMatchObject({ accepted: 20 });
  await clock.advance(11 * MINUTE);
  expect(counted(engine)).toEqual({ trials: 20, ones: 20, late: 0 });
});

test('rewards that were queued while the disk was full for longer than their window all count', async () => {
  const life = unsyncedDisk(space.root, createRandom(1)).start();
  const engine = await space.open({ clock, fs: life.fs, data: life.data, partitions: 1 });
  const queued = await twenty(engine, 5 * MINUTE);
  life.inject({ operation: 'write', code: 'ENOSPC', times: 1e9 });
  await clock.advance(20 * MINUTE);
  life.heal();
  expect(await engine.ingest(queued)).toMatchObject({ accepted: 20 });
  await clock.advance(11 * MINUTE);
  expect(counted(engine)).toEqual({ trials: 20, ones: 20, late: 0 });
});

test('a checkpoint that another version of the fold wrote is folded again from the log, and that is told', async () => {
  const first = await space.open({ clock, partitions: 1 });
  await twenty(first, MINUTE);
  const state = first.partitions.map((partition) => stateDigest(partition.state));
  await first.close();
  const path = layoutOf(space.data).checkpoint(0);
  await editCheckpoint(path, (body) => body.replace(/\{\\"schema\\":\d+/, '{\\"schema\\":1'));
  const said: string[] = [];
  const tell = (event: string): void => void said.push(event);
  const again = await space.open({ clock, logger: { info: tell, warn: tell, error: tell } });
  expect(said).toEqual(['checkpoint of another version ignored']);
  expect(again.partitions[0]?.state.trials.size).toBe(20);
  expect(state[0]).toMatch(/^[0-9a-f]{64}$/);
});
