import type { StatisticsCell } from '@armature/sdk/protocol';
import { expect } from 'vitest';
import type { NaiveTrial, NaiveWorld } from './naive-join.js';

/** Statistics of a plain list of numbers: two passes, no running update. */
export interface NaiveCell {
  readonly trials: number;
  readonly rewarded: number;
  readonly mean: number;
  readonly m2: number;
}

const DAY = 86_400_000;

function bucketOf(trial: NaiveTrial, world: NaiveWorld): number {
  const window = world.definition(trial.definition)?.metrics[0]?.windowMs ?? 3_600_000;
  const steps = [DAY, DAY / 24, 600_000, 60_000, 10_000, 1_000];
  const width = steps.find((step) => step <= window) ?? 1_000;
  return trial.time - (trial.time % width);
}

/** The cells that the naive joiner's trials amount to, by `experiment version rule bucket arm metric`. */
export function naiveCells(trials: readonly NaiveTrial[], world: NaiveWorld): Map<string, NaiveCell> {
  const groups = new Map<string, { trials: number; rewards: number[] }>();
  for (const trial of trials) {
    for (const [metric, { counted, reward }] of Object.entries(trial.metrics)) {
      if (!counted) continue;
      const key = [trial.experiment, trial.version, trial.rule, bucketOf(trial, world), trial.arm, metric].join(' ');
      const group = groups.get(key) ?? { trials: 0, rewards: [] };
      group.trials += 1;
      if (reward !== undefined) group.rewards.push(reward);
      groups.set(key, group);
    }
  }
  const cells = [...groups].map(([key, { trials: n, rewards }]): [string, NaiveCell] => {
    const sum = rewards.reduce((total, reward) => total + reward, 0);
    const mean = rewards.length === 0 ? 0 : sum / rewards.length;
    const m2 = rewards.reduce((total, reward) => total + (reward - mean) ** 2, 0);
    return [key, { trials: n, rewarded: rewards.length, mean, m2 }];
  });
  return new Map(cells);
}

/** Statistics as the fold gives them, by the same keys. */
export function foldedCells(statistics: readonly StatisticsCell[], world: NaiveWorld): Map<string, NaiveCell> {
  const cells = new Map<string, NaiveCell>();
  for (const { experiment, version, rule, bucket, arms } of statistics) {
    const names = world.version(experiment, version)?.arms ?? [];
    for (const [k, arm] of arms.entries()) {
      for (const [metric, cell] of Object.entries(arm.metrics)) {
        cells.set([experiment, version, rule, bucket, names[k], metric].join(' '), cell);
      }
    }
  }
  return cells;
}

/** Counts equal, means and sums of squares within 1e-12. */
export function expectSameCells(
  actual: ReadonlyMap<string, NaiveCell>,
  expected: ReadonlyMap<string, NaiveCell>,
): void {
  expect([...actual.keys()].sort()).toEqual([...expected.keys()].sort());
  for (const [key, cell] of expected) {
    const found = actual.get(key);
    expect([key, found?.trials, found?.rewarded]).toEqual([key, cell.trials, cell.rewarded]);
    expect(Math.abs((found?.mean ?? 0) - cell.mean)).toBeLessThanOrEqual(1e-12 * Math.max(1, Math.abs(cell.mean)));
    expect(Math.abs((found?.m2 ?? 0) - cell.m2)).toBeLessThanOrEqual(1e-12 * Math.max(1, cell.m2));
  }
}
