/**
 * A cell: the sufficient statistics of one metric in one arm. Cells merge, so a partition, a bucket and a whole
 * experiment are the same kind of value. `trials` counts every closed trial; `rewarded` those that had a reward;
 * `mean` and `m2` describe the rewarded ones only, so that the zeros of the others enter in closed form.
 */
export interface Cell {
  /** Trials that closed (missing: zero) or that were rewarded (missing: ignored). Integer >= 0. */
  readonly trials: number;
  /** Trials with a reward. Integer, 0 <= rewarded <= trials. */
  readonly rewarded: number;
  /** Mean reward of the rewarded trials; 0 when there are none. */
  readonly mean: number;
  /** Sum of squared deviations of the rewarded trials from `mean`, >= 0. */
  readonly m2: number;
}

/** The cell that changes nothing when merged. */
export const EMPTY_CELL: Cell = Object.freeze({ trials: 0, rewarded: 0, mean: 0, m2: 0 });

/** Adds one trial that had no reward. */
export function addMissing(cell: Cell): Cell {
  return { trials: cell.trials + 1, rewarded: cell.rewarded, mean: cell.mean, m2: cell.m2 };
}

/**
 * Adds one trial with a reward, by Welford's update.
 *
 * @example
 * addReward(EMPTY_CELL, 3) // => { trials: 1, rewarded: 1, mean: 3, m2: 0 }
 */
export function addReward(cell: Cell, reward: number): Cell {
  const rewarded = cell.rewarded + 1;
  const delta = reward - cell.mean;
  const mean = cell.mean + delta / rewarded;
  return { trials: cell.trials + 1, rewarded, mean, m2: cell.m2 + delta * (reward - mean) };
}

/**
 * Merges two cells (Chan, Golub and LeVeque): associative and commutative up to rounding.
 *
 * @example
 * merge(addReward(EMPTY_CELL, 1), addReward(EMPTY_CELL, 3)) // => { trials: 2, rewarded: 2, mean: 2, m2: 2 }
 */
export function merge(a: Cell, b: Cell): Cell {
  if (a.rewarded === 0) return { ...b, trials: a.trials + b.trials };
  if (b.rewarded === 0) return { ...a, trials: a.trials + b.trials };
  const rewarded = a.rewarded + b.rewarded;
  const delta = b.mean - a.mean;
  return {
    trials: a.trials + b.trials,
    rewarded,
    mean: a.mean + (delta * b.rewarded) / rewarded,
    m2: a.m2 + b.m2 + (delta * delta * a.rewarded * b.rewarded) / rewarded,
  };
}

/** Count, mean and sum of squared deviations of a plain sample. */
export interface Moments {
  readonly count: number;
  readonly mean: number;
  readonly m2: number;
}

/**
 * The moments over all trials of a cell, a missing reward being zero: with z = trials - rewarded zeros beside r rewarded,
 * mean = r * mean_r / n and M2 = M2_r + mean_r^2 * r * z / n.
 *
 * @example
 * withZeros({ trials: 4, rewarded: 2, mean: 1, m2: 0 }) // => { count: 4, mean: 0.5, m2: 1 }
 */
export function withZeros(cell: Cell): Moments {
  const { trials, rewarded, mean, m2 } = cell;
  if (trials === 0) return { count: 0, mean: 0, m2: 0 };
  const zeros = trials - rewarded;
  return { count: trials, mean: (rewarded * mean) / trials, m2: m2 + (mean * mean * rewarded * zeros) / trials };
}
