import { createRegistry, mergedCells } from '@armature/analysis/fold';
import {
  definitionOf,
  type Experiment,
  parseExperiments,
  type SnapshotData,
  type StatisticsCell,
} from '@armature/sdk/protocol';
import { expect, test } from 'vitest';
import { nextVersion, periodAt } from '../src/aggregation/next-version.js';

const DAY = 86_400_000;

function experimentOf(text: string): Experiment {
  const parsed = parseExperiments(text, 'a.yaml');
  if (!parsed.ok || parsed.experiments[0] === undefined) throw new Error('the test has a fault');
  return parsed.experiments[0];
}

function cell(version: string, trials: readonly number[], rewarded: readonly number[]): StatisticsCell {
  const arms = trials.map((n, k) => ({
    opened: n,
    metrics: { sale: { trials: n, rewarded: rewarded[k] ?? 0, mean: rewarded[k] ? 1 : 0, m2: 0 } },
  }));
  return { experiment: 'a', version, rule: 'policy', bucket: 0, arms };
}

interface More {
  readonly previous?: SnapshotData;
  readonly statistics?: readonly StatisticsCell[];
  readonly restedOn?: number;
  readonly now?: number;
  readonly epoch?: number;
}

function next(experiment: Experiment, more: More = {}) {
  const registry = createRegistry();
  const { hash: definition } = definitionOf(experiment);
  const versions = [more.previous, ...(more.statistics ?? []).map(({ version }) => ({ ...BASE, version }))];
  for (const data of versions) {
    if (data === undefined) continue;
    const envelope = { specversion: '1.0', source: '/test', id: data.version, time: '' } as const;
    registry.applyConfig({ ...envelope, type: 'dev.armature.snapshot.v1', data });
  }
  const epoch = more.epoch ?? 1;
  const armsOf = (version: string): readonly string[] => registry.version(experiment.id, version)?.arms ?? [];
  return nextVersion({
    ...{ experiment, definition, epoch, asOf: { 0: 9 } },
    cells: (arms, metric) => mergedCells(more.statistics ?? [], experiment.id, String(epoch), arms, metric, armsOf),
    previous: more.previous,
    restedOn: more.restedOn ?? 0,
    now: more.now ?? 0,
  });
}
const BASE: SnapshotData = {
  experiment: 'a',
  version: '1.1',
  definition: '',
  arms: ['x', 'y'],
  rules: {},
  means: {},
  asOf: {},
};
const bandit = experimentOf('experiment: a\narms: [x, y]\nassign: request\npolicy: thompson\nreward: sale\n');
const first = next(bandit)?.data as SnapshotData;

test('the first version is even, whole billionths, and knows no means', () => {
  expect(first).toMatchObject({
    version: '1.1',
    arms: ['x', 'y'],
    rules: { policy: [0.5, 0.5] },
    means: { sale: [0, 0] },
  });
  expect(first.asOf).toEqual({ 0: 9 });
});

test('a version is made when weights moved and one trial in a hundred is new, and not before', () => {
  const statistics = [cell('1.1', [1000, 1000], [60, 40])];
  expect(next(bandit, { previous: first, statistics, restedOn: 1985 })).toBeUndefined();
  const made = next(bandit, { previous: first, statistics, restedOn: 1980 });
  expect(made?.trials).toBe(2000);
  expect(made?.data.version).toBe('1.2');
  expect(made?.data.means).toEqual({ sale: [0.06, 0.04] });
  // oracle: mpmath 1.4, 30 digits, P(Beta(61, 941) > Beta(41, 961)) = 0.979677212053825; floor .02
  expect(made?.data.rules.policy).toEqual([0.960490124, 0.039509876]);
  expect(next(bandit, { previous: made?.data as SnapshotData, statistics, restedOn: 0 })).toBeUndefined();
});

test('a learning epoch learns from its own trials alone, and numbers its versions anew', () => {
  const statistics = [cell('1.1', [1000, 1000], [60, 40])];
  const previous = { ...first, version: '1.7', definition: 'sha256:before' };
  const made = next(bandit, { previous, statistics, epoch: 2 });
  expect(made).toMatchObject({
    trials: 0,
    data: { version: '2.1', rules: { policy: [0.5, 0.5] }, means: { sale: [0, 0] } },
  });
});

test('an arm without trials is given the mean of all as its mean', () => {
  const made = next(bandit, { previous: first, statistics: [cell('1.1', [100, 0], [25, 0])], restedOn: 0 });
  expect(made?.data.means.sale).toEqual([0.25, 0.25]);
});

test('fixed weights have one version, and a new one only with a new definition', () => {
  const split = experimentOf('experiment: a\narms: { x: { weight: 3 }, y: {} }\n');
  const version = next(split)?.data as SnapshotData;
  expect(version.rules).toEqual({ policy: [0.75, 0.25] });
  expect(next(split, { previous: version, now: 400 * DAY })).toBeUndefined();
  const other = experimentOf('experiment: a\narms: { x: { weight: 1 }, y: {} }\n');
  expect(next(other, { previous: version })?.data).toMatchObject({ version: '1.2', rules: { policy: [0.5, 0.5] } });
});

test('weights of units stand still inside a period, and every period has its version', () => {
  const units = experimentOf('experiment: a\narms: [x, y]\npolicy: thompson\nreward: sale\n');
  expect(periodAt(units, 20_000 * DAY - 1)).toBe(19_999);
  const version = next(units, { now: 20_000 * DAY })?.data as SnapshotData;
  expect(version.period).toBe(20_000);
  const statistics = [cell('1.1', [1000, 1000], [100, 10])];
  expect(next(units, { previous: version, statistics, now: 20_001 * DAY - 1 })).toBeUndefined();
  const tomorrow = next(units, { previous: version, statistics, now: 20_001 * DAY })?.data;
  expect(tomorrow).toMatchObject({ version: '1.2', period: 20_001 });
  expect(tomorrow?.rules.policy?.[0]).toBeGreaterThan(0.97);
  const same = next(units, { previous: tomorrow as SnapshotData, statistics, now: 20_002 * DAY })?.data;
  expect(same).toMatchObject({ version: '1.3', period: 20_002, rules: tomorrow?.rules });
  expect(next(units, { previous: same as SnapshotData, statistics, now: 19_999 * DAY })).toBeUndefined();
});

test('a killed arm gets nothing, and with none left nothing is drawn', () => {
  const killed = experimentOf(
    'experiment: a\narms: { x: {}, y: { off: true }, z: {} }\nassign: request\npolicy: thompson\nreward: sale\n',
  );
  expect(next(killed)?.data.rules).toEqual({ policy: [0.5, 0, 0.5] });
  const shipped = experimentOf('experiment: a\narms: [x, y]\nship: y\n');
  expect(next(shipped)?.data.rules).toEqual({});
});
