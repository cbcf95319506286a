import type { Metric } from '@armature/sdk/protocol';
import { uniformOver } from './aipw.js';
import { evenSplitScore, scoreMoments } from './linear-score.js';
import { scoreBasis } from './score-basis.js';
import { momentsOf, type Stratum } from './stratum.js';

/** Values per bucket of decision time, in order of time. */
export interface TimeSeries {
  /** Starts of the buckets, ms since the epoch. */
  readonly times: readonly number[];
  /** Per arm: its share of the trials opened in the bucket; null in a bucket without trials. */
  readonly shares: readonly (readonly (number | null)[])[];
  /** Reward of the closed trials up to and with the bucket. */
  readonly cumulative: readonly number[];
  /** What an even split is estimated to have brought on the same trials; null from the first bucket on where an arm could not be drawn. */
  readonly evenSplit: readonly (number | null)[];
}

/**
 * Shares over time, and the cumulative reward against an even split, from strata kept apart by bucket.
 *
 * @param buckets `strataOf(..., 'bucket')`
 * @param among indices of the arms of the even split
 * @param missing what a missing reward means. Default `zero`
 * @example
 * timeSeries([], [0]) // => { times: [], shares: [], cumulative: [], evenSplit: [] }
 */
export function timeSeries(
  buckets: readonly Stratum[],
  among: readonly number[],
  missing: Metric['missing'] = 'zero',
): TimeSeries {
  const basisOf = scoreBasis(missing, buckets, uniformOver(among));
  const byTime = new Map<number, Stratum[]>();
  for (const stratum of buckets) {
    const same = byTime.get(stratum.from);
    if (same === undefined) byTime.set(stratum.from, [stratum]);
    else same.push(stratum);
  }
  const times = [...byTime.keys()].sort((a, b) => a - b);
  const arms = buckets[0]?.arms ?? [];
  const opened = times.map((time) => arms.map((_, k) => byTime.get(time)!.reduce((sum, s) => sum + s.opened[k]!, 0)));
  let total = 0;
  let even: number | null = among.length > 0 ? 0 : null;
  const cumulative: number[] = [];
  const evenSplit: (number | null)[] = [];
  for (const time of times) {
    for (const stratum of byTime.get(time)!) {
      const moments = momentsOf(stratum);
      total += moments.reduce((sum, { count, mean }) => sum + count * mean, 0);
      if (even === null || moments.every(({ count }) => count === 0)) continue;
      if (among.some((k) => stratum.p[k]! <= 0)) {
        even = null;
        continue;
      }
      const split = scoreMoments(evenSplitScore(basisOf(stratum), among), moments);
      even += split.count * split.mean;
    }
    cumulative.push(total);
    evenSplit.push(even);
  }
  const shares = arms.map((_, k) =>
    opened.map((counts) => {
      const all = counts.reduce((sum, n) => sum + n, 0);
      return all === 0 ? null : counts[k]! / all;
    }),
  );
  return { times, shares, cumulative, evenSplit };
}
