import { log1pMinus, stirlingError } from './log-gamma.js';

const EPSILON = 2 ** -53;
const TINY = 1e-290;
const SPLITTER = 134217729;
/** The largest step of Newton's method downwards, in logits: a longer one can overshoot to where x underflows. */
const MAX_STEP = 3;

/**
 * The logarithm of the beta function, ln B(a, b).
 *
 * @param a real, > 0
 * @param b real, > 0
 * @example
 * logBeta(2, 3).toFixed(12) // => '-2.484906649788'
 */
export function logBeta(a: number, b: number): number {
  const errors = stirlingError(a) + stirlingError(b) - stirlingError(a + b);
  return 0.5 * Math.log(2 * Math.PI * (1 / a + 1 / b)) - a * Math.log1p(b / a) - b * Math.log1p(a / b) + errors;
}

/** ln(ratio) - (ratio - 1), with `excess` = ratio - 1 known better than by the difference. */
function logMinus(excess: number, ratio: number): number {
  return excess > -0.4 ? log1pMinus(excess) : Math.log(ratio) - excess;
}

/** The part of `logBetaTerm` that x has no say in. */
export function logBetaScale(a: number, b: number): number {
  const n = a + b;
  const errors = stirlingError(n) - stirlingError(a) - stirlingError(b);
  return 0.5 * Math.log((a / n) * (b / (2 * Math.PI))) + errors;
}

/** The part of `logBetaTerm` that vanishes at the mean. */
export function betaDeviance(a: number, b: number, x: number, y: number, d: number): number {
  const n = a + b;
  return a * logMinus(-d / a, (n / a) * x) + b * logMinus(d / b, (n / b) * y);
}

/**
 * ln[x^a y^b / B(a, b)] in Loader's form, with y = 1 - x and d = a y - b x: the two large terms cancel before they are
 * formed, so that a, b = 1e8 cost no digits.
 */
function logBetaTerm(a: number, b: number, x: number, y: number, d: number): number {
  return logBetaScale(a, b) + betaDeviance(a, b, x, y, d);
}

/** Sum over m of (a + b)_m / (a + 1)_m x^m: all terms positive, so no digit is lost. */
function powerSeries(a: number, b: number, x: number): number {
  let term = 1;
  let sum = 1;
  for (let m = 0; term > EPSILON * sum * (1 - x); m++) {
    term *= ((a + b + m) / (a + 1 + m)) * x;
    sum += term;
  }
  return sum;
}

/** The continued fraction of DiDonato and Morris (1992, eq. 9), by Lentz's method; its terms are positive while m < b. */
function continuedFraction(a: number, b: number, x: number, y: number, d: number): number {
  const n = a + b;
  let value = (a * (d + 1)) / (a + 1);
  if (value === 0) value = TINY;
  let c = value;
  let inverse = 0;
  for (let m = 1; ; m++) {
    const odd = a + 2 * m - 1;
    const top = ((a + m - 1) / odd) * ((n + m - 1) / odd) * m * (b - m) * x * x;
    const bottom = m + (m * (b - m) * x) / odd + ((a + m) / (odd + 2)) * (d + 1 + m * (1 + y));
    inverse = 1 / (bottom + top * inverse || TINY);
    c = bottom + top / c || TINY;
    const change = c * inverse;
    value *= change;
    if (Math.abs(change - 1) < 2 * EPSILON) return value;
  }
}

/** I_x(a, b) over x^a y^b / B(a, b), for x not above its mean. */
function lowerFactor(a: number, b: number, x: number, y: number, d: number): number {
  const slow = x > 0.9 || (a + b) * x > 0.8 * (a + 1);
  return slow ? 1 / continuedFraction(a, b, x, y, d) : powerSeries(a, b, x) / a;
}

function lowerTail(a: number, b: number, x: number, y: number, d: number): number {
  const term = Math.exp(logBetaTerm(a, b, x, y, d));
  return term === 0 ? 0 : term * lowerFactor(a, b, x, y, d);
}

/**
 * Both tails at once: lower = I_x(a, b), upper = 1 - lower. The tail on the near side of the mean is computed, the
 * other one is not small; except that with a shape below 1 the fraction is slow beside that end, and the series is not.
 */
