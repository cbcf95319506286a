import type { Moments } from '@armature/sdk/policies';

/** The moments that change nothing when merged. */
export const EMPTY_MOMENTS: Moments = Object.freeze({ count: 0, mean: 0, m2: 0 });

/**
 * Merges two samples by Chan, Golub and LeVeque.
 *
 * @example
 * mergeMoments({ count: 1, mean: 1, m2: 0 }, { count: 1, mean: 3, m2: 0 }) // => { count: 2, mean: 2, m2: 2 }
 */
export function mergeMoments(a: Moments, b: Moments): Moments {
  if (a.count === 0) return b;
  if (b.count === 0) return a;
  const count = a.count + b.count;
  const delta = b.mean - a.mean;
  return {
    count,
    mean: a.mean + (delta * b.count) / count,
    m2: a.m2 + b.m2 + (delta * delta * a.count * b.count) / count,
  };
}

/**
 * Adds one value by Welford's update.
 *
 * @example
 * addValue({ count: 1, mean: 1, m2: 0 }, 3) // => { count: 2, mean: 2, m2: 2 }
 */
export function addValue(moments: Moments, value: number): Moments {
  const count = moments.count + 1;
  const delta = value - moments.mean;
  const mean = moments.mean + delta / count;
  return { count, mean, m2: moments.m2 + delta * (value - mean) };
}

/**
 * Sample variance m2 / (n - 1); null for fewer than two values.
 *
 * @example
 * varianceOf({ count: 2, mean: 2, m2: 2 }) // => 2
 */
export function varianceOf(moments: Moments): number | null {
  return moments.count < 2 ? null : moments.m2 / (moments.count - 1);
}
