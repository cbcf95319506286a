import { normalQuantile, normalSf } from '@armature/sdk/policies';
import { EVENTS_GATE } from './asymptotic-cs.js';
import { type Estimate, type Interval, type IntervalKind, intervalOf, noInterval } from './estimate.js';

/**
 * The interval value +- z * standard error, right at one look fixed beforehand.
 *
 * @param estimate a value with its standard error
 * @param method names the estimator
 * @param alpha probability of missing, in (0, 1)
 * @param events of each arm that it rests on (`eventsOf`): with fewer than 10 in one of them its width hangs on the few
 *   that happened, and there is none. Default: not asked
 * @returns the interval, or the reason why there is none
 */
export function normalInterval(
  estimate: Estimate,
  method: string,
  alpha = 0.05,
  events: readonly number[] = [],
): Interval {
  const kind: IntervalKind = { level: 1 - alpha, guarantee: 'one look', method };
  const { value, standardError, status, reason } = estimate;
  if (value === null || standardError === null)
    return noInterval(status === 'ok' ? 'insufficient' : status, reason ?? 'no standard error', kind);
  if (standardError === 0) return noInterval('degenerate', 'the rewards do not vary', kind);
  const rarest = Math.min(EVENTS_GATE, ...events);
  if (rarest < EVENTS_GATE)
    return noInterval('insufficient', `an arm has ${rarest} of the ${EVENTS_GATE} events the interval needs`, kind);
  const half = -normalQuantile(alpha / 2) * standardError;
  return intervalOf(value - half, value + half, kind);
}

/**
 * Two-sided p of value / standard error against 0.
 *
 * @returns null without a standard error, or with one of 0
 * @example
 * twoSidedP(estimateOf(1.959963984540054, 1)).toFixed(6) // => '0.050000'
 */
export function twoSidedP({ value, standardError }: Estimate): number | null {
  if (value === null || standardError === null || standardError === 0) return null;
  return Math.min(1, 2 * normalSf(Math.abs(value) / standardError));
}
