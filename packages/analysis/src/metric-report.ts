import type { Metric } from '@armature/sdk/protocol';
import { type ComparisonData, comparedWith, comparisonData, contrastOf } from './arm-contrast.js';
import { type ArmMean, armMeanAdaptive, armMeanConstant } from './arm-means.js';
import { eventsIn } from './common-weight-contrast.js';
import { type Estimate, estimateOf, noEstimate } from './estimate.js';
import { worthOf } from './regret.js';
import type { ArmReport, ContrastReport, EstimatorChoice, MetricReport, SeriesReport, WorthReport } from './report.js';
import type { Stratum } from './stratum.js';
import { timeSeries } from './time-series.js';

/** What a metric's section of the report is made from. */
export interface MetricInput {
  readonly metric: Metric;
  /** Merged by version. */
  readonly strata: readonly Stratum[];
  /** Kept apart by bucket. */
  readonly buckets: readonly Stratum[];
  readonly arms: readonly string[];
  readonly control: string;
  /** Each arm's probability in the newest version; null when there is none. */
  readonly now: readonly (number | null)[];
  /** Each arm's probability of being best; null where it has none. */
  readonly best: readonly (number | null)[];
  readonly alpha: number;
  /** Arms that can no longer be drawn. */
  readonly retired: readonly string[];
}

/**
 * One metric's section of the report.
 *
 * @param input strata and what names them
 */
export function metricReport(input: MetricInput): MetricReport {
  const { metric, strata, arms, control, alpha } = input;
  const at = arms.indexOf(control);
  const data = comparisonData(metric, strata, arms, at);
  const rows = arms.map((_, k) => armReport(input, data, k));
  return {
    metric: metric.name,
    type: metric.type,
    better: metric.better,
    missing: metric.missing,
    trials: data.pooled.reduce((sum, { count }) => sum + count, 0),
    estimator: chooseEstimator(data),
    arms: rows,
    contrasts: arms.flatMap((_, k) => (k === at ? [] : [contrastReport(input, data, k, at)])),
    worth: worthReport(data, arms, alpha),
    series: seriesReport(input, data.common),
    notes: notesOf(data, arms),
  };
}

function chooseEstimator({ constant, metric }: ComparisonData): EstimatorChoice {
  if (!constant)
    return {
      name: 'common-weight AIPW',
      reason:
        'more than one vector served, so plain means mix versions and are biased where weights follow rewards; every version weighs alike for all its arms',
    };
  const test = metric.type === 'binary' ? 'two proportions, Newcombe' : 'Welch';
  return { name: 'difference of means', reason: `the weights stood still: ${test}` };
}

function armReport(
  { arms, control, strata, now, best, alpha, retired }: MetricInput,
  data: ComparisonData,
  k: number,
): ArmReport {
  const opened = strata.reduce((sum, stratum) => sum + stratum.opened[k]!, 0);
  const all = strata.reduce((sum, stratum) => sum + stratum.opened.reduce((total, n) => total + n, 0), 0);
  const { count, mean } = data.pooled[k]!;
  const estimate = meanOf(data, k, [...new Set([arms.indexOf(control), k])], alpha);
  return {
    arm: arms[k]!,
    control: arms[k] === control,
    retired: retired.includes(arms[k]!),
    decisions: opened,
    share: all === 0 ? null : opened / all,
    now: now[k] ?? null,
    trials: count,
    total: count * mean,
    ...estimate,
    probabilityBest: best[k] ?? null,
    naiveMean: count === 0 ? null : mean,
  };
}

/** An arm's mean by the estimator of the contrast of `compared`. */
function meanOf(data: ComparisonData, arm: number, compared: readonly number[], alpha: number): ArmMean {
  const { metric, strata, constant, pooled } = data;
  const { type, missing } = metric;
  if (constant) return armMeanConstant(pooled[arm]!, type, { alpha, ...eventsIn(strata, [arm], type) });
  return armMeanAdaptive(strata, arm, comparedWith(data, compared), { alpha, missing, type });
}

function contrastReport(
  { arms, alpha }: MetricInput,
  data: ComparisonData,
  arm: number,
  against: number,
): ContrastReport {
  const numbers = contrastOf(data, arm, against, { alpha });
  // Over the versions of the contrast: an arm added on the way is not measured by what control was before.
  const base = meanOf(data, against, [arm, against], alpha).mean;
  return { arm: arms[arm]!, against: arms[against]!, ...numbers, relative: relativeTo(numbers.difference, base) };
}

function relativeTo(difference: Estimate, base: Estimate): Estimate {
  if (difference.value === null) return noEstimate('insufficient', difference.reason ?? 'no difference');
  if (base.value === null) return noEstimate('insufficient', base.reason ?? 'no mean of control');
  if (base.value === 0) return noEstimate('degenerate', 'the mean of control is 0');
  return estimateOf(difference.value / Math.abs(base.value), null);
}

function worthReport(data: ComparisonData, arms: readonly string[], alpha: number): WorthReport {
  const worth = worthOf(data.strata, data.common, data.metric, alpha);
  const { arm, ...maximum } = worth.maximum;
  return {
    ...worth,
    regret: worth.regret.map((row) => ({ ...row, arm: arms[row.arm]! })),
    maximum: { arm: arm === null ? null : arms[arm]!, ...maximum },
  };
}

function seriesReport({ metric, buckets, arms }: MetricInput, common: readonly number[]): SeriesReport {
  const series = timeSeries(buckets, common, metric.missing);
  return {
    ...series,
    times: series.times.map((time) => new Date(time).toISOString()),
    shares: arms.map((arm, k) => ({ arm, values: series.shares[k] ?? [] })),
  };
}

function notesOf({ metric, constant, strata, common }: ComparisonData, arms: readonly string[]): readonly string[] {
  const notes: string[] = [];
  if (metric.missing === 'ignored')
    notes.push('Trials without a reward are left out: if having a reward depends on the arm, the means select by it.');
  if (!constant)
    notes.push(
      'mean* weighs versions by h = (sum of 1/p)^(-1/2), alike for all arms, so that a trend cancels in the differences; naive means are total over trials, biased while weights move, and serve as a footnote only.',
      'Regret and gain rest on unweighted means: while weights move their 95% intervals hold in about 92 to 95% of runs.',
    );
  const partial = arms.filter((_, k) => !common.includes(k));
  if (strata.length > 0 && partial.length > 0 && partial.length < arms.length)
    notes.push(
      `${partial.join(', ')} could not be drawn in every version: compared over the versions where ${partial.length === 1 ? 'it' : 'each'} and control could, and left out of regret and the even split.`,
    );
  return notes;
}
