import type { Weighting } from './aipw.js';
import type { Stratum } from './stratum.js';

/**
 * Kish's effective number of an arm's trials: (sum w)^2 / sum w^2 with w = h / p over the trials of that arm.
 *
 * @returns null when the arm has no trial with a positive weight
 * @example
 * effectiveTrials([], 0, () => 1) // => null
 */
export function effectiveTrials(strata: readonly Stratum[], arm: number, weigh: Weighting): number | null {
  let sum = 0;
  let squares = 0;
  for (const { p, cells } of strata) {
    const h = weigh(p);
    const n = cells[arm]!.trials;
    if (h <= 0 || n === 0 || p[arm]! <= 0) continue;
    const w = h / p[arm]!;
    sum += n * w;
    squares += n * w * w;
  }
  return squares > 0 ? (sum * sum) / squares : null;
}
