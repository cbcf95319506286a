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

/** What the fold counted and did not learn from, per experiment. Every number of the report's health line. */
export interface Health {
  readonly decisions: number;
  /** Decisions that were not randomised, by reason. */
  readonly notRandomised: { readonly [reason: string]: number };
  /** Later decisions of an open or closed trial: they add nothing. */
  readonly repeated: number;
  readonly rewards: number;
  readonly duplicates: number;
  /** Same id, other payload: the first wins. */
  readonly conflicts: number;
  /** Rewards after the trial had closed or outside its window. */
  readonly late: number;
  /** Rewards whose decision never came. */
  readonly unmatched: number;
  /** Rewards of decisions that do not count (not randomised, or not exposed). */
  readonly ignored: number;
  /** Decisions whose propensity is not the version's: excluded. */
  readonly propensityMismatch: number;
  /** Decisions that clients reported as lost. */
  readonly dropped: number;
}
