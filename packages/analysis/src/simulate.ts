import { type Cell, EMPTY_CELL, type Moments, merge, withZeros } from '@armature/sdk/policies';
import type { SnapshotData, StatisticsCell } from '@armature/sdk/protocol';
import { addValue, EMPTY_MOMENTS } from './moments.js';
import { createRandom } from './rng.js';
import type { Stratum, TrialRow } from './stratum.js';

/** A world of arms whose true mean rewards are known: Bernoulli, unless `reward` says otherwise. */
export interface Environment {
  /** Arm ids in code-point order. */
  readonly arms: readonly string[];
  /** Mean reward of each arm; of Bernoulli arms the success probability, in [0, 1]. */
  readonly rates: readonly number[];
  /** Added to every arm's rate alike at trial t. The sum must stay in [0, 1] for Bernoulli arms. */
  readonly trend?: (t: number) => number;
  /**
   * A reward of this mean from uniform numbers; undefined where none comes, which counts as 0. Default: 1 with that
   * probability, else 0.
   */
  readonly reward?: (mean: number, random: () => number) => number | undefined;
}

/** From what has been seen to the next vector: sum 1, in arm order. */
export type SimulatedPolicy = (seen: readonly Cell[]) => readonly number[];

export interface SimulationPlan {
  readonly environment: Environment;
  readonly policy: SimulatedPolicy;
  /** Trials in all. */
  readonly trials: number;
  /** Trials of one version, for which the vector stands still; or how many the version has that begins at trial t. */
  readonly updateEvery: number | ((t: number) => number);
  readonly seed: number;
  /** Time of the first trial, ms since the epoch. Default 0. */
  readonly start?: number;
  /** Time between trials, ms. Default 1000. */
  readonly everyMs?: number;
}

/**
 * Runs a policy in an environment, one stratum per version, lazily. The same plan gives the same trials.
 *
 * @param plan what to run
 * @param onTrial receives each trial as a row, where rows are wanted
 * @example
 * const environment = { arms: ['a', 'b'], rates: [0, 1] };
 * [...simulateStrata({ environment, policy: () => [0, 1], trials: 4, updateEvery: 2, seed: 1 })].map((s) => s.cells[1].mean) // => [1, 1]
 */
export function* simulateStrata(plan: SimulationPlan, onTrial?: (row: TrialRow) => void): Generator<Stratum> {
  const { environment, policy, trials, updateEvery, seed, start = 0, everyMs = 1000 } = plan;
  const random = createRandom(seed);
  const { arms } = environment;
  let seen: readonly Cell[] = arms.map(() => EMPTY_CELL);
  for (let t = 0, sequence = 1; t < trials; sequence++) {
    const p = policy(seen);
    const means = seen.map((cell) => withZeros(cell).mean);
    const version = `1.${sequence}`;
    const end = Math.min(trials, t + (typeof updateEvery === 'number' ? updateEvery : updateEvery(t)));
    const from = start + t * everyMs;
    const drawn = arms.map((): DrawnArm => ({ trials: 0, rewarded: 0, sum: 0, moments: EMPTY_MOMENTS }));
    for (; t < end; t++) {
      const arm = drawArm(p, random());
      const mean = rateAt(environment, arm, t);
      const reward = environment.reward === undefined ? bernoulli(mean, random) : environment.reward(mean, random);
      count(drawn[arm]!, reward, environment.reward === undefined);
      onTrial?.({ version, rule: 'policy', arm, p, means, reward, time: start + t * everyMs });
    }
    const cells = drawn.map((arm) =>
      environment.reward === undefined ? bernoulliCell(arm.trials, arm.sum) : cellOf(arm),
    );
    const opened = drawn.map((arm) => arm.trials);
    seen = seen.map((cell, k) => merge(cell, cells[k]!));
    yield { version, rule: 'policy', arms, p, means, from, to: from, opened, cells };
  }
}

/** What a version has drawn so far from one arm. */
interface DrawnArm {
  trials: number;
  rewarded: number;
  /** Successes of a Bernoulli arm. */
  sum: number;
  moments: Moments;
}

