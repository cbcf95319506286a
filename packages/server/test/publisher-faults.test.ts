import { afterEach, expect, test } from 'vitest';
import { buildApp, disk, type FileSystem, type Logger, type OpenFile, virtualClock } from '../src/index.js';
import { decisionOf, FILES, rewardOf, type Workspace, workspace } from './workspace.js';

const START = Date.UTC(2026, 10, 24, 12);
const BROKEN = (arms: string) => `experiment: broken
arms: ${arms}
assign: request
policy: { kind: thompson, prior: { mean: 1.0e+308 } }
update: 100ms
reward: { metric: income, type: real, window: 1s, lateness: 0s }
`;
let space: Workspace;
afterEach(() => space.dispose());

function listener(): { readonly logger: Logger; readonly errors: { event: string; fields: unknown }[] } {
  const errors: { event: string; fields: unknown }[] = [];
  const none = (): void => {};
  return { logger: { info: none, warn: none, error: (event, fields) => errors.push({ event, fields }) }, errors };
}

test('rewards that no posterior can hold keep the last version, hold up no other experiment and stop no start', async () => {
  space = await workspace({ ...FILES, 'broken.yaml': BROKEN('{ a: {}, b: {}, c: {} }') });
  const clock = virtualClock(START);
  const { logger, errors } = listener();
  const engine = await space.open({ clock, logger });
  for (let i = 0; i < 20; i += 1) {
    const now = clock.now();
    const arm = i % 2 === 0 ? 'large' : 'small';
    const good = decisionOf(engine.snapshot, 'reader', arm, now);
    const bad = decisionOf(engine.snapshot, 'broken', i % 2 === 0 ? 'a' : 'b', now);
    // The square of the distance from a prior mean of 1e308 overflows: the posterior has no scale.
    const rewards = [
      rewardOf('reader', good.id, { correct: arm === 'large' ? 1 : 0 }, now),
      rewardOf('broken', bad.id, { income: i }, now),
    ];
    expect((await engine.ingest([good, bad, ...rewards])).errors).toEqual([]);
    await clock.advance(50);
  }
  await clock.advance(3000);
  const [large = 0] = engine.snapshot.experiments.reader?.rules.at(-1)?.weights ?? [];
  expect(large).toBeGreaterThan(0.9);
  const before = engine.snapshot.experiments.broken;
  const weights = before?.rules.at(-1)?.weights ?? [];
  expect(weights.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12);
  expect(errors.map(({ event }) => event)).toContain('no weights');
  expect(errors.length).toBeLessThan(5);
  expect(JSON.stringify(errors)).toContain('POSTERIOR_INVALID');
  const app = await buildApp(engine);
  const ready = await app.inject('/readyz');
  expect(ready.statusCode).toBe(200);
  expect(ready.json().versions).toMatchObject([{ code: 'POSTERIOR_INVALID', experiment: 'broken' }]);
  const figures = (await app.inject('/metrics')).body;
  expect(figures.match(/^armature_versions_failed.*$/gm)).toEqual(['armature_versions_failed{experiment="broken"} 1']);
  await app.close();

  // A kill applies all the same, at the weights of before.
  await space.write('broken.yaml', BROKEN('{ a: {}, b: { off: true }, c: {} }'));
  await engine.reload();
  const killed = engine.snapshot.experiments.broken;
  expect(killed?.version).not.toBe(before?.version);
  expect(killed?.rules.at(-1)?.weights[1]).toBe(0);
  await engine.close();
  const again = await space.open({ clock });
  expect(again.snapshot.experiments.broken?.rules).toEqual(killed?.rules);
});

/** A disk that has space for so many more writes to the config log. */
function configDisk(): { writes: number; readonly fs: FileSystem } {
  const real = disk();
  const state = {
    writes: Number.POSITIVE_INFINITY,
    fs: {
      ...real,
      async open(path, mode, permissions) {
        const file = await real.open(path, mode, permissions);
        const write: OpenFile['write'] = async (bytes, position) => {
          if (path.includes('config') && --state.writes < 0)
            throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
          await file.write(bytes, position);
        };
        return { ...file, write };
      },
    } satisfies FileSystem,
  };
  return state;
}

test('a version that a full disk kept out of the log is made when there is space, without new trials', async () => {
  space = await workspace(FILES);
  const clock = virtualClock(START);
  const state = configDisk();
  const engine = await space.open({ clock, fs: state.fs, partitions: 1 });
  for (let i = 0; i < 40; i += 1) {
    const decision = decisionOf(engine.snapshot, 'reader', i % 2 === 0 ? 'large' : 'small', START);
    await engine.ingest([decision, rewardOf('reader', decision.id, { correct: 1 - (i % 2) }, START)]);
  }
  state.writes = 0;
  await clock.advance(3000);
  expect(engine.snapshot.experiments.reader?.version).toBe('1.1');
  expect([...engine.versionFaults()]).toMatchObject([['reader', { code: 'DISK_FULL' }]]);
  state.writes = Number.POSITIVE_INFINITY;
  await clock.advance(1000);
  expect(engine.snapshot.experiments.reader?.version).toBe('1.2');
  expect(engine.versionFaults().size).toBe(0);
  expect(engine.snapshot.experiments.reader?.rules[0]?.weights[0]).toBeGreaterThan(0.9);
});

test('an experiment that was removed is not served, though the others could not have their versions', async () => {
  space = await workspace(FILES);
  const clock = virtualClock(START);
  const state = configDisk();
  const engine = await space.open({ clock, fs: state.fs, partitions: 1 });
  await space.write('a.yaml', 'experiment: button\narms: [blue, green, red]\nreward: purchase\n');
  state.writes = 1;
  expect(await engine.reload()).toMatchObject({ code: 'DISK_FULL' });
  expect(engine.snapshot.experiments.reader).toBeUndefined();
  expect(engine.snapshot.experiments.button?.arms).toEqual(['blue', 'green']);
  state.writes = Number.POSITIVE_INFINITY;
  await clock.advance(1000);
  expect(engine.snapshot.experiments.button?.arms).toEqual(['blue', 'green', 'red']);
});
