import { betaLogitQuantile, betaTails, logBeta } from './incomplete-beta.js';

/** P(T > t) for t >= 0: half of I_x(df / 2, 1 / 2) at x = df / (df + t^2). */
function upperTail(t: number, df: number): number {
  const s = t / Math.sqrt(df);
  if (s > 1e9) {
    // Beyond double precision only the leading power of t counts, and t^2 may overflow.
    return 0.5 * Math.exp(-df * Math.log(s) - Math.log(df / 2) - logBeta(df / 2, 0.5));
  }
  const s2 = s * s;
  const x = 1 / (1 + s2);
  const y = s2 / (1 + s2);
  return 0.5 * betaTails(df / 2, 0.5, x, y, 0.5 * (df * y - x)).lower;
}

/**
 * P(T > t) for Student's t, computed directly in both tails.
 *
 * @param t any real
 * @param df degrees of freedom, real (Welch's is not whole), > 0
 * @returns to 1e-12 relative for df from 1 to 1e7
 * @example
 * studentTSf(2.5, 97.3).toFixed(12) // => '0.007045990423'
 */
export function studentTSf(t: number, df: number): number {
  return t >= 0 ? upperTail(t, df) : 1 - upperTail(-t, df);
}

/**
 * P(T <= t) for Student's t, computed directly in both tails.
 *
 * @param t any real
 * @param df degrees of freedom, real, > 0
 * @example
 * studentTCdf(1, 1).toFixed(12) // => '0.750000000000'
 */
export function studentTCdf(t: number, df: number): number {
  return studentTSf(-t, df);
}

/**
 * The t with P(T <= t) = p. For an upper quantile pass the upper tail and change the sign: -studentTQuantile(q, df).
 * T^2 / (df + T^2) is Beta(1/2, df/2), and T^2 / df is the odds of it.
 *
 * @param p probability in [0, 1]
 * @param df degrees of freedom, real, > 0
 * @returns to 1e-10 relative; NaN for p outside [0, 1]
 * @example
 * studentTQuantile(0.975, 10).toFixed(12) // => '2.228138851986'
 */
export function studentTQuantile(p: number, df: number): number {
  if (!(p >= 0 && p <= 1)) return Number.NaN;
  if (p === 0.5) return 0;
  if (p === 0 || p === 1) return p === 0 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  const tail = p < 0.5 ? p : 1 - p;
  const t = Math.sqrt(df) * Math.exp(betaLogitQuantile(2 * Math.abs(p - 0.5), 2 * tail, 0.5, df / 2) / 2);
  return p < 0.5 ? -t : t;
}
