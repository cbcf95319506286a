import type { Moments } from '@armature/sdk/policies';
import type { Assign } from '@armature/sdk/protocol';
import { type Estimate, estimateOf, type Interval, type IntervalKind, noEstimate, noInterval } from './estimate.js';
import { addValue, EMPTY_MOMENTS } from './moments.js';
import { normalInterval } from './normal-interval.js';
import { requireRequestAssign } from './row-wise.js';
import { addScore, EMPTY_SUMS, sumsVariance } from './score-sums.js';
import { weightedRate } from './weighted-rate.js';

/** One decision of a foreign log that knows the propensity of the chosen arm only. */
export interface LoggedRow {
  /** ms since the epoch. */
  readonly time: number;
  readonly arm: string;
  /** Probability with which the arm was drawn; undefined where the log has none. */
  readonly propensity: number | undefined;
  readonly reward: number;
}

/** Share of rows with an impossible propensity above which nothing is estimated. */
export const INVALID_LIMIT = 0.001;

/**
 * Least effective sample size. From 100 on no row can carry more than a tenth of the weight, since
 * max w / sum w <= 1 / sqrt(ESS): below it a normal interval rests on a handful of rows.
 */
export const LEAST_EFFECTIVE = 100;

/** Effective number of rewards, (sum w R)^2 / sum (w R)^2, from which on a normal interval is used. */
export const LEAST_EFFECTIVE_REWARDS = 100;

/** The value of a policy that did not collect the data. */
export interface PolicyValue {
  readonly rows: number;
  /** Rows that could not be used, by fault. */
  readonly invalid: { readonly missing: number; readonly notPositive: number; readonly aboveOne: number };
  /** Mean reward as logged, under the policy that collected the data. */
  readonly logged: number | null;
  /** sum w R / n: unbiased. */
  readonly ipw: Estimate;
  readonly ipwInterval: Interval;
  /** sum w R / sum w: slightly biased, steadier. */
  readonly snipw: Estimate;
  readonly snipwInterval: Interval;
  /** (sum w)^2 / sum w^2. */
  readonly effectiveN: number | null;
  /** Should be 1 within a few standard errors: else the propensities are not those that were drawn from. */
  readonly meanWeight: Estimate;
  readonly maxWeight: number | null;
  /** Largest weight over their sum. */
  readonly largestShare: number | null;
}

export interface ImportanceOptions {
  /** What the log's decisions randomise; refused unless `request`. Default `request`. */
  readonly assign?: Assign;
  readonly alpha?: number;
  /** Default 100. */
  readonly leastEffective?: number;
}

/**
 * Off-policy value by importance weighting, w = target probability / propensity. One pass.
 *
 * @param rows decisions with their own propensities
 * @param target the probability with which the policy in question would have chosen the row's arm there, in [0, 1]
 * @returns estimates null with a reason when over 0.1 % of rows have a propensity that is missing, not positive or
 *   above 1, or when the effective sample size is below 100; where fewer than 100 effective rewards carry the value,
 *   the interval is Fay and Feuer's for rewards of 0 and 1, and there is none for others
 * @throws AnalysisError ROW_WISE_REFUSED for logs of `unit` and `sticky` experiments
 * @example
 * policyValue([{ time: 0, arm: 'a', propensity: 0.5, reward: 1 }], () => 1).ipw.reason // => 'effective sample size 1.0 of 1 rows, at least 100 needed; one row carries 100% of the weight'
 */
