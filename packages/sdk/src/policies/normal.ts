/** The normal distribution: Cody's rational approximations of erfc, and Wichura's of the quantile. */

const INVERSE_SQRT_PI = 0.5641895835477563;
const SQRT_HALF = Math.SQRT1_2;
const HALF_LOG_TWO_PI = 0.9189385332046728;

// Coefficients by falling power, as Horner's rule reads them. Source: W. J. Cody, Math. Comp. 23 (1969) 631-637.
const ERF_TOP = [0.18577770618460315, 3.1611237438705655, 113.86415415105016, 377.485237685302, 3209.3775891384694];
const ERF_BOTTOM = [1, 23.601290952344122, 244.02463793444417, 1282.6165260773723, 2844.236833439171];
const MIDDLE_TOP = [
  2.1531153547440383e-8, 0.5641884969886701, 8.883149794388377, 66.11919063714163, 298.6351381974001, 881.952221241769,
  1712.0476126340707, 2051.0783778260716, 1230.3393547979972,
];
const MIDDLE_BOTTOM = [
  1, 15.744926110709835, 117.6939508913125, 537.1811018620099, 1621.3895745666903, 3290.7992357334597,
  4362.619090143247, 3439.3676741437216, 1230.3393548037495,
];
const TAIL_TOP = [
  0.016315387137302097, 0.30532663496123236, 0.36034489994980445, 0.12578172611122926, 0.016083785148742275,
  0.0006587491615298378,
];
const TAIL_BOTTOM = [
  1, 2.568520192289822, 1.8729528499234604, 0.5279051029514285, 0.06051834131244132, 0.0023352049762686918,
];

// Source: M. J. Wichura, Algorithm AS 241, Applied Statistics 37 (1988) 477-484.
const CENTRE_TOP = [
  2509.0809287301227, 33430.57558358813, 67265.7709270087, 45921.95393154987, 13731.69376550946, 1971.5909503065513,
  133.14166789178438, 3.3871328727963665,
];
const CENTRE_BOTTOM = [
  5226.495278852854, 28729.085735721943, 39307.89580009271, 21213.794301586597, 5394.196021424751, 687.1870074920579,
  42.31333070160091, 1,
];
const NEAR_TOP = [
  0.0007745450142783414, 0.022723844989269184, 0.2417807251774506, 1.2704582524523684, 3.6478483247632045,
  5.769497221460691, 4.630337846156546, 1.4234371107496835,
];
const NEAR_BOTTOM = [
  1.0507500716444169e-9, 0.0005475938084995345, 0.015198666563616457, 0.14810397642748008, 0.6897673349851,
  1.6763848301838038, 2.053191626637759, 1,
];
const FAR_TOP = [
  2.0103343992922881e-7, 2.7115555687434876e-5, 0.0012426609473880784, 0.026532189526576124, 0.29656057182850487,
  1.7848265399172913, 5.463784911164114, 6.657904643501103,
];
const FAR_BOTTOM = [
  2.0442631033899397e-15, 1.421511758316446e-7, 1.8463183175100548e-5, 0.0007868691311456133, 0.014875361290850615,
  0.1369298809227358, 0.599832206555888, 1,
];

function ratio(top: readonly number[], bottom: readonly number[], x: number): number {
  let a = 0;
  let b = 0;
  for (const value of top) a = a * x + value;
  for (const value of bottom) b = b * x + value;
  return a / b;
}

/** exp(x^2) erfc(x) for x > 0.46875. */
function scaledErfc(x: number): number {
  if (x <= 4) return ratio(MIDDLE_TOP, MIDDLE_BOTTOM, x);
  const s = 1 / (x * x);
  return (INVERSE_SQRT_PI - s * ratio(TAIL_TOP, TAIL_BOTTOM, s)) / x;
}

/** exp(-x^2) without losing the digits that rounding x^2 loses. */
function gaussian(x: number): number {
  if (x > 40) return 0;
  const head = Math.trunc(x * 16) / 16;
  return Math.exp(-head * head) * Math.exp(-(x - head) * (x + head));
}

/**
 * The complementary error function, 2 / sqrt(pi) times the integral of exp(-t^2) from x to infinity.
 *
 * @param x any real
 * @returns in [0, 2], to 1e-14 relative down to 1e-300
 * @see W. J. Cody, Rational Chebyshev approximations for the error function (1969)
 * @example
 * erfc(1).toFixed(15) // => '0.157299207050285'
 */
export function erfc(x: number): number {
  const size = Math.abs(x);
  if (size <= 0.46875) return 1 - x * ratio(ERF_TOP, ERF_BOTTOM, x * x);
  const tail = scaledErfc(size) * gaussian(size);
  return x > 0 ? tail : 2 - tail;
}

/**
 * The standard normal density, exp(-z^2 / 2) / sqrt(2 pi).
 *
 * @example
 * normalPdf(0).toFixed(15) // => '0.398942280401433'
 */
export function normalPdf(z: number): number {
  return Math.exp(-0.5 * z * z - HALF_LOG_TWO_PI);
}

/**
 * P(Z > z) for a standard normal Z, computed directly in both tails.
 *
 * @param z standard deviations, any real
 * @returns in [0, 1]: to 1e-13 relative; 0 only below the smallest double (z > 38.4)
 * @example
 * normalSf(1.959963984540054).toFixed(12) // => '0.025000000000'
 */
export function normalSf(z: number): number {
  const x = z * SQRT_HALF;
  if (x < 0.46875) return 0.5 * erfc(x);
  if (z > 40) return 0;
  const head = Math.trunc(z * 16) / 16;
  return 0.5 * scaledErfc(x) * Math.exp(-0.5 * head * head) * Math.exp(-0.5 * (z - head) * (z + head));
}

/**
 * P(Z <= z) for a standard normal Z, computed directly in both tails.
 *
 * @param z standard deviations, any real
 * @example
 * normalCdf(-10).toPrecision(12) // => '7.61985302416e-24'
 */
export function normalCdf(z: number): number {
  return normalSf(-z);
}

/**
 * ln P(Z > z), also where the probability itself is below the smallest double.
 *
 * @param z standard deviations, any real
 * @example
 * normalLogSf(100).toFixed(9) // => '-5005.524208694'
 */
export function normalLogSf(z: number): number {
  if (z < 0) return Math.log1p(-normalSf(-z));
  const x = z * SQRT_HALF;
  return x < 0.46875 ? Math.log(0.5 * erfc(x)) : Math.log(0.5 * scaledErfc(x)) - 0.5 * z * z;
}

/**
 * The z with P(Z <= z) = p. For an upper quantile pass the upper tail and change the sign: -normalQuantile(q).
 *
 * @param p probability in [0, 1]
 * @returns to 1e-15 relative down to p = 1e-300; -Infinity at 0, Infinity at 1, NaN outside
 * @see M. J. Wichura, Algorithm AS 241 (1988)
 * @example
 * normalQuantile(0.975).toFixed(12) // => '1.959963984540'
 */
export function normalQuantile(p: number): number {
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) return q * ratio(CENTRE_TOP, CENTRE_BOTTOM, 0.180625 - q * q);
  const tail = q < 0 ? p : 1 - p;
  if (!(tail > 0)) return tail === 0 ? Math.sign(q) * Number.POSITIVE_INFINITY : Number.NaN;
  const r = Math.sqrt(-Math.log(tail));
  const z = r <= 5 ? ratio(NEAR_TOP, NEAR_BOTTOM, r - 1.6) : ratio(FAR_TOP, FAR_BOTTOM, r - 5);
  return q < 0 ? -z : z;
}
