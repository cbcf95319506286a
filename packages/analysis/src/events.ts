import { type Cell, withZeros } from '@armature/sdk/policies';
import type { Metric } from '@armature/sdk/protocol';

/**
 * How many events an arm's mean rests on, whatever the number of its trials: for binary metrics the rarer of successes
 * and failures; for counts (sum R)^2 / sum R^2, the trials that would carry the sum alone; for others the trials that
 * had a reward. Where some had none, which counts as 0, amounts that differ are worth fewer than equal ones:
 * n (1 + v) / (1 + 2 v)^2 with v = variance / mean^2 of the amounts, at most 4. So many equal amounts, as rare, would be
 * as skewed as n amounts of a gamma distribution. A normal approximation is as good as these are many.
 *
 * @param type of the metric
 * @param cell the arm's closed trials
 * @example
 * eventsOf('binary', { trials: 300, rewarded: 6, mean: 1, m2: 0 }) // => 6
 */
export function eventsOf(type: Metric['type'], cell: Cell): number {
  const { count, mean, m2 } = withZeros(cell);
  if (type === 'binary') return Math.min(Math.round(count * mean), Math.round(count * (1 - mean)));
  if (type !== 'count') return cell.rewarded < cell.trials ? equalAmounts(cell) : cell.rewarded;
  const squares = m2 + count * mean ** 2;
  return squares > 0 ? Math.floor((count * mean) ** 2 / squares + 1e-9) : 0;
}

/** Above this variance / mean^2 of the amounts nothing more is asked: amounts of either sign have no ratio to speak of. */
const LARGEST_RATIO = 4;

function equalAmounts({ rewarded, mean, m2 }: Cell): number {
  if (rewarded === 0) return 0;
  const ratio = mean === 0 ? LARGEST_RATIO : Math.min(LARGEST_RATIO, m2 / rewarded / mean ** 2);
  return Math.floor((rewarded * (1 + ratio)) / (1 + 2 * ratio) ** 2 + 1e-9);
}
