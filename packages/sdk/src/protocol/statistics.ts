import type { Cell } from '../policies/cells.js';

/** One arm in one (version, rule, bucket): its randomised trials, and a cell for each metric with closed trials. */
export interface ArmStatistics {
  /** Randomised trials opened (first decisions), closed or not: what the ratio check counts. */
  readonly opened: number;
  readonly metrics: { readonly [metric: string]: Cell };
}

/**
 * The statistics of one experiment under one version and rule, for the trials whose decision time lies in one bucket.
 * `arms` follows the version's arm order.
 */
export interface StatisticsCell {
  readonly experiment: string;
  readonly version: string;
  readonly rule: string;
  /** Start of the decision-time bucket, ms since the epoch. */
  readonly bucket: number;
  readonly arms: readonly ArmStatistics[];
}

/** What the fold counted and did not learn from, per experiment: every number of the report's health line. */
export interface Health {
  /** Decision events, duplicates excluded. */
  readonly decisions: number;
  /** Decisions that were not randomised, by reason. */
  readonly notRandomised: { readonly [reason: string]: number };
  /** Later decisions of a trial, or of a period long over: they add nothing. */
  readonly repeated: number;
  /** Reward events, duplicates excluded. */
  readonly rewards: number;
  /** Events whose id had been seen: counted once already. */
  readonly duplicates: number;
  /** Rewards outside their trial's window, or after it had closed. */
  readonly late: number;
  /** Rewards whose decision never came. */
  readonly unmatched: number;
  /** Rewards of decisions that do not count: not randomised, not exposed, or excluded. */
  readonly uncounted: number;
  /** Rewards that the trial's own definition does not know or allow. */
  readonly invalid: number;
  /** Decisions whose propensity is not their version's, or whose version is unknown: excluded. */
  readonly propensityMismatch: number;
  /** Events older than the dedupe horizon: refused, so that they are never doubled. */
  readonly tooOld: number;
  /** Decisions that clients reported as lost before they reached the log. */
  readonly dropped: number;
}