function bernoulli(mean: number, random: () => number): number {
  return random() < mean ? 1 : 0;
}

function count(arm: DrawnArm, reward: number | undefined, binary: boolean): void {
  arm.trials++;
  if (reward === undefined) return;
  arm.rewarded++;
  if (binary) arm.sum += reward;
  else arm.moments = addValue(arm.moments, reward);
}

function cellOf({ trials, rewarded, moments: { mean, m2 } }: DrawnArm): Cell {
  return { trials, rewarded, mean, m2 };
}

function drawArm(p: readonly number[], u: number): number {
  let rest = u;
  let last = 0;
  for (let k = 0; k < p.length; k++) {
    if (p[k]! <= 0) continue;
    last = k;
    rest -= p[k]!;
    if (rest < 0) return k;
  }
  return last;
}

/** The true rate of an arm at trial t. */
export function rateAt({ rates, trend }: Environment, arm: number, t: number): number {
  return trend === undefined ? rates[arm]! : rates[arm]! + trend(t);
}

/**
 * A daily wave: amplitude * sin(2 pi t / period).
 *
 * @param amplitude added at its height
 * @param period trials of one day
 * @example
 * dailyWave(0.04, 3000)(750) // => 0.04
 */
export function dailyWave(amplitude: number, period: number): (t: number) => number {
  return (t) => amplitude * Math.sin((2 * Math.PI * t) / period);
}

/**
 * A steady change from 0 to `change` over the run.
 *
 * @param change added at the end
 * @param trials of the run
 * @example
 * ramp(0.1, 1000)(500) // => 0.05
 */
export function ramp(change: number, trials: number): (t: number) => number {
  return (t) => (change * t) / trials;
}

/**
 * The cell of n trials with s successes, every trial rewarded with 0 or 1.
 *
 * @example
 * bernoulliCell(4, 1) // => { trials: 4, rewarded: 4, mean: 0.25, m2: 0.75 }
 */
export function bernoulliCell(trials: number, successes: number): Cell {
  if (trials === 0) return EMPTY_CELL;
  const mean = successes / trials;
  return { trials, rewarded: trials, mean, m2: successes * (1 - mean) };
}

/** What a run leaves behind: the records production leaves, so that reports are built the same way. */
export interface Simulation {
  readonly statistics: readonly StatisticsCell[];
  readonly versions: ReadonlyMap<string, SnapshotData>;
  readonly strata: readonly Stratum[];
  /** True pseudo-regret: sum over trials of the best arm's rate less the drawn arm's. Known only here. */
  readonly trueRegret: number;
}

/**
 * Runs a plan to its end and writes its statistics and snapshot records.
 *
 * @param plan what to run
 * @param experiment the id the records carry
 * @param metric the metric's name
 * @example
 * const environment = { arms: ['a', 'b'], rates: [0.1, 0.3] };
 * simulate({ environment, policy: () => [0.5, 0.5], trials: 10, updateEvery: 5, seed: 1 }, 'x', 'click').versions.size // => 2
 */
export function simulate(plan: SimulationPlan, experiment: string, metric: string): Simulation {
  const strata = [...simulateStrata(plan)];
  const { rates } = plan.environment;
  const best = Math.max(...rates);
  const definition = `sha256:${'0'.repeat(64)}`;
  const versions = new Map<string, SnapshotData>();
  const statistics = strata.map(({ version, rule, arms, p, means, from, opened, cells }): StatisticsCell => {
    versions.set(version, {
      experiment,
      version,
      definition,
      arms,
      rules: { [rule]: p },
      means: { [metric]: means },
      asOf: {},
    });
    const statisticsOf = arms.map((_, k) => ({ opened: opened[k]!, metrics: { [metric]: cells[k]! } }));
    return { experiment, version, rule, bucket: from, arms: statisticsOf };
  });
  const trueRegret = strata.reduce(
    (sum, { opened }) => sum + opened.reduce((lost, n, k) => lost + n * (best - rates[k]!), 0),
    0,
  );
  return { statistics, versions, strata, trueRegret };
}
