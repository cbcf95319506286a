import { PolicyError } from './policy-error.js';

/** Parts of a whole vector: every probability that is drawn from is a whole number of these. */
export const BILLION = 1_000_000_000;

const SUM_TOLERANCE = 1e-9;
/** What rounding may add to a bound times a billion, in billionths. */
const SLACK = 1e-6;
/** Further than this from a bound is no rounding. */
const ROUNDING = 1e-12;

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** Bounds in billionths: inside the given ones if that is possible, around them if not, around p where p breaks them. */
function bounds(p: readonly number[], lower: readonly number[], upper: readonly number[]) {
  const inner = lower.map((l, k) => (p[k] === 0 ? 0 : Math.ceil(l * BILLION - SLACK)));
  const outer = upper.map((u, k) => (p[k] === 0 ? 0 : Math.floor(u * BILLION + SLACK)));
  const low = sum(inner) <= BILLION ? inner : lower.map((l) => Math.floor(l * BILLION));
  const high = sum(outer) >= BILLION ? outer : upper.map((u) => Math.ceil(u * BILLION));
  const least = p.map((x) => (x > 0 ? 1 : 0));
  return {
    least,
    low: low.map((l, k) => Math.max(least[k]!, p[k]! < lower[k]! - ROUNDING ? Math.floor(p[k]! * BILLION) : l)),
    high: high.map((u, k) => {
      if (p[k] === 0) return 0;
      return Math.max(1, p[k]! > upper[k]! + ROUNDING ? Math.ceil(p[k]! * BILLION) : u);
    }),
  };
}

/** The arm that may move by `step` (1 or -1) and is furthest from where it should be; the first of equals. */
function furthest(exact: readonly number[], parts: readonly number[], limit: readonly number[], step: 1 | -1): number {
  let arm = -1;
  let most = Number.NEGATIVE_INFINITY;
  for (let k = 0; k < parts.length; k++) {
    const away = (exact[k]! - parts[k]!) * step;
    if ((limit[k]! - parts[k]!) * step > 0 && away > most) {
      most = away;
      arm = k;
    }
  }
  return arm;
}

/**
 * Probabilities as whole billionths that sum to exactly 1,000,000,000, by largest remainder inside the bounds. A
 * positive probability never becomes 0 and a zero stays one. Ties go to the arm that comes first. Bounds that are no
 * whole billionths are rounded inwards, or outwards where K times 1/K would not fit otherwise. Where no whole billionth
 * lies between a floor and its cap, the cap holds. A bound that p itself breaks, as control may, is widened to p.
 *
 * @param p probabilities >= 0 of sum 1 within 1e-9, one per arm
 * @param lower floors in the same order @default 0 each
 * @param upper caps in the same order @default 1 each
 * @returns whole numbers, each within one billionth of p unless a bound or the rule against zeros moves it further
 * @throws PolicyError WEIGHTS_INVALID
 * @example
 * toBillionths([1 / 3, 1 / 3, 1 / 3]) // => [333333334, 333333333, 333333333]
 */
export function toBillionths(
  p: readonly number[],
  lower: readonly number[] = p.map(() => 0),
  upper: readonly number[] = p.map(() => 1),
): readonly number[] {
  if (!p.every((x) => x >= 0) || !(Math.abs(sum(p) - 1) <= SUM_TOLERANCE)) {
    throw new PolicyError('WEIGHTS_INVALID', JSON.stringify(p.map(String)));
  }
  const { least, low, high } = bounds(p, lower, upper);
  const exact = p.map((x) => x * BILLION);
  const parts = exact.map((x, k) => Math.min(high[k]!, Math.max(low[k]!, Math.floor(x))));
  let missing = BILLION - sum(parts);
  const top = p.map((x) => (x > 0 ? BILLION : 0));
  while (missing !== 0) {
    const step = missing > 0 ? 1 : -1;
    const inside = furthest(exact, parts, step > 0 ? high : low, step);
    // A floor gives way where every other arm is already at its last billionth.
    const k = inside >= 0 ? inside : furthest(exact, parts, step > 0 ? top : least, step);
    parts[k] = parts[k]! + step;
    missing -= step;
  }
  return parts;
}

/**
 * The probabilities that billionths stand for, as they are logged and drawn from: the numbers nearest to k 1e-9, which
 * print with at most nine decimals.
 *
 * @param parts whole billionths
 * @example
 * fromBillionths([812345678, 187654322]) // => [0.812345678, 0.187654322]
 */
export function fromBillionths(parts: readonly number[]): readonly number[] {
  return parts.map((part) => part / BILLION);
}
