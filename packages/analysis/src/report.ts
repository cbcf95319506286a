import type { Assign, Health, Metric } from '@armature/sdk/protocol';
import type { Estimate, Interval } from './estimate.js';

/**
 * What was learned, with its guarantee: the value every rendering (terminal, JSON, HTML) shows. Plain JSON, full
 * doubles, times as RFC 3339 in UTC; what could not be computed is null beside a reason, never NaN.
 */
export interface Report {
  readonly schema: 1;
  readonly experiment: ReportedExperiment;
  readonly generatedAt: string;
  /** Decision times covered: start of the first bucket, start of the last; null before the first trial. */
  readonly from: string | null;
  readonly to: string | null;
  readonly versions: { readonly first: string | null; readonly last: string | null; readonly count: number };
  readonly trials: TrialCounts;
  readonly verdict: Verdict;
  readonly guarantee: Guarantee;
  readonly health: HealthReport;
  /** The metric that is learnt from first, the others in the experiment's order. */
  readonly metrics: readonly MetricReport[];
  readonly notes: readonly string[];
}

export interface ReportedExperiment {
  readonly id: string;
  readonly description: string;
  /** `thompson, floor 2%`. */
  readonly policy: string;
  readonly assign: Assign;
  /** What one trial is: `one request`, `one unit in one period of 1d`, ... */
  readonly randomisationUnit: string;
  readonly control: string;
  readonly arms: readonly string[];
  /** The metric that is learnt from. */
  readonly reward: string | null;
  /** Whether one vector served every version. It chooses the headline estimator. */
  readonly weights: 'constant' | 'moving';
}

export interface TrialCounts {
  /** Randomised trials opened: first decisions of their randomisation unit. */
  readonly opened: number;
  /** Trials of the reward metric whose window has closed: what the numbers rest on. */
  readonly closed: number;
  readonly open: number;
  readonly firstClosesAt: string | null;
  /** `128 trials open, the first closes 14:05`; null when none is open. */
  readonly text: string | null;
}

/** `unhealthy`: a failed check outranks every result. `none`: no trial has closed. */
export const VERDICTS = ['none', 'unhealthy', 'not decided', 'decided'] as const;

export interface Verdict {
  readonly status: (typeof VERDICTS)[number];
  /** The arm most likely best; null when nothing is known. */
  readonly leader: string | null;
  /** Posterior probability that the leader is best. */
  readonly probability: number | null;
  /** Arms that are surely behind the leader: anytime-valid, over all pairs of arms together. */
  readonly behind: readonly string[];
  /** Arms that were switched off or taken out: nothing can be drawn to them, so they take no part. */
  readonly retired: readonly string[];
  /** One sentence each; the headline is their concatenation. */
  readonly sentences: readonly string[];
}

/** What the headline intervals promise. */
export interface Guarantee {
  readonly kind: 'anytime' | 'one look';
  readonly level: number;
  /** One sentence that names the estimator and the guarantee. */
  readonly text: string;
}

export const CHECK_STATUS = ['ok', 'warning', 'failed'] as const;
export type CheckStatus = (typeof CHECK_STATUS)[number];

/** One item of the health line. */
export interface HealthCheck {
  readonly id: 'propensities' | 'unmatched' | 'late' | 'duplicates' | 'fallback' | 'invalid' | 'tooOld' | 'dropped';
  readonly status: CheckStatus;
  readonly count: number;
  /** Short, as on the health line: `unmatched 0`, `propensities ok`. */
  readonly label: string;
  /** What it means and what to do; null when the check is ok. */
  readonly text: string | null;
}

export interface HealthReport {
  /** The worst of the checks. */
  readonly status: CheckStatus;
  readonly checks: readonly HealthCheck[];
  readonly ratio: RatioReport;
  readonly exclusions: readonly Exclusion[];
  readonly counters: Health;
}

/** Did the arms get the shares the logged vectors promise? */
export interface RatioReport {
  /** The e-process: may be looked at for ever. */
  readonly sequential: {
    readonly status: 'ok' | 'alarm' | 'insufficient';
    readonly reason: string | null;
    /** Largest e-value over the versions so far, capped at the largest double; alarm at 1 / alpha. */
    readonly eValue: number | null;
    readonly logE: number | null;
    readonly alpha: number;
  };
  /** Chi-square against the fixed split, a one-look test; null when weights moved. */
  readonly chiSquare: {
    readonly status: 'ok' | 'alarm' | 'insufficient';
    readonly reason: string | null;
    readonly statistic: number | null;
    readonly degreesOfFreedom: number;
    readonly p: number | null;
    readonly alpha: number;
  } | null;
  readonly arms: readonly { readonly arm: string; readonly opened: number; readonly expected: number }[];
}

