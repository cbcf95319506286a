/** Weights below this count as 0: their breakpoints would overflow. */
const LEAST = 1e-290;

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const clip = (x: number, lower: number, upper: number): number => Math.min(upper, Math.max(lower, x));

/**
 * Projects weights onto probabilities inside bounds: p_k = clip(c q_k, l_k, u_k) with the c that makes the sum 1, so
 * that the arms which no bound holds keep their ratios. Where the arms with q > 0 all reach their caps before the sum
 * does, the rest is spread over the others as if their q were 1. Weights that already lie inside the bounds and sum
 * to 1 come back bit for bit.
 *
 * The sum over k of clip(c q_k, l_k, u_k) is piecewise linear and grows with c: its breakpoints l/q and u/q are sorted,
 * the segment that crosses 1 is found by bisection, and c follows from the arms that are free in it.
 *
 * @param q weights, finite and >= 0
 * @param lower floors, 0 <= l_k <= u_k, of sum <= 1
 * @param upper caps, in [0, 1]; where their sum is below 1 the result is the caps, and their sum
 * @returns probabilities in the order of q, of sum 1 up to rounding
 * @example
 * project([0.0392, 0.9608], [0.02, 0.01], [1, 0.01]) // => [0.99, 0.01]
 */
export function project(q: readonly number[], lower: readonly number[], upper: readonly number[]): readonly number[] {
  const rounding = q.length * 2 * Number.EPSILON;
  const inside = q.every((x, k) => lower[k]! <= x && x <= upper[k]!);
  if (inside && Math.abs(sum(q) - 1) <= rounding) return [...q];
  if (sum(upper) <= 1) return [...upper];
  if (sum(lower) >= 1) return [...lower];
  const positive = q.map((x) => x >= LEAST);
  const saturated = upper.map((u, k) => (positive[k] ? u : lower[k]!));
  if (sum(saturated) > 1) return solve(q, lower, upper, positive);
  const rest = q.map((_, k) => (positive[k] ? 0 : 1));
  const floors = lower.map((l, k) => (positive[k] ? upper[k]! : l));
  return solve(
    rest,
    floors,
    upper,
    positive.map((is) => !is),
  );
}

/** The projection where a c exists: the sum is above 1 once every arm with q > 0 is at its cap. */
function solve(
  q: readonly number[],
  lower: readonly number[],
  upper: readonly number[],
  moves: readonly boolean[],
): readonly number[] {
  const sumAt = (c: number): number => sum(q.map((x, k) => (moves[k] ? clip(c * x, lower[k]!, upper[k]!) : lower[k]!)));
  const breakpoints = q.flatMap((x, k) => (moves[k] ? [lower[k]! / x, upper[k]! / x] : [])).sort((a, b) => a - b);
  let low = 0;
  let high = breakpoints.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sumAt(breakpoints[middle]!) >= 1) high = middle;
    else low = middle + 1;
  }
  const right = breakpoints[low]!;
  const left = low > 0 ? breakpoints[low - 1]! : 0;
  const isLow = (x: number, k: number): boolean => !moves[k] || lower[k]! / x >= right;
  const isHigh = (x: number, k: number): boolean => !isLow(x, k) && upper[k]! / x <= left;
  let held = 0;
  let free = 0;
  q.forEach((x, k) => {
    if (isLow(x, k)) held += lower[k]!;
    else if (isHigh(x, k)) held += upper[k]!;
    else free += x;
  });
  const c = clip((1 - held) / free, left, right);
  return q.map((x, k) => {
    if (isLow(x, k)) return lower[k]!;
    return isHigh(x, k) ? upper[k]! : clip(c * x, lower[k]!, upper[k]!);
  });
}
