import { describe, expect, test } from 'vitest';
import { asymptoticFactor, asymptoticInterval, createRandom, estimateOf, noEstimate } from '../src/index.js';

describe('the width of the anytime interval', () => {
  // Oracle: ratios to a fixed 95 % interval published with the formula: 1.549 at N*, 1.716 at N*/5, 1.703 at 20 N*.
  test.each([
    [5000, 1.549],
    [1000, 1.716],
    [100_000, 1.703],
  ])('at %i trials is %f times that of one look', (trials, ratio) => {
    expect(asymptoticFactor(trials, 0.05, 5000) / 1.959963984540054).toBeCloseTo(ratio, 3);
  });

  test('a smaller alpha is wider', () => {
    expect(asymptoticFactor(5000, 0.01)).toBeGreaterThan(asymptoticFactor(5000, 0.05));
  });

  test('a normal random walk ever leaves it in at most alpha of runs', () => {
    // 300 runs of 2,000 steps, looked at after each step from 50 on: at most 5 % + 3 standard errors.
    const random = createRandom(7);
    const normal = () => Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());
    let left = 0;
    for (let run = 0; run < 300; run++) {
      let sum = 0;
      let out = false;
      for (let n = 1; n <= 2000; n++) {
        sum += normal();
        if (n >= 50) out ||= Math.abs(sum) / Math.sqrt(n) > asymptoticFactor(n, 0.05, 500);
      }
      left += out ? 1 : 0;
    }
    expect(left).toBeLessThanOrEqual(300 * 0.05 + 3 * Math.sqrt(300 * 0.05 * 0.95));
  });
});

describe('the anytime interval', () => {
  const estimate = estimateOf(0.02, 0.005);

  test('is the value plus and minus the factor times the standard error', () => {
    const { low, high, level, guarantee } = asymptoticInterval(estimate, 5000, [2000, 3000]);
    expect(high! - 0.02).toBeCloseTo(0.005 * asymptoticFactor(5000), 15);
    expect(0.02 - low!).toBeCloseTo(0.005 * asymptoticFactor(5000), 15);
    expect([level, guarantee]).toEqual([0.95, 'anytime']);
  });

  test('is withheld until every compared arm has 300 draws', () => {
    expect(asymptoticInterval(estimate, 5000, [299, 4701])).toMatchObject({ status: 'insufficient', low: null });
    expect(asymptoticInterval(estimate, 5000, [300, 4700]).status).toBe('ok');
  });

  test('is degenerate where nothing varies and insufficient where nothing is known', () => {
    expect(asymptoticInterval(estimateOf(0, 0), 5000, [2000, 3000]).status).toBe('degenerate');
    expect(asymptoticInterval(noEstimate('insufficient', 'no trial has closed'), 0, [0, 0])).toMatchObject({
      status: 'insufficient',
      reason: 'no trial has closed',
    });
  });
});
