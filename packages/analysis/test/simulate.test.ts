import { describe, expect, test } from 'vitest';
import { createRandom, dailyWave, simulate, simulateStrata, type TrialRow } from '../src/index.js';
import { agree, strataOfRows } from './trial-rows.js';

describe('the generator', () => {
  test('gives xoshiro128** seeded through splitmix32', () => {
    // Oracle: an independent implementation with Python integers.
    const words = [1, 4294967295].map((seed) => {
      const random = createRandom(seed);
      return [0, 1, 2, 3].map(() => random() * 4294967296 - 0.5);
    });
    expect(words).toEqual([
      [393288148, 2174103013, 3814759091, 2092745082],
      [4104197751, 1825856343, 1152209388, 2427537429],
    ]);
  });

  test('is uniform on (0, 1)', () => {
    const random = createRandom(9);
    const counts = new Array<number>(10).fill(0);
    for (let i = 0; i < 100_000; i++) counts[Math.floor(10 * random())]!++;
    // Chi-square with 9 degrees of freedom: 27.9 is exceeded once in a thousand seeds.
    expect(counts.reduce((sum, n) => sum + (n - 10_000) ** 2 / 10_000, 0)).toBeLessThan(27.9);
  });
});

const plan = {
  environment: { arms: ['a', 'b', 'c'], rates: [0.1, 0.2, 0.4], trend: dailyWave(0.05, 400) },
  policy: () => [0.2, 0.5, 0.3],
  trials: 2050,
  updateEvery: 100,
  seed: 4,
};

describe('a simulated run', () => {
  test('is the same whenever the plan is', () => {
    expect(simulate(plan, 'x', 'click')).toEqual(simulate(plan, 'x', 'click'));
    expect(simulate({ ...plan, seed: 5 }, 'x', 'click').strata).not.toEqual(simulate(plan, 'x', 'click').strata);
  });

  test('hands out the same trials as rows and as strata', () => {
    const rows: TrialRow[] = [];
    const strata = [...simulateStrata(plan, (row) => rows.push(row))];
    expect(rows).toHaveLength(2050);
    const again = strataOfRows(rows, plan.environment.arms);
    for (const [v, { cells, opened }] of strata.entries()) {
      expect(opened).toEqual(again[v]!.opened);
      for (const [k, cell] of cells.entries()) {
        expect(agree(cell.mean, again[v]!.cells[k]!.mean)).toBe(true);
        expect(agree(cell.m2, again[v]!.cells[k]!.m2)).toBe(true);
      }
    }
  });

  test('draws arms and rewards at their rates', () => {
    const long = simulate({ ...plan, trials: 40_000 }, 'x', 'click').strata;
    for (const [k, share] of [0.2, 0.5, 0.3].entries()) {
      const n = long.reduce((sum, { opened }) => sum + opened[k]!, 0);
      const wins = long.reduce((sum, { cells }) => sum + cells[k]!.mean * cells[k]!.trials, 0);
      const rate = plan.environment.rates[k]!;
      expect(Math.abs(n / 40_000 - share)).toBeLessThan(4 * Math.sqrt((share * (1 - share)) / 40_000));
      expect(Math.abs(wins / n - rate)).toBeLessThan(4 * Math.sqrt((rate * (1 - rate)) / n));
    }
  });

  test('counts the true regret of the arms drawn', () => {
    const { trueRegret, strata } = simulate(plan, 'x', 'click');
    const [a, b] = [0, 1].map((k) => strata.reduce((sum, { opened }) => sum + opened[k]!, 0));
    expect(trueRegret).toBeCloseTo(a! * 0.3 + b! * 0.2, 9);
  });

  test('draws each version from the vector made of what was seen before it, means known then beside it', () => {
    const seen: number[] = [];
    const policy = (cells: readonly { trials: number }[]) => {
      seen.push(cells.reduce((sum, { trials }) => sum + trials, 0));
      return [0.2, 0.5, 0.3];
    };
    const strata = [...simulateStrata({ ...plan, trials: 300, policy })];
    expect(seen).toEqual([0, 100, 200]);
    expect(strata[0]!.means).toEqual([0, 0, 0]);
    expect(strata[1]!.means).toEqual(strata[0]!.cells.map(({ mean }) => mean));
  });
});
