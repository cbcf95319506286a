import { type Estimate, type Interval, type IntervalKind, intervalOf, noInterval } from './estimate.js';

/** The anytime interval is tightest near this many trials. */
export const OPTIMAL_TRIALS = 5000;

/** Draws each compared arm needs before the anytime interval is shown: with fewer it missed in up to 12 % of runs. */
export const DRAWS_GATE = 300;

/**
 * Events each compared arm needs as well (`eventsOf`): at rates of .5 to 2 %, 300 draws hold a handful of successes, and
 * the interval missed in 7 to 14 % of runs.
 */
export const EVENTS_GATE = 10;

export interface AsymptoticOptions {
  /** Probability of ever missing, in (0, 1). Default 0.05. */
  readonly alpha?: number;
  /** Trials at which the interval is tightest, > 0. Fix it before the data. Default 5000. */
  readonly optimalTrials?: number;
  /** Draws needed in each compared arm. Default 300. */
  readonly gate?: number;
  /** Events of each compared arm: every one must reach 10. Default: not asked. */
  readonly events?: readonly number[];
}

/**
 * Half-width of the asymptotic confidence sequence (AsympCS) in standard errors:
 * sqrt(N) sqrt(2 (N r + 1) / (N^2 r) ln(sqrt(N r + 1) / alpha)), r = (-2 ln alpha + ln(1 - 2 ln alpha)) / N*.
 *
 * @param trials N, > 0
 * @param alpha probability of ever missing, in (0, 1)
 * @param optimalTrials N*, > 0
 * @returns the factor that takes the place of 1.96; at N* and alpha .05 it is about 3.03
 * @see Waudby-Smith et al., arXiv:2103.06476, eq. 9
 * @example
 * asymptoticFactor(5000, 0.05, 5000) // => 3.035
 */
export function asymptoticFactor(trials: number, alpha = 0.05, optimalTrials = OPTIMAL_TRIALS): number {
  const rho2 = (-2 * Math.log(alpha) + Math.log(1 - 2 * Math.log(alpha))) / optimalTrials;
  const scaled = trials * rho2;
  return Math.sqrt(((2 * (scaled + 1)) / scaled) * Math.log(Math.sqrt(scaled + 1) / alpha));
}

/**
 * The anytime-valid interval of an estimate whose standard error is that of a running mean over `trials`:
 * asymptotically, the probability that it misses at any look from the gate on is at most alpha.
 *
 * @param estimate value and standard error so far
 * @param trials trials behind it, over all arms
 * @param draws closed trials of each compared arm: every one must reach the gate
 * @returns the interval, or the reason why it is not shown yet
 * @example
 * asymptoticInterval(estimateOf(0.5, 0.1), 5000, [299, 4701]).reason // => 'an arm has 299 of the 300 draws the anytime interval needs'
 */
export function asymptoticInterval(
  estimate: Estimate,
  trials: number,
  draws: readonly number[],
  { alpha = 0.05, optimalTrials = OPTIMAL_TRIALS, gate = DRAWS_GATE, events = [] }: AsymptoticOptions = {},
): Interval {
  const kind: IntervalKind = { level: 1 - alpha, guarantee: 'anytime', method: 'AsympCS' };
  if (estimate.value === null) return noInterval('insufficient', estimate.reason ?? 'no estimate', kind);
  const fewest = Math.min(...draws);
  if (fewest < gate)
    return noInterval('insufficient', `an arm has ${fewest} of the ${gate} draws the anytime interval needs`, kind);
  const rarest = Math.min(EVENTS_GATE, ...events);
  if (rarest < EVENTS_GATE)
    return noInterval(
      'insufficient',
      `an arm has ${rarest} of the ${EVENTS_GATE} events the anytime interval needs`,
      kind,
    );
  if (estimate.standardError === null) return noInterval('insufficient', estimate.reason ?? 'no standard error', kind);
  if (estimate.standardError === 0) return noInterval('degenerate', 'the rewards do not vary', kind);
  const half = estimate.standardError * asymptoticFactor(trials, alpha, optimalTrials);
  return intervalOf(estimate.value - half, estimate.value + half, kind);
}
