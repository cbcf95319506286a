import type { Moments } from '@armature/sdk/policies';
import { asymptoticFactor, DRAWS_GATE, EVENTS_GATE } from './asymptotic-cs.js';
import { commonWeight } from './common-weight-contrast.js';
import { contrastScore, scoreMoments } from './linear-score.js';
import { EMPTY_MOMENTS, mergeMoments } from './moments.js';
import { twoProportions } from './proportions.js';
import { addScores, EMPTY_SUMS, type ScoreSums, sumsVariance } from './score-sums.js';
import { dailyWave, type Environment, ramp, type SimulatedPolicy, simulateStrata } from './simulate.js';
import { momentsOf } from './stratum.js';

/** A share of replications with its Monte-Carlo standard error. */
export interface CoverageShare {
  readonly value: number;
  readonly standardError: number;
}

/** One cell of the coverage table: how often each interval was right on simulated bandit data. */
export interface CoverageRow {
  readonly arms: string;
  readonly trend: string;
  readonly replications: number;
  /** The one-look interval of the common-weight contrast covers the truth at the end. */
  readonly oneLook: CoverageShare;
  /** The same interval misses the truth at one look or more, at the looks of the anytime-valid one. */
  readonly oneLookEverMissed: CoverageShare;
  /** The anytime-valid interval misses the truth at one look or more from the gate on. */
  readonly anytimeEverMissed: CoverageShare;
  /** The gate opened before the end. */
  readonly gateOpened: CoverageShare;
  /** The classical interval on the plain means covers the truth at the end. */
  readonly naive: CoverageShare;
}

export interface CoveragePlan {
  readonly replications: number;
  /** Replication r of every cell runs with seed + r. */
  readonly seed: number;
  readonly policy: SimulatedPolicy;
  /** Trials of one run. Default 15000. */
  readonly trials?: number;
  /** Trials of one version, and between two looks. Default 100. */
  readonly updateEvery?: number;
  /** Trials before the first look. Default 500. */
  readonly firstLook?: number;
}

interface CoverageCell {
  readonly arms: string;
  readonly trend: string;
  readonly environment: Environment;
}

/** Trials of a simulated day. */
const DAY = 3000;

/** Trends that lift all arms alike, by name, for a run of so many trials. */
const TRENDS: readonly (readonly [name: string, trend: (trials: number) => Environment['trend']])[] = [
  ['none', () => undefined],
  ['daily wave, ±.04', () => dailyWave(0.04, DAY)],
  ['rising by .10', (trials) => ramp(0.1, trials)],
];

/** Three arms, equal and unequal, under each trend: arm c is compared with arm a. */
function coverageCells(trials: number): readonly CoverageCell[] {
  const shapes = [
    ['equal', [0.1, 0.1, 0.1]],
    ['unequal', [0.1, 0.12, 0.15]],
  ] as const;
  return shapes.flatMap(([name, rates]) =>
    TRENDS.map(([trend, of]) => {
      const lift = of(trials);
      const environment = { arms: ['a', 'b', 'c'], rates, ...(lift === undefined ? {} : { trend: lift }) };
      return { arms: `${name} (${rates.join(', ')})`, trend, environment };
    }),
  );
}

const TRIALS = 15_000;
const Z = 1.959963984540054;

/**
 * The coverage study, one row per cell. Nominal: 95 % for intervals looked at once, at most 5 % for ever missing.
 *
 * @param plan replications, seed and policy
 * @param onProgress called after each replication with those done and those in all
 */
