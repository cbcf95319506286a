import { createRegistry, emptyState, mergedCells, type PartitionState, statisticsOf } from '@armature/analysis/fold';
import { addMissing, addReward, type Cell, EMPTY_CELL, merge } from '@armature/sdk/policies';
import type { SnapshotData } from '@armature/sdk/protocol';
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { runningTotals } from '../src/aggregation/running-totals.js';
import { sharedTotals, totalEntry, totalsText } from '../src/aggregation/shared-totals.js';
import { type Engine, virtualClock } from '../src/index.js';
import { decisionOf, rewardOf, type Workspace, workspace } from './workspace.js';

const METRICS = ['sale', 'income'] as const;
/** Arms of the versions of two epochs: one joins, and they change places. */
const VERSIONS: { readonly [version: string]: readonly string[] } = {
  '1.1': ['x', 'y'],
  '1.2': ['y', 'x', 'z'],
  '2.1': ['x', 'z'],
};
const ARMS = ['z', 'x', 'y'];
const registry = createRegistry();
for (const [version, arms] of Object.entries(VERSIONS)) {
  const data: SnapshotData = { experiment: 'a', version, definition: '', arms, rules: {}, means: {}, asOf: {} };
  const envelope = { specversion: '1.0', source: '/test', id: version, time: '' } as const;
  registry.applyConfig({ ...envelope, type: 'dev.armature.snapshot.v1', data });
}
const armsOf = (version: string): readonly string[] => VERSIONS[version] ?? [];

/** Counts a trial in its cell, as the fold does. */
function countIn(state: PartitionState, version: string, bucket: number, arm: number, metric: string, reward?: number) {
  const key = `a\0${version}\0policy\0${bucket}`;
  const arms = armsOf(version).map(() => ({ opened: 0, metrics: new Map<string, Cell>() }));
  const made = { experiment: 'a', version, rule: 'policy', bucket, order: state.cells.size, changed: false, arms };
  const cell = state.cells.get(key) ?? made;
  state.cells.set(key, cell);
  const metrics = cell.arms[arm]?.metrics;
  const before = metrics?.get(metric) ?? EMPTY_CELL;
  metrics?.set(metric, reward === undefined ? addMissing(before) : addReward(before, reward));
}

function expectEqual(actual: readonly Cell[], expected: readonly Cell[], largest: number): void {
  for (const [k, cell] of expected.entries()) {
    const got = actual[k] as Cell;
    expect([got.trials, got.rewarded]).toEqual([cell.trials, cell.rewarded]);
    expect(Math.abs(got.mean - cell.mean)).toBeLessThanOrEqual(1e-12 * largest);
    expect(Math.abs(got.m2 - cell.m2)).toBeLessThanOrEqual(1e-12 * largest * largest * (cell.rewarded + 1));
  }
}

const trial = fc.record({
  version: fc.constantFrom(...Object.keys(VERSIONS)),
  bucket: fc.integer({ min: 0, max: 5 }),
  arm: fc.nat(2),
  metric: fc.constantFrom(...METRICS),
  reward: fc.option(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { nil: undefined }),
});

test('totals equal the merged cells of each epoch, arm and metric, whatever was counted before they began', () => {
  fc.assert(
    fc.property(fc.array(trial, { maxLength: 300 }), fc.nat(300), (trials, before) => {
      const state = emptyState();
      const real = trials.filter(({ version, arm }) => arm < armsOf(version).length);
      for (const { version, bucket, arm, metric, reward } of real.slice(0, before)) {
        countIn(state, version, bucket, arm, metric, reward);
      }
      const totals = runningTotals(state, registry);
      for (const { version, bucket, arm, metric, reward } of real.slice(before)) {
        countIn(state, version, bucket, arm, metric, reward);
        totals.counted({ experiment: 'a', version, rule: 'policy', arm, time: bucket, metric, reward });
      }
      const statistics = statisticsOf(state);
      for (const epoch of [1, 2]) {
        for (const metric of METRICS) {
          const cells = mergedCells(statistics, 'a', String(epoch), ARMS, metric, armsOf);
          expectEqual(totals.cells('a', epoch, ARMS, metric), cells, 1e6);
        }
      }
    }),
  );
});

test('totals are shared as text that reads back the same in every bit, at any time', () => {
  fc.assert(
    fc.property(fc.array(fc.array(trial, { maxLength: 40 }), { maxLength: 6 }), (rounds) => {
      const totals = runningTotals(emptyState(), registry);
      for (const round of rounds) {
        for (const { version, bucket, arm, metric, reward } of round) {
          totals.counted({ experiment: 'a', version, rule: 'policy', arm, time: bucket, metric, reward });
        }
        const read = sharedTotals(totals.encode());
        for (const epoch of [1, 2, 3]) {
          for (const metric of [...METRICS, 'none']) {
            const cells = totals.cells('a', epoch, ARMS, metric);
            // by Object.is: -0 is not 0
            for (const [k, cell] of read.cells('a', epoch, ARMS, metric).entries()) expect(cell).toEqual(cells[k]);
          }
        }
      }
    }),
  );
});

