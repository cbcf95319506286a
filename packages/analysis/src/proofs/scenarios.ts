import { normalQuantile } from '@armature/sdk/policies';
import { createRandom } from '../rng.js';
import { dailyWave, type Environment, ramp } from '../simulate.js';
import type { Declaration } from './simulated-experiment.js';

/** One world in which every line of a report is put to the test. */
export interface Scenario {
  readonly name: string;
  /** Trend over the run, in words. */
  readonly trend: string;
  readonly declaration: Declaration;
  /** The world of one run; unit effects are drawn from its seed. */
  readonly environment: (seed: number) => Environment;
  readonly trials: number;
  readonly updateEvery: number | ((t: number) => number);
}

const LETTERS = [...'abcdefghij'];
const THOMPSON = { kind: 'thompson' } as const;
const REQUEST: Declaration = { assign: 'request', policy: THOMPSON, floor: 0.02, type: 'binary' };
const FIXED: Declaration = { assign: 'request', policy: { kind: 'fixed' }, floor: 0, type: 'binary' };

/** Versions grow with what was learnt, as in production: 100 trials, or a tenth of those so far. */
const grows = (t: number): number => Math.max(100, Math.ceil(t / 10));

const TRENDS: { readonly [name: string]: (trials: number) => Environment['trend'] } = {
  none: () => undefined,
  'daily wave, ±.04': (trials) => dailyWave(0.04, trials / 5),
  'rising by .10': (trials) => ramp(0.1, trials),
};

function scenario(
  name: string,
  declaration: Declaration,
  rates: readonly number[],
  changes: { readonly trend?: string; readonly trials?: number; readonly reward?: Reward } = {},
): Scenario {
  const { trend = 'none', trials = 15_000, reward } = changes;
  const lift = TRENDS[trend]?.(trials);
  const environment: Environment = {
    arms: LETTERS.slice(0, rates.length),
    rates,
    ...(lift === undefined ? {} : { trend: lift }),
    ...(reward === undefined ? {} : { reward }),
  };
  return { name, trend, declaration, environment: () => environment, trials, updateEvery: grows };
}

type Reward = NonNullable<Environment['reward']>;

/** Normal rewards with standard deviation 1. */
const normal: Reward = (mean, random) => mean + normalQuantile(random());

/** Spending: one trial in 25 buys, for an exponential amount of 25 times the mean. */
const spending: Reward = (mean, random) => (random() < 0.04 ? -25 * mean * Math.log(random()) : undefined);

/** Units that come back in each period, each with an effect of its own on all arms; a trial is a unit in a period. */
function returning(
  name: string,
  declaration: Declaration,
  changes: {
    readonly rates: readonly number[];
    readonly units: number;
    readonly periods: number;
    readonly rise?: number;
  },
): Scenario {
  const { rates, units, periods, rise = 0 } = changes;
  const trials = units * periods;
  const environment = (seed: number): Environment => {
    const random = createRandom(seed ^ 0x5bd1e995);
    const effects = Array.from({ length: units }, () => normalQuantile(random()));
    const trend = (t: number): number => effects[t % units]! + (rise * t) / trials;
    return { arms: LETTERS.slice(0, rates.length), rates, trend, reward: normal };
  };
  const trend = rise === 0 ? 'none' : `rising by ${rise} sd`;
  return { name, trend, declaration, environment, trials, updateEvery: units };
}