export function coverageStudy(
  plan: CoveragePlan,
  onProgress: (done: number, all: number) => void = () => {},
): readonly CoverageRow[] {
  const { replications, seed, trials = TRIALS } = plan;
  const cells = coverageCells(trials);
  const all = replications * cells.length;
  return cells.map((cell, c) => {
    const outcomes = Array.from({ length: replications }, (_, r) => {
      const outcome = replicate(cell.environment, plan, seed + r);
      onProgress(c * replications + r + 1, all);
      return outcome;
    });
    const share = (of: (outcome: Outcome) => boolean): CoverageShare => {
      const value = outcomes.filter(of).length / replications;
      return { value, standardError: Math.sqrt((value * (1 - value)) / replications) };
    };
    return {
      arms: cell.arms,
      trend: cell.trend,
      replications,
      oneLook: share(({ oneLook }) => oneLook),
      oneLookEverMissed: share(({ oneLookMissed }) => oneLookMissed),
      anytimeEverMissed: share(({ anytimeMissed }) => anytimeMissed),
      gateOpened: share(({ gateOpened }) => gateOpened),
      naive: share(({ naive }) => naive),
    };
  });
}

interface Outcome {
  readonly oneLook: boolean;
  readonly oneLookMissed: boolean;
  readonly anytimeMissed: boolean;
  readonly gateOpened: boolean;
  readonly naive: boolean;
}

function replicate(environment: Environment, plan: CoveragePlan, seed: number): Outcome {
  const { policy, trials = TRIALS, updateEvery = 100, firstLook = 500 } = plan;
  const [against, arm] = [0, environment.rates.length - 1];
  const truth = environment.rates[arm]! - environment.rates[against]!;
  const weigh = commonWeight(environment.rates.map((_, k) => k));
  let sums: ScoreSums = EMPTY_SUMS;
  let pooled: readonly Moments[] = environment.arms.map(() => EMPTY_MOMENTS);
  let [oneLookMissed, anytimeMissed, gateOpened] = [false, false, false];
  for (const stratum of simulateStrata({ environment, policy, trials, updateEvery, seed })) {
    const moments = momentsOf(stratum);
    sums = addScores(sums, weigh(stratum.p), scoreMoments(contrastScore(stratum, arm, against), moments));
    pooled = pooled.map((sample, k) => mergeMoments(sample, moments[k]!));
    if (sums.trials < firstLook) continue;
    if (Math.min(pooled[arm]!.count, pooled[against]!.count) < DRAWS_GATE) continue;
    if (Math.min(events(pooled[arm]!), events(pooled[against]!)) < EVENTS_GATE) continue;
    const off = distance(sums, truth);
    gateOpened = true;
    oneLookMissed ||= off > Z;
    anytimeMissed ||= off > asymptoticFactor(sums.trials);
  }
  const proportion = (k: number) => ({
    successes: Math.round(pooled[k]!.count * pooled[k]!.mean),
    trials: pooled[k]!.count,
  });
  const { low, high } = twoProportions(proportion(against), proportion(arm)).oneLook;
  const naive = low !== null && high !== null && low <= truth && truth <= high;
  return { oneLook: distance(sums, truth) <= Z, oneLookMissed, anytimeMissed, gateOpened, naive };
}

/** The rarer of successes and failures. */
function events({ count, mean }: Moments): number {
  return Math.round(count * Math.min(mean, 1 - mean));
}

/** How far the estimate lies from the truth, in standard errors. */
function distance(sums: ScoreSums, truth: number): number {
  return Math.abs(sums.mean - truth) / Math.sqrt(sumsVariance(sums) ?? 0);
}

/**
 * The table as Markdown, each share with its Monte-Carlo standard error.
 *
 * @example
 * coverageTable([]).split('\n').length // => 2
 */
export function coverageTable(rows: readonly CoverageRow[]): string {
  const cell = ({ value, standardError }: CoverageShare) => `${value.toFixed(3)} ± ${standardError.toFixed(3)}`;
  const head = [
    'arms',
    'trend',
    'R',
    'one look covers',
    'anytime ever misses',
    'gate opened',
    'one look, at the same looks, ever misses',
    'naive covers',
  ];
  const body = rows.map((row) =>
    [
      row.arms,
      row.trend,
      String(row.replications),
      cell(row.oneLook),
      cell(row.anytimeEverMissed),
      cell(row.gateOpened),
      cell(row.oneLookEverMissed),
      cell(row.naive),
    ].join(' | '),
  );
  return [head.join(' | '), head.map(() => '---').join(' | '), ...body].map((line) => `| ${line} |`).join('\n');
}
