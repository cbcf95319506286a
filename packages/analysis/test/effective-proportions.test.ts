import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  armMeanAdaptive,
  commonWeightContrast,
  effectiveProportion,
  effectiveProportions,
  effectiveWilson,
  estimateOf,
  noEstimate,
  simulateStrata,
  thompsonPolicy,
  twoProportions,
  wilson,
} from '../src/index.js';

describe('effective trials', () => {
  test('are those that the standard error says, and never more than Kish counts', () => {
    expect(effectiveProportion(estimateOf(0.5, 0.125), 40)).toEqual({ value: 0.5, trials: 16 });
    expect(effectiveProportion(estimateOf(0.5, 0.125), 12)).toEqual({ value: 0.5, trials: 12 });
  });

  test("are Kish's where no success has shown a spread, and where the estimate is no proportion", () => {
    expect(effectiveProportion(estimateOf(0, 0), 40)).toEqual({ value: 0, trials: 40 });
    expect(effectiveProportion(estimateOf(-0.01, 0.1), 40)).toEqual({ value: -0.01, trials: 40 });
  });

  test('are unknown without an estimate, a standard error or a trial', () => {
    expect(effectiveProportion(noEstimate('insufficient', 'no trial'), 40)).toBeNull();
    expect(effectiveProportion(estimateOf(0.5, null), 40)).toBeNull();
    expect(effectiveProportion(estimateOf(0.5, 0.1), null)).toBeNull();
  });
});

describe('intervals on effective trials', () => {
  const proportion = fc.record({
    value: fc.double({ min: 0, max: 1, noNaN: true }),
    trials: fc.double({ min: 1, max: 1e6, noNaN: true }),
  });

  test('are those of the counts where the value is a proportion', () => {
    fc.assert(
      fc.property(proportion, proportion, (a, b) => {
        const counts = [a, b].map(({ value, trials }) => ({ successes: value * trials, trials }));
        const { oneLook, p } = effectiveProportions(a, b);
        const plain = twoProportions(counts[0]!, counts[1]!);
        expect(oneLook).toMatchObject({
          low: plain.oneLook.low,
          high: plain.oneLook.high,
          method: 'Newcombe on effective trials',
        });
        expect(p).toBe(plain.p);
        expect(effectiveWilson(a).high).toBe(wilson(counts[0]!).high);
      }),
    );
  });

  test('hold the estimate also where it is no proportion', () => {
    const odd = { value: -0.004, trials: 50 };
    const interval = effectiveWilson(odd);
    expect(interval.low).toBeCloseTo(-0.004, 12);
    expect(interval.high).toBeGreaterThan(0.05);
    const { oneLook } = effectiveProportions(odd, { value: 0.1, trials: 50 });
    expect(oneLook.low!).toBeLessThan(0.104);
    expect(oneLook.high!).toBeGreaterThan(0.104);
  });
});

describe('while weights move', () => {
  const plan = { policy: thompsonPolicy(0.02), trials: 5000, updateEvery: 100 };

  test('at ordinary rates they are close to the normal interval', () => {
    const environment = { arms: ['a', 'b'], rates: [0.5, 0.5] };
    const strata = [...simulateStrata({ ...plan, environment, seed: 3 })];
    const { difference, oneLook } = commonWeightContrast(strata, 1, 0, [0, 1], { type: 'binary' });
    const half = 1.959963984540054 * difference.standardError!;
    expect(oneLook.low!).toBeLessThan(difference.value! - 0.95 * half);
    expect(oneLook.low!).toBeGreaterThan(difference.value! - 1.1 * half);
    expect(oneLook.high!).toBeGreaterThan(difference.value! + 0.95 * half);
    expect(oneLook.high!).toBeLessThan(difference.value! + 1.1 * half);
  });

  test('an arm without a success has an upper end', () => {
    const environment = { arms: ['a', 'b'], rates: [0, 0.1] };
    const strata = [...simulateStrata({ ...plan, environment, trials: 1000, seed: 1 })];
    const { mean, oneLook } = armMeanAdaptive(strata, 0, [0, 1], { type: 'binary' });
    expect(mean.value).toBeCloseTo(0, 12);
    expect(oneLook.status).toBe('ok');
    expect(oneLook.high!).toBeGreaterThan(0.01);
    expect(oneLook.high!).toBeLessThan(0.2);
  });
});

describe('a difference of arms whose plug-in means lag behind their rates', () => {
  const versionOf = (version: string, rate: number, means: readonly number[]) => ({
    ...{ version, rule: 'policy', arms: ['a', 'b'], from: 0, to: 0, p: [0.5, 0.5], means, opened: [1000, 1000] },
    cells: [0, 1].map(() => ({ trials: 1000, rewarded: 1000 * rate, mean: 1, m2: 0 })),
  });

  test.each([
    ['in one version', [versionOf('1.2', 0.9, [0.1, 0.1])]],
    ['after a jump', [versionOf('1.1', 0.1, [0.1, 0.1]), versionOf('1.2', 0.9, [0.1, 0.1])]],
    ['a little', [versionOf('1.1', 0.5, [0.5, 0.5]), versionOf('1.2', 0.6, [0.5, 0.5])]],
    ['not at all', [versionOf('1.1', 0.5, [0.5, 0.5])]],
  ])('%s: its interval is as wide as its own standard error asks for', (_, strata) => {
    const { difference, oneLook } = commonWeightContrast(strata, 1, 0, [0, 1], { type: 'binary' });
    // 1.96 standard errors of the contrast itself, to the few percent by which score intervals differ at such numbers
    const asked = 2 * 1.959964 * difference.standardError!;
    expect((oneLook.high! - oneLook.low!) / asked).toBeGreaterThan(0.97);
    expect((oneLook.high! - oneLook.low!) / asked).toBeLessThan(1.6);
  });
});
