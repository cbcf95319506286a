import fc from 'fast-check';
import { expect, test } from 'vitest';
import { project } from '../../src/policies/project.js';
import { allocations, partsOf } from './allocation-arbitraries.js';

const RUNS = { numRuns: 1_000 };
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** The same c by bisection on a logarithmic scale, which knows nothing of breakpoints. */
function byBisection(q: readonly number[], lower: readonly number[], upper: readonly number[]): readonly number[] {
  const at = (c: number) => q.map((x, k) => Math.min(upper[k]!, Math.max(lower[k]!, c * x)));
  let low = -800;
  let high = 800;
  for (let i = 0; i < 200; i++) {
    const middle = (low + high) / 2;
    if (sum(at(Math.exp(middle * 0.8))) < 1) low = middle;
    else high = middle;
  }
  return at(Math.exp(low * 0.8));
}

test('projecting probabilities again gives them back, bit for bit', () => {
  fc.assert(
    fc.property(allocations, (input) => {
      const { q, lower, upper, count } = partsOf(input);
      fc.pre(count > 0);
      const p = project(q, lower, upper);
      expect(project(p, lower, upper)).toEqual(p);
    }),
    RUNS,
  );
});

// oracle: bisection on the definition
test('the factor is the one that bisection finds', () => {
  fc.assert(
    fc.property(allocations, (input) => {
      const { q, lower, upper } = partsOf(input);
      const saturated = sum(upper.map((u, k) => (q[k]! > 0 ? u : lower[k]!)));
      fc.pre(saturated > 1.000001 && sum(lower) < 0.999999);
      const expected = byBisection(q, lower, upper);
      project(q, lower, upper).forEach((x, k) => {
        expect(Math.abs(x - expected[k]!)).toBeLessThan(1e-9);
      });
    }),
    RUNS,
  );
});

test('caps that cannot hold everything are returned as they are', () => {
  expect(project([0.5, 0.5], [0, 0], [0.2, 0.3])).toEqual([0.2, 0.3]);
});

test('floors that leave nothing are returned as they are', () => {
  expect(project([0.9, 0.1], [0.5, 0.5], [1, 1])).toEqual([0.5, 0.5]);
});

test('a weight that is a thousand orders below the others moves only once they are held', () => {
  expect(project([1, 1e-60, 3e-60], [0, 0, 0], [0.2, 1, 1])).toEqual([0.2, 0.2, 0.6000000000000001]);
});