/** Trials or events that stand in the log and in no number of this report. */
export interface Exclusion {
  readonly id: string;
  readonly count: number;
  readonly text: string;
}

export interface MetricReport {
  readonly metric: string;
  readonly type: Metric['type'];
  readonly better: Metric['better'];
  readonly missing: Metric['missing'];
  /** Closed trials of this metric over all arms. */
  readonly trials: number;
  /** The headline estimator by name and why it was chosen. */
  readonly estimator: EstimatorChoice;
  readonly arms: readonly ArmReport[];
  /** Every other arm against control, in arm order. */
  readonly contrasts: readonly ContrastReport[];
  readonly worth: WorthReport;
  readonly series: SeriesReport;
  readonly notes: readonly string[];
}

export interface EstimatorChoice {
  readonly name: 'difference of means' | 'common-weight AIPW';
  readonly reason: string;
}

export interface ArmReport {
  readonly arm: string;
  readonly control: boolean;
  /** Switched off or taken out of the definition: it can no longer be drawn. */
  readonly retired: boolean;
  /** Randomised trials opened on this arm. */
  readonly decisions: number;
  /** Of all trials opened; null when there are none. */
  readonly share: number | null;
  /** Probability in the newest version; null when there is none. */
  readonly now: number | null;
  /** Closed trials. */
  readonly trials: number;
  /** Sum of the reward over closed trials. */
  readonly total: number;
  /** The headline mean (`mean*`): see the metric's estimator. */
  readonly mean: Estimate;
  readonly anytime: Interval;
  readonly oneLook: Interval;
  /** (sum w)^2 / sum w^2 of the weights this mean gives its trials; the trials themselves when weights are constant. */
  readonly effectiveN: number | null;
  readonly probabilityBest: number | null;
  /** Total over trials: biased while weights move, a footnote only. */
  readonly naiveMean: number | null;
}

export interface ContrastReport {
  readonly arm: string;
  readonly against: string;
  /** arm - against, in the metric's unit. */
  readonly difference: Estimate;
  /** The headline interval. */
  readonly anytime: Interval;
  readonly oneLook: Interval;
  /** Two-sided p of the one-look test; null where there is none. */
  readonly p: number | null;
  /** difference / |mean of against|; null with a reason when that mean is 0. */
  readonly relative: Estimate;
  /** The unweighted AIPW beside it; null when weights are constant. */
  readonly unweighted: { readonly difference: Estimate; readonly oneLook: Interval } | null;
  /** Difference of the naive means: a footnote only. */
  readonly naive: number | null;
  /** Closed trials the contrast rests on, over all arms. */
  readonly trials: number;
  /** Closed trials of the two arms among them: what the gate counts. */
  readonly draws: { readonly arm: number; readonly against: number };
}

/** What the policy was worth. All of it estimated from the data: no true rate is known. */
export interface WorthReport {
  /** Sum of the reward over the closed trials counted here. */
  readonly total: number;
  readonly trials: number;
  /** What an even split over the arms would have brought on the same trials, and the gain over it. */
  readonly evenSplit: { readonly value: Estimate; readonly gain: Estimate; readonly oneLook: Interval };
  /** What always serving one arm would have brought, less what came: regret, signed so that > 0 is loss. */
  readonly regret: readonly RegretReport[];
  /** Regret against the best arm, whichever it is: simultaneous over the arms. */
  readonly maximum: { readonly arm: string | null; readonly regret: Estimate; readonly simultaneous: Interval };
}

export interface RegretReport {
  readonly arm: string;
  readonly regret: Estimate;
  /** Against this one arm. */
  readonly oneLook: Interval;
  /** All arms together (Bonferroni). */
  readonly simultaneous: Interval;
}

/** Buckets of decision time in order; every list has one entry a bucket. */
export interface SeriesReport {
  readonly times: readonly string[];
  /** Share of the bucket's trials; null in a bucket without trials. */
  readonly shares: readonly { readonly arm: string; readonly values: readonly (number | null)[] }[];
  /** Cumulative reward of closed trials, and what an even split is estimated to have brought. */
  readonly cumulative: readonly number[];
  readonly evenSplit: readonly (number | null)[];
}
