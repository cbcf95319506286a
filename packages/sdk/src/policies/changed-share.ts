/**
 * The share of keys that change arm when the probabilities move from p to q under the same salt:
 * 1 - sum_k 1 / sum_j max(p_j / p_k, q_j / q_k), over the arms with p_k > 0 and q_k > 0. It lies between the total
 * variation TV of p and q and 2 TV / (1 + TV), and is exact for the exponential race of {@link draw}.
 *
 * @param p probabilities now, of sum 1
 * @param q probabilities afterwards, of the same arms in the same order
 * @returns a share in [0, 1]
 * @example
 * changedShare([0.5, 0.5], [1, 0]) // => 0.5
 */
export function changedShare(p: readonly number[], q: readonly number[]): number {
  let kept = 0;
  for (let k = 0; k < p.length; k++) {
    if (!(p[k]! > 0 && q[k]! > 0)) continue;
    let total = 0;
    for (let j = 0; j < p.length; j++) total += Math.max(p[j]! / p[k]!, q[j]! / q[k]!);
    kept += 1 / total;
  }
  return Math.min(1, Math.max(0, 1 - kept));
}