export function betaTails(
  a: number,
  b: number,
  x: number,
  y: number,
  d: number,
): { readonly lower: number; readonly upper: number } {
  const n = a + b;
  const below = d >= 0 ? b >= 1 || y > 0.1 || n * y >= 1 : a < 1 && x < 0.1 && n * x < 1;
  if (below) {
    const lower = lowerTail(a, b, x, y, d);
    return { lower, upper: 1 - lower };
  }
  const upper = lowerTail(b, a, y, x, -d);
  return { lower: 1 - upper, upper };
}

/** a - (a + b) x with the rounding errors of the sum and the product put back. */
function deviation(a: number, b: number, x: number): number {
  const n = a + b;
  const back = n - a;
  const sumError = a - (n - back) + (b - back);
  const product = n * x;
  const n1 = SPLITTER * n - (SPLITTER * n - n);
  const x1 = SPLITTER * x - (SPLITTER * x - x);
  const productError = n1 * x1 - product + n1 * (x - x1) + (n - n1) * x1 + (n - n1) * (x - x1);
  return a - product - productError - sumError * x;
}

/**
 * P(X <= x) for X ~ Beta(alpha, beta): the regularised incomplete beta function I_x(alpha, beta).
 *
 * @param x in [0, 1]; values outside are taken as its ends
 * @param alpha real, > 0
 * @param beta real, > 0
 * @returns to 1e-12 relative for parameters from 0.01 to 1e6
 * @see A. DiDonato and A. Morris, Algorithm 708, ACM TOMS 18 (1992)
 * @example
 * betaCdf(0.25, 2, 3).toFixed(12) // => '0.261718750000'
 */
export function betaCdf(x: number, alpha: number, beta: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  return betaTails(alpha, beta, x, 1 - x, deviation(alpha, beta, x)).lower;
}

/**
 * P(X > x) for X ~ Beta(alpha, beta), computed directly.
 *
 * @param x in [0, 1]; values outside are taken as its ends
 * @param alpha real, > 0
 * @param beta real, > 0
 * @example
 * betaSf(0.25, 2, 3).toFixed(12) // => '0.738281250000'
 */
export function betaSf(x: number, alpha: number, beta: number): number {
  if (x <= 0) return 1;
  if (x >= 1) return 0;
  return betaTails(alpha, beta, x, 1 - x, deviation(alpha, beta, x)).upper;
}

/**
 * The logit of the Beta(a, b) variable with lower tail `lower` and upper tail `upper`. Both tails are log-concave in
 * the logit, so Newton's method on the logarithm of the smaller one converges from anywhere.
 */
export function betaLogitQuantile(lower: number, upper: number, a: number, b: number): number {
  if (upper < lower) return -betaLogitQuantile(upper, lower, b, a);
  const target = Math.log(lower);
  // Far out, I_x = x^a / (a B(a, b)) to all digits: no iteration, and no underflow of x.
  const far = (target + Math.log(a) + logBeta(a, b)) / a;
  if (far < Math.log(1e-17) - Math.log1p(Math.abs(b - 1))) return far;
  let u = Math.log(a / b);
  for (let iteration = 0; iteration < 200; iteration++) {
    const x = 1 / (1 + Math.exp(-u));
    const y = 1 / (1 + Math.exp(u));
    const d = a * y - b * x;
    const logTerm = logBetaTerm(a, b, x, y, d);
    const factor = d > 0 ? lowerFactor(a, b, x, y, d) : betaTails(a, b, x, y, d).lower / Math.exp(logTerm);
    const step = (logTerm + Math.log(factor) - target) * factor;
    u -= Math.min(step, MAX_STEP);
    if (Math.abs(step) <= 1e-14 * Math.max(1, Math.abs(u))) break;
  }
  return u;
}

/**
 * The x with P(X <= x) = p for X ~ Beta(alpha, beta).
 *
 * @param p probability in [0, 1]
 * @param alpha real, > 0
 * @param beta real, > 0
 * @returns to 1e-10 relative; NaN for p outside [0, 1]
 * @example
 * betaQuantile(0.99, 8, 4).toFixed(12) // => '0.916339709825'
 */
export function betaQuantile(p: number, alpha: number, beta: number): number {
  if (!(p >= 0 && p <= 1)) return Number.NaN;
  if (p === 0 || p === 1) return p;
  return 1 / (1 + Math.exp(-betaLogitQuantile(p, 1 - p, alpha, beta)));
}
