import { type Cell, EMPTY_CELL, type Moments, merge, withZeros } from './cells.js';

/** What a policy must know of the metric it learns from. */
export interface RewardScale {
  readonly type: 'binary' | 'bounded' | 'count' | 'real';
  readonly better: 'higher' | 'lower';
  readonly missing: 'zero' | 'ignored';
  /** Least and greatest reward; [0, 1] for binary metrics whatever stands here. */
  readonly range?: readonly [number, number];
}

/**
 * The moments of one arm's trials as its metric counts them: a missing reward is a zero (`missing: zero`) or no trial
 * at all (`missing: ignored`).
 *
 * @param metric the metric
 * @param cell the arm's cell
 * @example
 * rewardMoments({ type: 'binary', better: 'higher', missing: 'zero' }, { trials: 4, rewarded: 2, mean: 1, m2: 0 }) // => { count: 4, mean: 0.5, m2: 1 }
 */
export function rewardMoments(metric: RewardScale, cell: Cell): Moments {
  return metric.missing === 'zero' ? withZeros(cell) : { count: cell.rewarded, mean: cell.mean, m2: cell.m2 };
}

/** The range of a metric's rewards, undefined where it is not known. */
export function rewardRange(metric: RewardScale): readonly [number, number] | undefined {
  return metric.type === 'binary' ? [0, 1] : metric.range;
}

/**
 * The moments of all arms' trials together.
 *
 * @param arms moments of each arm
 * @example
 * pooledMoments([{ count: 1, mean: 1, m2: 0 }, { count: 1, mean: 3, m2: 0 }]) // => { count: 2, mean: 2, m2: 2 }
 */
export function pooledMoments(arms: readonly Moments[]): Moments {
  const { trials, mean, m2 } = arms
    .map((arm) => ({ trials: arm.count, rewarded: arm.count, mean: arm.mean, m2: arm.m2 }))
    .reduce<Cell>(merge, EMPTY_CELL);
  return { count: trials, mean, m2 };
}

const unit = (x: number): number => Math.min(1, Math.max(0, x));

/**
 * Moments moved and scaled for an index policy, greater being better: to [0, 1] where the range is known, mirrored
 * where lower rewards are better; else by twice the standard deviation of all trials around their mean, which gives
 * the rewards the spread that rewards in [0, 1] have at most. The second is an estimate: where rewards have heavy
 * tails the bounds that are built on it are too narrow.
 *
 * @param metric the metric
 * @param arms moments of each arm, from {@link rewardMoments}
 * @example
 * scaledMoments({ type: 'bounded', better: 'lower', missing: 'zero', range: [0, 10] }, [{ count: 2, mean: 1, m2: 2 }]) // => [{ count: 2, mean: 0.9, m2: 0.02 }]
 */
export function scaledMoments(metric: RewardScale, arms: readonly Moments[]): readonly Moments[] {
  const range = rewardRange(metric);
  const lower = metric.better === 'lower';
  if (range !== undefined) {
    const [low, high] = range;
    const width = high - low;
    return arms.map(({ count, mean, m2 }) => {
      const scaled = unit((mean - low) / width);
      return { count, mean: lower ? 1 - scaled : scaled, m2: m2 / (width * width) };
    });
  }
  const all = pooledMoments(arms);
  const spread = 2 * Math.sqrt(all.m2 / Math.max(1, all.count));
  return arms.map(({ count, mean, m2 }) => {
    if (spread === 0) return { count, mean: 0, m2: 0 };
    const scaled = (mean - all.mean) / spread;
    return { count, mean: lower ? -scaled : scaled, m2: m2 / (spread * spread) };
  });
}
