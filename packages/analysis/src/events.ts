import { type Cell, withZeros } from '@armature/sdk/policies';
import type { Metric } from '@armature/sdk/protocol';

/**
 * How many events an arm's mean rests on, whatever the number of its trials: for binary metrics the rarer of successes
 * and failures; for counts (sum R)^2 / sum R^2, the trials that would carry the sum alone; for others the trials that
 * had a reward. A normal approximation is as good as these are many.
 *
 * @param type of the metric
 * @param cell the arm's closed trials
 * @example
 * eventsOf('binary', { trials: 300, rewarded: 6, mean: 1, m2: 0 }) // => 6
 */
export function eventsOf(type: Metric['type'], cell: Cell): number {
  const { count, mean, m2 } = withZeros(cell);
  if (type === 'binary') return Math.min(Math.round(count * mean), Math.round(count * (1 - mean)));
  if (type !== 'count') return cell.rewarded;
  const squares = m2 + count * mean ** 2;
  return squares > 0 ? Math.floor((count * mean) ** 2 / squares + 1e-9) : 0;
}
