import {
  betaCdf,
  betaQuantile,
  chiSquaredCdf,
  chiSquaredQuantile,
  gammaCdf,
  gammaQuantile,
  studentTCdf,
  studentTQuantile,
} from '@armature/sdk/policies';
import fc from 'fast-check';
import { expect, test } from 'vitest';

/** Probabilities from 1e-290 to 1 - 1e-12: both tails and the middle. */
const probability = fc.oneof(
  fc.double({ min: -290, max: -1, noNaN: true }).map((e) => 10 ** e),
  fc.double({ min: 0.05, max: 0.95, noNaN: true }),
  fc.double({ min: -12, max: -1, noNaN: true }).map((e) => 1 - 10 ** e),
);
/** Shapes from .01 to 1e6. */
const shape = fc.double({ min: -2, max: 6, noNaN: true }).map((e) => 10 ** e);

const RUNS = { numRuns: 2000 };

/** The cdf reaches p between x less and x plus a billionth, so that x is the quantile to 1e-9. */
function expectInverse(cdf: (x: number) => number, x: number, p: number): void {
  expect(x).not.toBeNaN();
  // Quantiles below the normal doubles have no nine digits.
  if (Math.abs(x) < 1e-300) return;
  const [below, above] = [x - 1e-9 * Math.abs(x), x + 1e-9 * Math.abs(x)];
  expect(cdf(below)).toBeLessThanOrEqual(p * (1 + 1e-12));
  expect(cdf(above)).toBeGreaterThanOrEqual(p * (1 - 1e-12));
}

test('the gamma quantile inverts the cdf for any shape and probability', () => {
  fc.assert(
    fc.property(probability, shape, (p, a) => expectInverse((x) => gammaCdf(x, a), gammaQuantile(p, a), p)),
    {
      ...RUNS,
      examples: [
        [0.9999, 1.5],
        [1e-50, 1000.5],
        [8e-276, 47.5],
      ],
    },
  );
});

test('the chi-squared quantile inverts the cdf for any degrees of freedom', () => {
  fc.assert(
    fc.property(probability, shape, (p, df) =>
      expectInverse((x) => chiSquaredCdf(x, df), chiSquaredQuantile(p, df), p),
    ),
    RUNS,
  );
});

test('the beta quantile inverts the cdf for any shapes', () => {
  fc.assert(
    fc.property(probability, shape, shape, (p, a, b) =>
      expectInverse((x) => betaCdf(x, a, b), betaQuantile(p, a, b), p),
    ),
    RUNS,
  );
});

test("Student's quantile inverts the cdf for any degrees of freedom", () => {
  const degrees = fc.double({ min: 0, max: 7, noNaN: true }).map((e) => 10 ** e);
  fc.assert(
    fc.property(probability, degrees, (p, df) => expectInverse((t) => studentTCdf(t, df), studentTQuantile(p, df), p)),
    RUNS,
  );
});
