import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stateDigest } from '@armature/analysis/fold';
import { layoutOf } from '@armature/analysis/log';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Engine, type VirtualClock, virtualClock } from '../src/index.js';
import { editCheckpoint } from './edit-checkpoint.js';
import { decisionOf, FILES, rewardOf, type Workspace, workspace } from './workspace.js';

const START = Date.UTC(2026, 10, 24, 12);
let space: Workspace;
let clock: VirtualClock;

beforeEach(async () => {
  space = await workspace(FILES);
  clock = virtualClock(START);
});
afterEach(() => space.dispose());

function pair(engine: Engine, i: number) {
  const arm = i % 2 === 0 ? 'large' : 'small';
  const decision = decisionOf(engine.snapshot, 'reader', arm, clock.now(), { unit: `u-${i}` });
  const reward = rewardOf('reader', decision.id, { correct: i % 3 === 0 ? 1 : 0 }, clock.now());
  return [decision, { ...reward, data: { ...reward.data, unit: `u-${i}` } }] as const;
}

test('a start from checkpoints and a fold from the first record give the same state, byte for byte', async () => {
  const engine = await space.open({ clock, partitions: 2 });
  for (let i = 0; i < 40; i += 1) {
    await engine.ingest(pair(engine, i));
    if (i % 15 === 0) await engine.checkpoint();
    await clock.advance(60);
  }
  await engine.close();
  const copy = join(space.root, 'copy');
  await cp(space.data, copy, { recursive: true });
  await rm(layoutOf(copy).checkpoint(0));
  await rm(layoutOf(copy).checkpoint(1));
  const states = [];
  for (const data of [space.data, copy]) {
    const again = await space.open({ data, clock: virtualClock(clock.now() + 500) });
    states.push(again.partitions.map(({ state }) => stateDigest(state)));
    expect(again.partitions[0]?.state.offset).toBeGreaterThan(20);
  }
  expect(states[0]).toEqual(states[1]);
});

test('a damaged checkpoint is ignored with a warning, and costs nothing but the fold', async () => {
  const engine = await space.open({ clock, partitions: 1 });
  await engine.ingest(pair(engine, 1));
  await engine.close();
  const path = layoutOf(space.data).checkpoint(0);
  const text = await readFile(path, 'utf8');
  for (const bad of [text.slice(0, -20), text.replace('\\"offset\\":', '\\"offset\\":1'), '', 'null']) {
    await writeFile(path, bad);
    const warnings: string[] = [];
    const logger = { info: () => {}, error: () => {}, warn: (event: string) => void warnings.push(event) };
    const again = await space.open({ clock, logger });
    expect(warnings).toEqual(['damaged checkpoint ignored']);
    expect(again.health()).toEqual(engine.health());
    await again.close();
  }
});

test('a log that lost records is refused: by its checkpoint, and by its versions without one', async () => {
  const engine = await space.open({ clock, partitions: 1 });
  for (let i = 0; i < 20; i += 1) {
    await engine.ingest(pair(engine, i));
    await clock.advance(200);
  }
  await clock.advance(5000);
  expect(engine.snapshot.experiments.reader?.version).not.toBe('1.1');
  await engine.close();
  const segment = `${layoutOf(space.data).partition(0)}/00000000000000000000.jsonl`;
  const lines = (await readFile(segment, 'utf8')).split('\n');
  const check = lines.findIndex((line, at) => at > 4 && line.startsWith('{"crc"'));
  await writeFile(segment, `${lines.slice(0, check + 1).join('\n')}\n`);
  await expect(space.open({ clock })).rejects.toMatchObject({ code: 'LOG_MISMATCH' });
  await rm(layoutOf(space.data).checkpoint(0));
  await expect(space.open({ clock })).rejects.toMatchObject({ code: 'LOG_MISMATCH' });
});

test('a checkpoint of another log is refused', async () => {
  await (await space.open({ clock, partitions: 1 })).close();
  const path = layoutOf(space.data).checkpoint(0);
  await editCheckpoint(path, (body) => body.replace(/"log":"[^"]*"/, '"log":"other"'));
  await expect(space.open({ clock })).rejects.toMatchObject({ code: 'LOG_MISMATCH' });
});

test('sequence numbers and epochs go on over restarts', async () => {
  const versions: string[] = [];
  for (let round = 0; round < 3; round += 1) {
    const engine = await space.open({ clock, partitions: 1 });
    versions.push(engine.snapshot.version);
    for (let i = 0; i < 10; i += 1) await engine.ingest(pair(engine, round * 10 + i));
    await clock.advance(3000);
    versions.push(engine.snapshot.version);
    await engine.close();
  }
  const sequences = versions.map((version) => Number(version.split('.')[1]));
  expect(sequences).toEqual([...sequences].sort((a, b) => a - b));
  expect(new Set(versions.map((version) => version.split('.')[0]))).toEqual(new Set([String(START / 1000)]));
});
