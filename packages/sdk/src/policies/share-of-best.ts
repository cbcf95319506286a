/** Values this close, relative to the smaller, are the same sum in another order. */
const TIE = 1e-12;

const ties = (value: number, best: number): boolean =>
  value === best || Math.abs(best - value) <= TIE * Math.min(Math.abs(best), Math.abs(value));

/**
 * All weight on the greatest value, split evenly where several are the greatest. Values that differ by less than 1e-12
 * of their size count as equal, because the mean of the same rewards depends by so much on the order they came in.
 *
 * @param values one per arm, not NaN; infinities are allowed
 * @returns weights of sum 1
 * @example
 * shareOfBest([0.1, 0.3, 0.3]) // => [0, 0.5, 0.5]
 */
export function shareOfBest(values: readonly number[]): readonly number[] {
  const best = values.reduce((max, value) => Math.max(max, value), Number.NEGATIVE_INFINITY);
  const count = values.filter((value) => ties(value, best)).length;
  return values.map((value) => (ties(value, best) ? 1 / count : 0));
}
