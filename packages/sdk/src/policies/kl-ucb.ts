/**
 * Kullback-Leibler divergence of Bernoulli(p) from Bernoulli(q): p ln(p/q) + (1-p) ln((1-p)/(1-q)), with 0 ln 0 = 0.
 *
 * @param p a probability
 * @param q a probability
 * @returns nats, >= 0; infinite where q excludes what p allows
 * @example
 * klBernoulli(0.1, 0.9).toFixed(12) // => '1.757779661869'
 */
export function klBernoulli(p: number, q: number): number {
  const delta = q - p;
  const yes = p > 0 ? -p * Math.log1p(delta / p) : 0;
  const no = p < 1 ? -(1 - p) * Math.log1p(-delta / (1 - p)) : 0;
  return Math.max(0, yes + no);
}

/**
 * The KL upper confidence bound: the greatest q >= mean with klBernoulli(mean, q) <= d.
 *
 * @param mean mean reward, in [0, 1]
 * @param d how much divergence the data allow, nats >= 0: exploration / pulls
 * @returns q in [mean, 1], to about 1e-15
 * @see Garivier and Cappe 2011
 * @example
 * klUpperBound(0.5, 0.2).toFixed(12) // => '0.787088816381'
 */
export function klUpperBound(mean: number, d: number): number {
  if (mean <= 0) return -Math.expm1(-d);
  if (mean >= 1) return 1;
  let low = mean;
  let high = Math.min(1, mean + Math.sqrt(d / 2));
  for (let middle = (low + high) / 2; middle > low && middle < high; middle = (low + high) / 2) {
    if (klBernoulli(mean, middle) <= d) low = middle;
    else high = middle;
  }
  return low;
}

/**
 * The KL-UCB index: the upper bound at d = (ln t + c ln ln t) / n.
 *
 * @param mean mean reward of the arm, in [0, 1]
 * @param n its pulls, >= 0; without a pull the index is infinite
 * @param t pulls of all arms, >= n
 * @param c weight of ln ln t, >= 0; the proof wants 3, practice 0 @default 0
 * @see Garivier and Cappe 2011, algorithm 1
 * @example
 * klUcb(0.5, 10, 100).toFixed(6) // => '0.887909'
 */
export function klUcb(mean: number, n: number, t: number, c = 0): number {
  if (n === 0) return Number.POSITIVE_INFINITY;
  const log = Math.log(Math.max(1, t));
  return klUpperBound(mean, (log + c * Math.log(Math.max(1, log))) / n);
}