function bandits(): readonly Scenario[] {
  const trends = Object.keys(TRENDS);
  return [
    ...trends.map((trend) => scenario('Thompson, equal .1 .1 .1', REQUEST, [0.1, 0.1, 0.1], { trend })),
    ...trends.map((trend) => scenario('Thompson, .1 .12 .15', REQUEST, [0.1, 0.12, 0.15], { trend })),
    scenario(
      'Thompson, ten equal arms at .1',
      { ...REQUEST, floor: 0.01 },
      LETTERS.map(() => 0.1),
    ),
    scenario('Thompson, low: .026 .026', REQUEST, [0.026, 0.026]),
    scenario('Thompson, low: .026 .02 .015', REQUEST, [0.026, 0.02, 0.015]),
    scenario('Thompson, low: .005 .005 .005', REQUEST, [0.005, 0.005, 0.005]),
    scenario('Thompson, low: .02 .005', REQUEST, [0.02, 0.005]),
    scenario('Thompson, floor 5%, .1 .1 .1', { ...REQUEST, floor: 0.05 }, [0.1, 0.1, 0.1], { trend: trends[2]! }),
    scenario(
      'KL-UCB, floor 5%, .1 .1 .1',
      { ...REQUEST, policy: { kind: 'ucb', variant: 'kl-ucb', c: 0 }, floor: 0.05 },
      [0.1, 0.1, 0.1],
      { trend: trends[1]! },
    ),
    scenario(
      'epsilon-greedy .1, .1 .1 .1',
      { ...REQUEST, policy: { kind: 'epsilon-greedy', epsilon: 0.1 }, floor: 0 },
      [0.1, 0.1, 0.1],
      { trend: trends[2]! },
    ),
    scenario('Thompson, real, normal, equal', { ...REQUEST, type: 'real' }, [0, 0, 0], { reward: normal }),
    scenario('Thompson, real, spending, 1 1', { ...REQUEST, type: 'real' }, [1, 1], { reward: spending }),
  ];
}

function fixed(): readonly Scenario[] {
  const split = (shares: readonly number[], changes: Partial<Declaration> = {}): Declaration => ({
    ...FIXED,
    ...changes,
    shares,
  });
  return [
    scenario('fixed 50/50, .1 .1', split([1, 1]), [0.1, 0.1]),
    scenario('fixed 50/50, .1 .12', split([1, 1]), [0.1, 0.12], { trend: 'rising by .10' }),
    scenario('fixed 95/5, low: .026 .026', split([95, 5]), [0.026, 0.026]),
    scenario('fixed 95/5, low: .005 .005', split([95, 5]), [0.005, 0.005]),
    scenario('fixed 70/20/10, real, normal, equal', split([7, 2, 1], { type: 'real' }), [0, 0, 0], {
      trials: 5000,
      reward: normal,
    }),
    scenario('fixed 80/20, real, spending, 1 1', split([8, 2], { type: 'real' }), [1, 1], { reward: spending }),
    scenario('unit, never, fixed 50/50, .1 .1', split([1, 1], { assign: 'unit' }), [0.1, 0.1], { trials: 5000 }),
  ];
}

function units(): readonly Scenario[] {
  const daily: Declaration = { assign: 'unit', periods: true, policy: THOMPSON, floor: 0.05, type: 'real' };
  const split: Declaration = { ...daily, policy: { kind: 'fixed' }, floor: 0, shares: [1, 1] };
  return [
    returning('unit, 400 units in 30 periods, Thompson, equal', daily, { rates: [0, 0, 0], units: 400, periods: 30 }),
    returning('unit, 400 units in 30 periods, Thompson, equal', daily, {
      rates: [0, 0, 0],
      units: 400,
      periods: 30,
      rise: 1,
    }),
    returning('unit, 400 units in 30 periods, Thompson, 0 .1 .2', daily, {
      rates: [0, 0.1, 0.2],
      units: 400,
      periods: 30,
    }),
    returning('unit, 400 units in 30 periods, fixed 50/50, equal', split, { rates: [0, 0], units: 400, periods: 30 }),
    scenario('sticky, Thompson, .1 .1 .1', { ...REQUEST, assign: 'sticky' }, [0.1, 0.1, 0.1], {
      trend: 'rising by .10',
    }),
  ];
}

/** Every scenario, in the order of the tables. */
export function scenarios(): readonly Scenario[] {
  return [...bandits(), ...fixed(), ...units()];
}
