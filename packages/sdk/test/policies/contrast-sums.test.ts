import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  contrastSums,
  type ScoredStratum,
  scoredTrials,
  scoreProducts,
  scoreSquares,
  scoreSum,
} from '../../src/policies/contrast-sums.js';

interface Trial {
  readonly arm: number;
  readonly reward: number;
}

/** A stratum as rows and as moments, the moments taken in two passes. */
interface Sample {
  readonly rows: readonly Trial[];
  readonly stratum: ScoredStratum;
}

function momentsOf(rewards: readonly number[]) {
  const count = rewards.length;
  const mean = count === 0 ? 0 : rewards.reduce((sum, x) => sum + x, 0) / count;
  return { count, mean, m2: rewards.reduce((sum, x) => sum + (x - mean) ** 2, 0) };
}

const sample: fc.Arbitrary<Sample> = fc.integer({ min: 2, max: 4 }).chain((arms) => {
  const vector = fc.array(fc.double({ min: 0.02, max: 1, noNaN: true }), { minLength: arms, maxLength: arms });
  const value = fc.double({ min: -5, max: 5, noNaN: true });
  return fc
    .record({
      weights: vector,
      means: fc.array(value, { minLength: arms, maxLength: arms }),
      rows: fc.array(fc.record({ arm: fc.integer({ min: 0, max: arms - 1 }), reward: value }), { maxLength: 60 }),
    })
    .map(({ weights, means, rows }) => {
      const total = weights.reduce((sum, w) => sum + w, 0);
      const arm = (k: number) => momentsOf(rows.filter((row) => row.arm === k).map((row) => row.reward));
      return { rows, stratum: { p: weights.map((w) => w / total), means, arms: weights.map((_, k) => arm(k)) } };
    });
});

const scoreOf = ({ p, means }: ScoredStratum, row: Trial, k: number): number =>
  means[k]! + (row.arm === k ? (row.reward - means[k]!) / p[k]! : 0);

/** Equal to 1e-12 of the size that the summands have. */
function expectSum(actual: number, terms: readonly number[]): void {
  const expected = terms.reduce((sum, x) => sum + x, 0);
  const size = terms.reduce((sum, x) => sum + Math.abs(x), 1);
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(1e-12 * size * 10);
}

// oracle: the same sums row by row
test('sums of scores, of their squares and of their products follow from the cells', () => {
  const q = fc.double({ min: -5, max: 5, noNaN: true });
  fc.assert(
    fc.property(sample, q, q, ({ rows, stratum }, qa, qb) => {
      const ga = rows.map((row) => scoreOf(stratum, row, 0));
      const gb = rows.map((row) => scoreOf(stratum, row, 1));
      expect(scoredTrials(stratum)).toBe(rows.length);
      expectSum(scoreSum(stratum, 0), ga);
      expectSum(
        scoreSquares(stratum, 1, qb),
        gb.map((g) => (g - qb) ** 2),
      );
      expectSum(
        scoreProducts(stratum, 0, 1, qa, qb),
        ga.map((g, t) => (g - qa) * (gb[t]! - qb)),
      );
    }),
  );
});

// oracle: the same sums row by row
test('the sums of a contrast with the common weight follow from the cells', () => {
  const q = fc.double({ min: -5, max: 5, noNaN: true });
  fc.assert(
    fc.property(sample, q, q, ({ rows, stratum }, qa, qb) => {
      const compared = stratum.p.map((_, k) => k);
      const h = stratum.p.reduce((sum, p) => sum + 1 / p, 0) ** -0.5;
      const contrast = rows.map((row) => scoreOf(stratum, row, 1) - scoreOf(stratum, row, 0));
      const sums = contrastSums(stratum, 0, 1, [qa, qb], compared);
      expectSum(
        sums.weight,
        rows.map(() => h),
      );
      expectSum(
        sums.score,
        contrast.map((d) => h * d),
      );
      expectSum(
        sums.squares,
        contrast.map((d) => h * h * (d - (qb - qa)) ** 2),
      );
    }),
  );
});

test('plug-in means of zero give inverse propensity weighting', () => {
  const stratum = { p: [0.25, 0.75], means: [0, 0], arms: [momentsOf([1, 0, 1]), momentsOf([1])] };
  expect(scoreSum(stratum, 0)).toBe(8);
});

test('a stratum that could not draw a compared arm adds nothing', () => {
  const stratum = { p: [1, 0, 0], means: [0, 0, 0], arms: [momentsOf([1, 0]), momentsOf([]), momentsOf([])] };
  expect(contrastSums(stratum, 0, 1, [0, 0])).toEqual({ weight: 0, score: 0, squares: 0 });
  const partial = { ...stratum, p: [0.5, 0.5, 0] };
  expect(contrastSums(partial, 0, 1, [0, 0], [0, 1, 2]).weight).toBe(0);
  expect(contrastSums(partial, 0, 1, [0, 0]).weight).toBe(1);
});
