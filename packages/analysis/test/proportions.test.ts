import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { twoProportions, wilson } from '../src/index.js';

const proportion = ([successes, trials]: readonly [number, number]) => ({ successes, trials });

// Oracle: statsmodels 0.15.0, proportion_confint(method='wilson').
test.each([
  [[0, 10], 0, 0.27753279986288926],
  [[10, 10], 0.7224672001371106, 1],
  [[68, 2629], 0.020454563959958722, 0.03265970858850383],
  [[1, 3], 0.06149194472039626, 0.7923403991979523],
  [[5, 1_000_000], 2.1357029684685578e-6, 1.1705702681035748e-5],
] as const)('Wilson of %j agrees with statsmodels', (counts, low, high) => {
  const interval = wilson(proportion(counts));
  expect(interval.low).toBeCloseTo(low, 12);
  expect(interval.high).toBeCloseTo(high, 12);
});

// Oracle: statsmodels 0.15.0, confint_proportions_2indep(method='newcomb', compare='diff') and proportions_ztest.
describe('two proportions', () => {
  test.each([
    [[39, 2551], [68, 2629], 0.0028318687192282503, 0.018504747720442243, 0.007453850336769784],
    [[0, 10], [20, 20], 0.6790860371419145, 1, 4.320463057827506e-8],
    [[56, 70], [48, 80], -0.33387265403690614, -0.05243147240236498, 0.00804508136819656],
  ] as const)('%j against %j agrees with statsmodels', (a, b, low, high, p) => {
    const test = twoProportions(proportion(a), proportion(b));
    expect(test.oneLook.low).toBeCloseTo(low, 12);
    expect(test.oneLook.high).toBeCloseTo(high, 12);
    expect(test.p! / p).toBeCloseTo(1, 9);
  });

  test('without any success the interval still has a width, and p is null', () => {
    const { difference, oneLook, p } = twoProportions(proportion([0, 10]), proportion([0, 20]));
    expect(difference.value).toBe(0);
    expect(oneLook.low).toBeCloseTo(-0.27753279986288926, 12);
    expect(oneLook.high).toBeCloseTo(0.1611251580528194, 12);
    expect(p).toBeNull();
  });

  test('an arm without trials is insufficient', () => {
    const { difference, oneLook, p } = twoProportions(proportion([0, 0]), proportion([1, 2]));
    expect(difference).toMatchObject({ status: 'insufficient', value: null });
    expect(oneLook).toMatchObject({ status: 'insufficient', low: null, reason: 'an arm has no closed trial' });
    expect(p).toBeNull();
  });

  test('the interval holds the difference, stays in [-1, 1], and swapping the arms mirrors it', () => {
    const counts = fc.tuple(fc.nat(50), fc.nat(50)).map(([x, y]) => proportion([Math.min(x, y), Math.max(x, y, 1)]));
    fc.assert(
      fc.property(counts, counts, (a, b) => {
        const { difference, oneLook } = twoProportions(a, b);
        const mirror = twoProportions(b, a).oneLook;
        expect(oneLook.low!).toBeLessThanOrEqual(difference.value! + 1e-15);
        expect(oneLook.high!).toBeGreaterThanOrEqual(difference.value! - 1e-15);
        expect(oneLook.low!).toBeGreaterThanOrEqual(-1 - 1e-15);
        expect(oneLook.high!).toBeLessThanOrEqual(1 + 1e-15);
        expect(mirror.low).toBeCloseTo(-oneLook.high!, 12);
      }),
    );
  });
});
