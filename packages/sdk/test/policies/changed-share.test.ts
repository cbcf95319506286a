import fc from 'fast-check';
import { expect, test } from 'vitest';
import { changedShare } from '../../src/policies/changed-share.js';
import { draw, prepareDraw } from '../../src/policies/draw.js';

const KEYS = 100_000;

const pair = fc.integer({ min: 1, max: 6 }).chain((arms) => {
  const vector = fc
    .array(fc.oneof(fc.double({ min: 1e-6, max: 1, noNaN: true }), fc.constant(0)), {
      minLength: arms,
      maxLength: arms,
    })
    .filter((weights) => weights.some((w) => w > 0))
    .map((weights) => {
      const total = weights.reduce((sum, w) => sum + w, 0);
      return weights.map((w) => w / total);
    });
  return fc.tuple(vector, vector);
});

const totalVariation = (p: readonly number[], q: readonly number[]): number =>
  p.reduce((sum, x, k) => sum + Math.abs(x - q[k]!), 0) / 2;

// oracle: the draw itself, on fixed keys; five standard errors of a share over 1e5 keys are .0079 at most
test.each([
  ['moved evenly', [0.25, 0.25, 0.25, 0.25], [0.4, 0.3, 0.2, 0.1]],
  ['turned round', [0.7, 0.2, 0.1], [0.1, 0.2, 0.7]],
  ['an arm that leaves', [0.2, 0.3, 0.5], [0, 0.375, 0.625]],
  ['an arm that joins', [0, 0.6, 0.4], [0.1, 0.54, 0.36]],
  ['no arm in common', [1, 0], [0, 1]],
])('the share of keys that change arm is the one that the draw shows: %s', (_, p, q) => {
  const drawer = prepareDraw(
    'draw',
    'changed',
    p.map((_, k) => `arm-${k}`),
  );
  let changed = 0;
  for (let i = 0; i < KEYS; i++) if (draw(drawer, p, `u-${i}`) !== draw(drawer, q, `u-${i}`)) changed++;
  expect(Math.abs(changed / KEYS - changedShare(p, q))).toBeLessThan(0.0079);
});

test('it lies between the total variation and twice that over one plus that', () => {
  fc.assert(
    fc.property(pair, ([p, q]) => {
      const variation = totalVariation(p, q);
      const share = changedShare(p, q);
      expect(share).toBeGreaterThanOrEqual(variation - 1e-12);
      expect(share).toBeLessThanOrEqual((2 * variation) / (1 + variation) + 1e-12);
    }),
  );
});

test('nothing changes without a change, and a change costs the same both ways', () => {
  fc.assert(
    fc.property(pair, ([p, q]) => {
      expect(changedShare(p, p)).toBeLessThan(1e-14);
      expect(Math.abs(changedShare(p, q) - changedShare(q, p))).toBeLessThan(1e-14);
    }),
  );
});

test('raising one arm while the others fall in proportion moves exactly the total variation', () => {
  expect(changedShare([0.2, 0.3, 0.5], [0.4, 0.225, 0.375])).toBeCloseTo(0.2, 14);
});
