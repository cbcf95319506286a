import { chiSquaredSf } from '@armature/sdk/policies';
import type { ResultStatus } from './estimate.js';
import { compareVersions } from './fold/statistics.js';

/** What the ratio check counts: randomised trials opened per arm under one vector. */
export interface RatioCount {
  readonly version: string;
  readonly p: readonly number[];
  readonly opened: readonly number[];
}

/** Sizes of the tilts tried on each arm, up and down. */
const TILTS = [0.05, 0.1, 0.2, 0.4, 0.8] as const;
const LAMBDAS = [...TILTS, ...TILTS.map((tilt) => -tilt)];

export interface SequentialRatio {
  readonly status: 'ok' | 'alarm' | 'insufficient';
  readonly reason: string | null;
  /** ln of the largest e-value over the versions so far; null without trials. */
  readonly logE: number | null;
  readonly eValue: number | null;
  readonly alpha: number;
}

/**
 * Did the arms get the shares their vectors promise? An e-process that may be looked at for ever, also while
 * weights move: e = mean over lambda of exp(lambda n_k - sum_v N_v ln(1 + p_vk (e^lambda - 1))), lambda = +-{.05,
 * .1, .2, .4, .8} on each arm in turn. Alarm once e >= 1 / alpha after any version; the chance of ever alarming on
 * a right log is at most alpha.
 *
 * @param counts one entry per version and rule, any order
 * @param alpha chance of ever alarming falsely, in (0, 1)
 * @returns `alarm` also for a trial on an arm of probability 0 (its e-value is infinite)
 * @example
 * sequentialRatio([{ version: '1.1', p: [0.5, 0.5], opened: [5050, 4950] }]).status // => 'ok'
 * @example
 * sequentialRatio([{ version: '1.1', p: [0.5, 0.5], opened: [5600, 4400] }]).status // => 'alarm'
 */
export function sequentialRatio(counts: readonly RatioCount[], alpha = 0.01): SequentialRatio {
  const ordered = [...counts].sort((a, b) => compareVersions(a.version, b.version));
  const arms = ordered[0]?.p.length ?? 0;
  const logs = new Float64Array(arms * LAMBDAS.length);
  let trials = 0;
  let largest = Number.NEGATIVE_INFINITY;
  for (const { p, opened } of ordered) {
    if (opened.some((n, k) => n > 0 && p[k]! <= 0))
      return { status: 'alarm', reason: 'an arm of probability 0 has trials', logE: null, eValue: null, alpha };
    const total = opened.reduce((sum, n) => sum + n, 0);
    if (total === 0) continue;
    trials += total;
    for (let k = 0; k < arms; k++)
      for (let i = 0; i < LAMBDAS.length; i++) {
        const lambda = LAMBDAS[i]!;
        logs[k * LAMBDAS.length + i]! += lambda * opened[k]! - total * Math.log1p(p[k]! * Math.expm1(lambda));
      }
    largest = Math.max(largest, logMeanExp(logs));
  }
  if (trials === 0) return { status: 'insufficient', reason: 'no trial yet', logE: null, eValue: null, alpha };
  const alarm = largest >= -Math.log(alpha);
  return {
    status: alarm ? 'alarm' : 'ok',
    reason: alarm ? 'the arms did not get the shares that were logged' : null,
    logE: largest,
    eValue: Math.min(Math.exp(largest), Number.MAX_VALUE),
    alpha,
  };
}

function logMeanExp(logs: Float64Array): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (const log of logs) largest = Math.max(largest, log);
  let sum = 0;
  for (const log of logs) sum += Math.exp(log - largest);
  return largest + Math.log(sum / logs.length);
}

export interface FixedRatio {
  readonly status: ResultStatus;
  readonly reason: string | null;
  readonly statistic: number | null;
  readonly degreesOfFreedom: number;
  /** Upper tail of the chi-square distribution. */
  readonly p: number | null;
}

/**
 * Pearson's chi-square of the counts against a fixed split: right at one look. An arm of weight 0 is dropped with
 * its trials, and the degrees of freedom with it.
 *
 * @param opened trials per arm
 * @param weights the split, in any unit, >= 0
 * @returns insufficient below an expected count of 5 in an arm, degenerate with fewer than two arms
 * @example
 * fixedRatio([500, 500], [1, 1]).statistic // => 0
 */
export function fixedRatio(opened: readonly number[], weights: readonly number[]): FixedRatio {
  const kept = weights.flatMap((weight, k) => (weight > 0 ? [k] : []));
  const degreesOfFreedom = kept.length - 1;
  const none = { statistic: null, degreesOfFreedom: Math.max(0, degreesOfFreedom), p: null };
  if (kept.length < 2) return { status: 'degenerate', reason: 'fewer than two arms had weight', ...none };
  const total = kept.reduce((sum, k) => sum + opened[k]!, 0);
  const weight = kept.reduce((sum, k) => sum + weights[k]!, 0);
  const expected = kept.map((k) => (total * weights[k]!) / weight);
  if (expected.some((count) => count < 5))
    return { status: 'insufficient', reason: 'an arm expects fewer than 5 trials', ...none };
  const statistic = kept.reduce((sum, k, i) => sum + (opened[k]! - expected[i]!) ** 2 / expected[i]!, 0);
  return { status: 'ok', reason: null, statistic, degreesOfFreedom, p: chiSquaredSf(statistic, degreesOfFreedom) };
}

/** Trials per arm beside what the vectors promised: sum over versions of N_v p_vk. */
export function expectedCounts(counts: readonly RatioCount[]): readonly { opened: number; expected: number }[] {
  const arms = counts[0]?.p ?? [];
  return arms.map((_, k) =>
    counts.reduce(
      (sum, { p, opened }) => ({
        opened: sum.opened + opened[k]!,
        expected: sum.expected + p[k]! * opened.reduce((total, n) => total + n, 0),
      }),
      { opened: 0, expected: 0 },
    ),
  );
}
