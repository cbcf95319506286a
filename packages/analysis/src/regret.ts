import type { Metric } from '@armature/sdk/protocol';
import { drawnEstimate, uniformOver } from './aipw.js';
import { eventsIn } from './common-weight-contrast.js';
import { type Estimate, estimateOf, type Interval, noEstimate, noInterval } from './estimate.js';
import {
  armScore,
  combineScores,
  evenSplitScore,
  type LinearScore,
  rewardScore,
  type ScoreBasis,
  scoreMoments,
} from './linear-score.js';
import { EMPTY_MOMENTS, mergeMoments } from './moments.js';
import { normalInterval } from './normal-interval.js';
import { scoreBasis } from './score-basis.js';
import { momentsOf, type Stratum, trialsOf } from './stratum.js';

/** What the same trials would have brought under another way of serving them, against what they brought. */
export interface Worth {
  readonly total: number;
  readonly trials: number;
  readonly evenSplit: { readonly value: Estimate; readonly gain: Estimate; readonly oneLook: Interval };
  readonly regret: readonly ArmRegret[];
  readonly maximum: { readonly arm: number | null; readonly regret: Estimate; readonly simultaneous: Interval };
}

export interface ArmRegret {
  readonly arm: number;
  readonly regret: Estimate;
  readonly oneLook: Interval;
  readonly simultaneous: Interval;
}

const METHOD = 'AIPW, normal';

/**
 * Regret against always serving an arm, sum_t (G_t(k) - R_t), and the gain over an even split,
 * sum_t (R_t - mean_k G_t(k)), each with an interval from the same differences. An arm picked on these data is
 * flattered, so the intervals against all arms, and against the best whichever it is, are simultaneous (Bonferroni).
 *
 * @param strata one metric's strata; those where an arm of `among` could not be drawn are left out
 * @param among indices of the arms
 * @param metric its direction (regret > 0 is loss either way), what a missing reward means, and its type: with fewer than
 *   10 events in an arm of `among` there is no interval (`eventsOf`); without a type events are not asked
 * @param alpha probability of missing, in (0, 1)
 * @see `docs/statistics.md`
 * @example
 * worthOf([], [0, 1], { better: 'higher', missing: 'zero' }).maximum.regret.reason // => 'no trial has closed'
 */
export function worthOf(
  strata: readonly Stratum[],
  among: readonly number[],
  { better, missing, type }: Pick<Metric, 'better' | 'missing'> & Partial<Pick<Metric, 'type'>>,
  alpha = 0.05,
): Worth {
  const used = strata.filter((stratum) => among.every((k) => stratum.p[k]! > 0));
  const sign = better === 'higher' ? 1 : -1;
  const basisOf = scoreBasis(missing, used, uniformOver(among));
  const draws = (k: number) => used.reduce((sum, s) => sum + s.cells[k]!.trials, 0);
  const sumOf = (needed: readonly number[], score: (basis: ScoreBasis) => LinearScore): Estimate =>
    drawnEstimate(
      sumOver(used, (s) => score(basisOf(s))),
      needed.map(draws),
    );
  const split = (basis: ScoreBasis) => evenSplitScore(basis, among);
  const { events } = eventsIn(used, among, type);
  const gain = sumOf(among, (s) =>
    combineScores([
      [sign, rewardScore(s)],
      [-sign, split(s)],
    ]),
  );
  const regret = among.map((arm) => {
    const lost = sumOf([arm], (s) =>
      combineScores([
        [sign, armScore(s, arm)],
        [-sign, rewardScore(s)],
      ]),
    );
    return {
      arm,
      regret: lost,
      oneLook: normalInterval(lost, METHOD, alpha, events),
      simultaneous: normalInterval(
        lost,
        `${METHOD}, Bonferroni over ${among.length} arms`,
        alpha / among.length,
        events,
      ),
    };
  });
  return {
    total: used.reduce((sum, s) => sum + momentsOf(s).reduce((all, { count, mean }) => all + count * mean, 0), 0),
    trials: used.reduce((sum, s) => sum + trialsOf(s), 0),
    evenSplit: { value: sumOf(among, split), gain, oneLook: normalInterval(gain, METHOD, alpha, events) },
    regret: regret.map((row) => ({ ...row, simultaneous: { ...row.simultaneous, level: 1 - alpha } })),
    maximum: maximumOf(regret, alpha),
  };
}

/** The sum of a score over all trials, with the standard error of that sum. */
function sumOver(strata: readonly Stratum[], score: (stratum: Stratum) => LinearScore): Estimate {
  const all = strata.reduce((sum, s) => mergeMoments(sum, scoreMoments(score(s), momentsOf(s))), EMPTY_MOMENTS);
  if (all.count === 0) return noEstimate('insufficient', 'no trial has closed');
  if (all.count < 2)
    return { ...estimateOf(all.count * all.mean, null), status: 'insufficient', reason: 'one trial has closed' };
  return estimateOf(all.count * all.mean, Math.sqrt((all.m2 * all.count) / (all.count - 1)));
}

/** The largest regret: its simultaneous interval runs from the largest lower bound to the largest upper bound. */
function maximumOf(regret: readonly ArmRegret[], alpha: number): Worth['maximum'] {
  const kind = { level: 1 - alpha, guarantee: 'one look', method: 'largest of the simultaneous intervals' } as const;
  const worst = regret.reduce<ArmRegret | undefined>(
    (best, row) => ((row.regret.value ?? -Infinity) > (best?.regret.value ?? -Infinity) ? row : best),
    undefined,
  );
  if (worst === undefined) {
    const reason = regret[0]?.regret.reason ?? 'no arm could be drawn in every version';
    return {
      arm: null,
      regret: noEstimate('insufficient', reason),
      simultaneous: noInterval('insufficient', reason, kind),
    };
  }
  const missing = regret.find((row) => row.simultaneous.status === 'insufficient');
  const shown = regret.flatMap(({ simultaneous: { low, high } }) =>
    low === null || high === null ? [] : [{ low, high }],
  );
  if (missing !== undefined || shown.length === 0) {
    const reason = missing?.simultaneous.reason ?? 'the rewards do not vary';
    const status = missing === undefined ? 'degenerate' : 'insufficient';
    return { arm: worst.arm, regret: worst.regret, simultaneous: noInterval(status, reason, kind) };
  }
  return {
    arm: worst.arm,
    regret: worst.regret,
    simultaneous: {
      status: 'ok',
      reason: null,
      low: Math.max(...shown.map(({ low }) => low)),
      high: Math.max(...shown.map(({ high }) => high)),
      ...kind,
    },
  };
}
