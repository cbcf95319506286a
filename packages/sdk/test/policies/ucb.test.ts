import fc from 'fast-check';
import { expect, test } from 'vitest';
import { klBernoulli, klUcb, klUpperBound } from '../../src/policies/kl-ucb.js';
import { ucb1, ucb1Tuned, ucbWeights } from '../../src/policies/ucb.js';

const arm = (count: number, mean: number, m2 = count * mean * (1 - mean)) => ({ count, mean, m2 });

// oracle: mpmath at 30 digits
test.each([
  [0.1, 0.9, 1.7577796618689756],
  [0.4, 0.5, 0.020135513550688874],
  [0.01, 0.99, 4.503217453131898],
])('kl(%d, %d)', (p, q, expected) => {
  expect(Math.abs(klBernoulli(p, q) / expected - 1)).toBeLessThan(1e-14);
});

test('divergence is infinite where q excludes what p allows, and 0 where p is q', () => {
  expect(klBernoulli(0.5, 1)).toBe(Infinity);
  expect(klBernoulli(0.5, 0)).toBe(Infinity);
  expect(klBernoulli(0, 0)).toBe(0);
  expect(klBernoulli(1, 1)).toBe(0);
  expect(klBernoulli(0.3, 0.3)).toBe(0);
});

// oracle: mpmath at 30 digits, to the twelve decimals shown
test.each([
  [0.1, 0.2, 0.378391548848],
  [0.5, 0.2, 0.787088816381],
  [0.9, 0.2, 0.994489489379],
  [0, 0.2, 0.181269246922],
  [0.1, 0.9, 0.734715064211],
  [0.5, 0.9, 0.956809892564],
  [0.9, 0.9, 0.999995218646],
  [0.3, 1e-6, 0.30064834044],
  [1e-4, 1e-3, 0.001360228979],
  [1, 0.2, 1],
])('the upper bound of mean %d at divergence %d', (mean, d, expected) => {
  expect(Math.abs(klUpperBound(mean, d) - expected)).toBeLessThan(1e-12);
});

test('the upper bound is the greatest q whose divergence is allowed', () => {
  const probability = fc.double({ min: 1e-3, max: 0.999, noNaN: true });
  fc.assert(
    fc.property(probability, fc.double({ min: 1e-4, max: 5, noNaN: true }), (mean, d) => {
      const q = klUpperBound(mean, d);
      expect(q).toBeGreaterThanOrEqual(mean);
      expect(q).toBeLessThanOrEqual(1);
      fc.pre(1 - q > 1e-6);
      expect(Math.abs(klBernoulli(mean, q) - d)).toBeLessThan(1e-8);
    }),
  );
});

// oracle: mpmath at 30 digits
test('the indices of known arms', () => {
  expect(ucb1(0.3, 40, 1000)).toBeCloseTo(0.8876970001191999, 14);
  expect(ucb1(0.3, 40, 1000, 0.5)).toBeCloseTo(0.5938485000596, 14);
  expect(ucb1Tuned(arm(40, 0.3, 8.4), 1000)).toBeCloseTo(0.5077822670336387, 14);
  expect(ucb1Tuned(arm(4000, 0.01, 40), 10_000)).toBeCloseTo(0.02338964184480547, 14);
  expect(klUcb(0.5, 10, 100)).toBeCloseTo(0.8879087616458614, 14);
  expect(klUcb(0.02, 250, 5000, 3)).toBeCloseTo(0.1094167308580414, 14);
});

test('the tuned variance is cut at a quarter, which SMPyBandits leaves out', () => {
  expect(ucb1Tuned(arm(2, 0.5, 0.5), 100)).toBe(ucb1(0.5, 2, 100, 0.25));
});

test.each(['ucb1', 'ucb1-tuned', 'kl-ucb'] as const)(
  '%s serves arms that were never pulled first, evenly',
  (variant) => {
    expect(ucbWeights(variant, 2, [arm(0, 0, 0), arm(50, 1), arm(0, 0, 0)])).toEqual([0.5, 0, 0.5]);
    expect(ucbWeights(variant, 2, [arm(0, 0, 0), arm(0, 0, 0)])).toEqual([0.5, 0.5]);
  },
);

test.each(['ucb1', 'ucb1-tuned', 'kl-ucb'] as const)(
  '%s puts all weight on one of two arms, or halves it',
  (variant) => {
    const arms = fc.array(fc.tuple(fc.integer({ min: 1, max: 5000 }), fc.double({ min: 0, max: 1, noNaN: true })), {
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(arms, (drawn) => {
        const weights = ucbWeights(
          variant,
          variant === 'ucb1' ? 2 : 1,
          drawn.map(([n, mean]) => arm(n, mean)),
        );
        const served = weights.filter((w) => w > 0);
        expect(served.every((w) => w === 1 / served.length)).toBe(true);
      }),
    );
  },
);

test('an arm that was pulled ten times is tried before a better one of ten thousand, unless it is clearly worse', () => {
  expect(ucbWeights('ucb1', 2, [arm(10_000, 0.6), arm(10, 0.4)])).toEqual([0, 1]);
  expect(ucbWeights('kl-ucb', 0, [arm(10_000, 0.6), arm(100, 0.01)])).toEqual([1, 0]);
});

test.each([-1, Number.NaN, Infinity])('c = %d is refused', (c) => {
  expect(() => ucbWeights('ucb1', c, [arm(1, 1)])).toThrow(expect.objectContaining({ code: 'POLICY_INVALID' }));
});
