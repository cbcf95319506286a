import { gammaQuantile, gammaTails } from './incomplete-gamma.js';

/**
 * P(X <= x) for X ~ chi-squared with `df` degrees of freedom.
 *
 * @param x real
 * @param df degrees of freedom, real, > 0
 * @example
 * chiSquaredCdf(3.841458820694124, 1).toFixed(12) // => '0.950000000000'
 */
export function chiSquaredCdf(x: number, df: number): number {
  return gammaTails(df / 2, x / 2).lower;
}

/**
 * P(X > x) for X ~ chi-squared with `df` degrees of freedom, computed directly: the p-value of a chi-squared test.
 *
 * @param x the statistic, real
 * @param df degrees of freedom, real, > 0
 * @returns to 1e-12 relative
 * @example
 * chiSquaredSf(6.902, 1).toFixed(4) // => '0.0086'
 */
export function chiSquaredSf(x: number, df: number): number {
  return gammaTails(df / 2, x / 2).upper;
}

/**
 * The x with P(X <= x) = p for X ~ chi-squared with `df` degrees of freedom.
 *
 * @param p probability in [0, 1]
 * @param df degrees of freedom, real, > 0
 * @example
 * chiSquaredQuantile(0.95, 1).toFixed(9) // => '3.841458821'
 */
export function chiSquaredQuantile(p: number, df: number): number {
  return 2 * gammaQuantile(p, df / 2);
}