test('any names and any doubles survive being shared, and another version is no guess', () => {
  const name = fc.record({ experiment: fc.string(), epoch: fc.nat(), arm: fc.string(), metric: fc.string() });
  const cell = fc.record({ trials: fc.nat(), rewarded: fc.nat(), mean: fc.double(), m2: fc.double() });
  fc.assert(
    fc.property(name, cell, (of, sum) => {
      const [read] = sharedTotals(totalsText([totalEntry(of, sum)])).cells(
        of.experiment,
        of.epoch,
        [of.arm],
        of.metric,
      );
      expect(read).toEqual(sum);
    }),
  );
  expect(() => sharedTotals('{"schema":2,"cells":[]}')).toThrow('totals of schema 2; this version reads schema 1');
});

test('half a million rewards lose no digit that the merged cells keep', () => {
  const state = emptyState();
  const totals = runningTotals(state, registry);
  for (let n = 0; n < 500_000; n += 1) {
    const reward = 1e6 + (n % 7);
    countIn(state, '1.1', n % 1000, 0, 'sale', reward);
    totals.counted({ experiment: 'a', version: '1.1', rule: 'policy', arm: 0, time: 0, metric: 'sale', reward });
  }
  const [expected = EMPTY_CELL] = mergedCells(statisticsOf(state), 'a', '1', ['x'], 'sale', armsOf);
  const [got = EMPTY_CELL] = totals.cells('a', 1, ['x'], 'sale');
  expect(got).toMatchObject({ trials: 500_000, rewarded: 500_000 });
  expect(Math.abs(got.mean / expected.mean - 1)).toBeLessThan(1e-12);
  // the variance of n mod 7 is 4; its sum is known to 1e-9 beside rewards of a million
  expect(Math.abs(got.m2 / 2_000_000 - 1)).toBeLessThan(1e-5);
  expect(Math.abs(got.m2 / expected.m2 - 1)).toBeLessThan(1e-9);
});

let space: Workspace;
afterEach(() => space?.dispose());

const FILE = (arms: string) => `experiment: reader
arms: ${arms}
assign: request
policy: thompson
update: 1s
reward: { metric: correct, window: 1s, lateness: 0s }
metrics:
  score: { type: real, window: 2s, lateness: 0s }
`;

function expectTotals(engine: Engine, arms: readonly string[]): void {
  const epoch = engine.known.get('reader')?.epoch ?? 0;
  const versionArms = (version: string): readonly string[] => engine.registry.version('reader', version)?.arms ?? [];
  for (const metric of ['correct', 'score']) {
    const cells = mergedCells(engine.statistics(), 'reader', String(epoch), arms, metric, versionArms);
    const parts = engine.partitions.map(({ totals }) => totals.cells('reader', epoch, arms, metric));
    const sums = arms.map((_, k) => parts.reduce((sum, part) => merge(sum, part[k] ?? EMPTY_CELL), EMPTY_CELL));
    expect(cells.some(({ rewarded }) => rewarded > 0)).toBe(true);
    expectEqual(sums, cells, 1000);
  }
}

test('the totals of a running server equal its cells, over versions, new arms and a restart', async () => {
  space = await workspace({ 'a.yaml': FILE('[large, small]') });
  const clock = virtualClock(Date.UTC(2026, 10, 24, 12));
  let engine = await space.open({ clock });
  const run = async (arms: readonly string[]): Promise<void> => {
    for (let round = 0; round < 5; round += 1) {
      const now = clock.now();
      const decisions = Array.from({ length: 30 }, (_, n) =>
        decisionOf(engine.snapshot, 'reader', arms[n % arms.length] ?? '', now),
      );
      const rewards = decisions.flatMap(({ id }, n) =>
        n % 3 === 0 ? [] : [rewardOf('reader', id, { correct: n % 2, score: n ** 1.5 - 40 }, now)],
      );
      expect(await engine.ingest([...decisions, ...rewards])).toMatchObject({ rejected: 0 });
      await clock.advance(11_000);
    }
  };
  await run(['large', 'small']);
  expectTotals(engine, ['large', 'small']);
  await space.write('a.yaml', FILE('[large, small, xl]'));
  expect(await engine.reload()).toBeUndefined();
  await run(['xl', 'small', 'large']);
  expectTotals(engine, ['xl', 'large', 'small']);
  await engine.close();
  engine = await space.open({ clock });
  expectTotals(engine, ['xl', 'large', 'small']);
  await run(['large', 'xl', 'small']);
  expectTotals(engine, ['xl', 'large', 'small']);
});
