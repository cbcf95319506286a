/** Order statistics of a few measurements. */

/** The value below which the share `q` of the values lies, linear between neighbours. */
export function quantile(values, q) {
  if (values.length === 0) throw new Error('a quantile of no values');
  const sorted = [...values].sort((a, b) => a - b);
  const place = q * (sorted.length - 1);
  const low = Math.floor(place);
  const high = Math.ceil(place);
  return sorted[low] + (place - low) * (sorted[high] - sorted[low]);
}

export const median = (values) => quantile(values, 0.5);

/** Distance of the outer deciles over the median: .2 means that a round may well be 10 % off. */
export function spread(values) {
  return (quantile(values, 0.9) - quantile(values, 0.1)) / median(values);
}
