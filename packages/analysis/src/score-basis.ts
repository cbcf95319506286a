import { withZeros } from '@armature/sdk/policies';
import type { Metric } from '@armature/sdk/protocol';
import type { Weighting } from './aipw.js';
import type { ScoreBasis } from './linear-score.js';
import type { Stratum } from './stratum.js';

/** What the scores of a stratum's trials are built from. */
export type BasisOf = (stratum: Stratum) => ScoreBasis;

/**
 * The basis of scores. Where a missing reward is a zero it is the version's own: its vector and plug-in means. Where
 * trials without a reward are left out, an arm's share of the trials that are left is not its probability, and scores
 * over p would say that an arm whose rewards come more often has higher ones. There p_k is scaled by
 * d_k = sum h n_k / p_k over sum h N, the arm's rate of rewards against that of all, and the plug-in mean is
 * sum h n_k x_k / p_k over sum h n_k / p_k: the score's mean is then that ratio, and its variance the ratio's.
 *
 * @param missing what a missing reward means
 * @param strata those that the scores are summed over
 * @param weigh the weight of a stratum's trials
 * @see Hajek 1971; Lunceford and Davidian 2004, section 3
 * @example
 * const stratum = { version: '1.1', rule: 'policy', arms: ['a'], p: [0.5], means: [0], from: 0, to: 0, opened: [4], cells: [{ trials: 2, rewarded: 2, mean: 3, m2: 0 }] };
 * scoreBasis('ignored', [stratum], () => 1)(stratum) // => { p: [1], means: [3] }
 */
export function scoreBasis(missing: Metric['missing'], strata: readonly Stratum[], weigh: Weighting): BasisOf {
  if (missing === 'zero') return (stratum) => stratum;
  const arms = (strata[0]?.arms ?? []).map((_, k) => {
    let [weight, mean, all] = [0, 0, 0];
    for (const { p, cells } of strata) {
      const h = weigh(p);
      if (h <= 0) continue;
      const sample = withZeros(cells[k]!);
      all += h * cells.reduce((sum, { trials }) => sum + trials, 0);
      if (sample.count === 0 || p[k]! <= 0) continue;
      const added = (h * sample.count) / p[k]!;
      weight += added;
      mean += ((sample.mean - mean) * added) / weight;
    }
    return weight > 0 ? { mean, scale: weight / all } : { mean: 0, scale: 1 };
  });
  const means = arms.map(({ mean }) => mean);
  return ({ p }) => ({ p: p.map((pk, k) => pk * arms[k]!.scale), means });
}