export function policyValue<Row extends LoggedRow>(
  rows: Iterable<Row>,
  target: (row: Row) => number,
  { assign = 'request', alpha = 0.05, leastEffective = LEAST_EFFECTIVE }: ImportanceOptions = {},
): PolicyValue {
  requireRequestAssign(assign);
  const invalid = { missing: 0, notPositive: 0, aboveOne: 0 };
  let [count, maxWeight, binary] = [0, 0, true];
  let [rewards, weights, products, ratio] = [EMPTY_MOMENTS, EMPTY_MOMENTS, EMPTY_MOMENTS, EMPTY_SUMS];
  for (const row of rows) {
    count++;
    rewards = addValue(rewards, row.reward);
    const { propensity } = row;
    if (propensity === undefined || Number.isNaN(propensity)) invalid.missing++;
    else if (propensity <= 0) invalid.notPositive++;
    else if (propensity > 1) invalid.aboveOne++;
    else {
      const w = target(row) / propensity;
      weights = addValue(weights, w);
      products = addValue(products, w * row.reward);
      binary &&= row.reward === 0 || row.reward === 1;
      if (w > 0) ratio = addScore(ratio, w, row.reward);
      maxWeight = Math.max(maxWeight, w);
    }
  }
  const sum = weights.count * weights.mean;
  const squares = weights.m2 + weights.count * weights.mean ** 2;
  const effectiveN = squares > 0 ? (sum * sum) / squares : null;
  const largestShare = sum > 0 ? maxWeight / sum : null;
  const refusal = refuse(count, invalid, effectiveN, largestShare, leastEffective);
  const error = ({ m2, count: n }: typeof weights) => Math.sqrt(m2) / n;
  const ipw = refusal ?? estimateOf(products.mean, error(products));
  const snipw = refusal ?? estimateOf(ratio.mean, Math.sqrt(sumsVariance(ratio) ?? 0));
  const carried: Carried = { products, maxWeight, binary };
  return {
    rows: count,
    invalid,
    logged: count === 0 ? null : rewards.mean,
    ipw,
    ipwInterval: valueInterval(ipw, 'IPW', 1, carried, alpha),
    snipw,
    snipwInterval: valueInterval(snipw, 'SNIPW', 1 / weights.mean, carried, alpha),
    effectiveN,
    meanWeight:
      weights.count === 0 ? noEstimate('insufficient', 'no usable row') : estimateOf(weights.mean, error(weights)),
    maxWeight: weights.count === 0 ? null : maxWeight,
    largestShare,
  };
}

/** What the rewards of a value rest on. */
interface Carried {
  readonly products: Moments;
  readonly maxWeight: number;
  /** Whether every reward is 0 or 1. */
  readonly binary: boolean;
}

/** The interval of a value, whose weights are `scale` times those of the products. */
function valueInterval(value: Estimate, name: string, scale: number, carried: Carried, alpha: number): Interval {
  const { count, mean, m2 } = carried.products;
  const squares = m2 + count * mean ** 2;
  const effective = squares > 0 ? (count * mean) ** 2 / squares : 0;
  // Equal weights give their number up to rounding.
  if (value.value === null || effective >= LEAST_EFFECTIVE_REWARDS * (1 - 1e-9))
    return normalInterval(value, `${name}, normal`, alpha);
  const kind: IntervalKind = { level: 1 - alpha, guarantee: 'one look', method: `${name}, gamma (Fay and Feuer)` };
  if (!carried.binary)
    return noInterval(
      'insufficient',
      `${effective.toFixed(1)} effective rewards carry the value, at least ${LEAST_EFFECTIVE_REWARDS} needed`,
      { ...kind, method: `${name}, normal` },
    );
  const variance = (scale ** 2 * squares) / count ** 2;
  return weightedRate({ rate: scale * mean, variance, largest: (scale * carried.maxWeight) / count }, kind);
}

function refuse(
  rows: number,
  invalid: PolicyValue['invalid'],
  effectiveN: number | null,
  largestShare: number | null,
  least: number,
): Estimate | null {
  if (rows === 0) return noEstimate('insufficient', 'no row');
  const bad = invalid.missing + invalid.notPositive + invalid.aboveOne;
  if (bad > INVALID_LIMIT * rows) {
    const faults = `${invalid.missing} missing, ${invalid.notPositive} not positive, ${invalid.aboveOne} above 1`;
    return noEstimate(
      'degenerate',
      `${bad} of ${rows} rows have an impossible propensity (${faults}); at most 0.1% may`,
    );
  }
  if (effectiveN === null || largestShare === null)
    return noEstimate('degenerate', 'the policy gives every logged arm probability 0');
  if (effectiveN >= least) return null;
  return noEstimate(
    'insufficient',
    `effective sample size ${effectiveN.toFixed(1)} of ${rows} rows, at least ${least} needed; one row carries ${Math.round(100 * largestShare)}% of the weight`,
  );
}
