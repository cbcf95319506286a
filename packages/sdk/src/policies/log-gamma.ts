const HALF_LOG_TWO_PI = 0.9189385332046728;

/** zeta(k) - 1 for k = 2, 3, ...: the Taylor coefficients of log-gamma around 2, up to (-1)^k / k. */
const ZETA_MINUS_ONE = [
  0.6449340668482264, 0.2020569031595943, 0.08232323371113819, 0.03692775514336993, 0.01734306198444914,
  0.008349277381922827, 0.00407735619794434, 0.0020083928260822143, 0.0009945751278180853, 0.0004941886041194645,
  0.0002460865533080483, 0.00012271334757848915, 6.124813505870483e-5, 3.058823630702049e-5, 1.528225940865187e-5,
  7.637197637899763e-6, 3.81729326499984e-6, 1.908212716553939e-6, 9.539620338727962e-7, 4.769329867878064e-7,
  2.38450502727733e-7, 1.1921992596531106e-7, 5.960818905125948e-8, 2.980350351465228e-8, 1.4901554828365043e-8,
  7.45071178983543e-9,
];
const TAYLOR = ZETA_MINUS_ONE.map((value, index) => (index % 2 === 0 ? value : -value) / (index + 2));
const ONE_MINUS_EULER = 0.42278433509846713;

/** log gamma(2 + z) for |z| <= 1/2; no digits are lost at z = 0, where it vanishes. */
function logGammaNearTwo(z: number): number {
  let sum = 0;
  for (let k = TAYLOR.length - 1; k >= 0; k--) sum = sum * z + TAYLOR[k]!;
  return z * (ONE_MINUS_EULER + z * sum);
}

/**
 * The logarithm of the gamma function.
 *
 * @param x real, > 0
 * @returns ln gamma(x), to 1e-14 relative, also near its zeros at 1 and 2; NaN for x <= 0
 * @example
 * logGamma(5).toFixed(12) // => '3.178053830348'
 */
export function logGamma(x: number): number {
  if (!(x > 0)) return Number.NaN;
  if (x >= 15) return (x - 0.5) * Math.log(x) - x + HALF_LOG_TWO_PI + stirlingError(x);
  if (x < 0.5) return logGammaNearTwo(x) - Math.log1p(x) - Math.log(x);
  if (x < 1.5) return logGammaNearTwo(x - 1) - Math.log1p(x - 1);
  let product = 1;
  let rest = x;
  while (rest > 2.5) {
    rest -= 1;
    product *= rest;
  }
  return logGammaNearTwo(rest - 2) + Math.log(product);
}

/**
 * ln(1 + x) - x, without the cancellation near zero: with r = x / (2 + x) it is -r x + 2 r^3 (1/3 + r^2/5 + ...).
 *
 * @param x real, > -1
 * @example
 * log1pMinus(1e-8) // => -4.9999999666666667e-17
 */
export function log1pMinus(x: number): number {
  if (x < -0.4 || x > 0.6) return Math.log1p(x) - x;
  const r = x / (2 + x);
  const r2 = r * r;
  const terms = r2 < 1e-4 ? 4 : 13;
  let sum = 1 / (2 * terms + 3);
  for (let k = 2 * terms + 1; k >= 3; k -= 2) sum = sum * r2 + 1 / k;
  return r * (2 * r2 * sum - x);
}

/** What Stirling's formula lacks, as a series in 1 / x; good to 1e-16 for x >= 15. */
function stirlingSeries(x: number): number {
  const s = 1 / (x * x);
  const tail = 0.0008417508417508417 - s * (0.0019175269175269176 - s * 0.00641025641025641);
  return (
    (0.08333333333333333 -
      s * (0.002777777777777778 - s * (0.0007936507936507937 - s * (0.0005952380952380953 - s * tail)))) /
    x
  );
}

function stirlingByRecurrence(x: number): number {
  let sum = 0;
  let shifted = x;
  for (; shifted < 15; shifted++) {
    const inverse = 1 / shifted;
    sum += 0.5 * inverse + (shifted + 0.5) * log1pMinus(inverse);
  }
  return sum + stirlingSeries(shifted);
}

/** The values at 0, 1/2, 1, ..., 15: counts and the usual priors fall on them. */
const AT_HALVES = Float64Array.from({ length: 31 }, (_, index) => stirlingByRecurrence(index / 2));

/**
 * The error of Stirling's formula: ln gamma(x) - [(x - 1/2) ln x - x + ln(2 pi) / 2]. Densities of large counts are
 * written with it, because differences of log-gammas lose their digits.
 *
 * @param x real, > 0
 * @see C. Loader, Fast and accurate computation of binomial probabilities (2000)
 * @example
 * stirlingError(1).toFixed(12) // => '0.081061466795'
 */
export function stirlingError(x: number): number {
  if (x >= 15) return stirlingSeries(x);
  const twice = 2 * x;
  return twice >= 1 && Number.isInteger(twice) ? AT_HALVES[twice]! : stirlingByRecurrence(x);
}
