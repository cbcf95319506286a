import { commonWeight } from '../common-weight-contrast.js';
import { type Environment, rateAt } from '../simulate.js';
import { isConstant, type Stratum, trialsOf } from '../stratum.js';

/** What the lines of a report are about, as only a simulation knows it. */
export interface Truth {
  /** Mean of each arm over the trials, weighted as the estimator weighs them. */
  readonly means: readonly number[];
  /** Each arm less control; a trend lifts all arms alike. */
  readonly contrasts: readonly number[];
  /** What always serving an arm would have brought more, on the vectors that served. */
  readonly regret: readonly number[];
  /** What the vectors that served brought more than an even split. */
  readonly gain: number;
}

/**
 * The truth behind a report on the first versions of a run.
 *
 * @param environment the world
 * @param strata its versions so far
 */
export function truthOf(environment: Environment, strata: readonly Stratum[]): Truth {
  const { rates } = environment;
  const weigh = isConstant(strata) ? () => 1 : commonWeight(rates.map((_, k) => k));
  let [t, weight, lifted, gain] = [0, 0, 0, 0];
  const regret = rates.map(() => 0);
  const average = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
  for (const stratum of strata) {
    const n = trialsOf(stratum);
    const h = weigh(stratum.p);
    let lift = 0;
    for (let i = 0; i < n; i++) lift += rateAt(environment, 0, t + i) - rates[0]!;
    t += n;
    weight += h * n;
    lifted += h * lift;
    const served = stratum.p.reduce((sum, p, k) => sum + p * rates[k]!, 0);
    for (let k = 0; k < rates.length; k++) regret[k]! += n * (rates[k]! - served);
    gain += n * (served - average);
  }
  const trend = weight > 0 ? lifted / weight : 0;
  return {
    means: rates.map((rate) => rate + trend),
    contrasts: rates.map((rate) => rate - rates[0]!),
    regret,
    gain,
  };
}
