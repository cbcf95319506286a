import { buildReport } from '../build-report.js';
import type { Interval } from '../estimate.js';
import { emptyHealth } from '../fold/health.js';
import { twoProportions } from '../proportions.js';
import type { MetricReport, Report } from '../report.js';
import { type Environment, simulate } from '../simulate.js';
import type { Scenario } from './scenarios.js';
import type { Share } from './share.js';
import { simulatedExperiment, simulatedPolicy } from './simulated-experiment.js';
import { type Truth, truthOf } from './truth.js';

/** What each line of the report did over the replications of one scenario: covering shares, or shares of false alarms. */
export interface CoverageRow {
  readonly scenario: Scenario;
  readonly replications: number;
  readonly lines: ReadonlyMap<Line, Share>;
}

/**
 * The lines, each at the last look unless it says `ever`. Where a line stands once an arm, the worst arm is taken; `any`
 * takes all arms together.
 */
export const LINES = [
  'contrast, one look',
  'contrast, anytime ever misses',
  'any contrast, anytime ever misses',
  'contrast, one look ever misses',
  'contrast, gate opened',
  'contrast, p below .05',
  'contrast, unweighted',
  'contrast, naive',
  'mean, one look',
  'mean, anytime ever misses',
  'best, ever wrong',
  'behind, ever wrong',
  'gain, one look',
  'regret, one look',
  'regret, all arms',
  'regret, largest',
  'ratio, ever warns',
  'ratio, ever fails',
  'ratio, chi-square',
] as const;
export type Line = (typeof LINES)[number];

/** Looks at one run, growing by a constant factor. */
const LOOKS = 12;
const FIRST_LOOK = 500;

/** One line of one run: the arm it is about, and whether it happened; null where the report had no answer. */
type Outcome = readonly [line: Line, arm: number, happened: boolean | null];

/** How often each line happened, once an arm. Counts of different runs add. */
export type LineCounts = Map<string, { readonly line: Line; readonly hits: number; readonly of: number }>;

/**
 * Runs a scenario again and again, builds the report at each look as production does, and counts.
 *
 * @param scenario what to run
 * @param replications runs
 * @param seed run r has seed + r
 * @param onRun called after each run
 * @param counts what earlier runs counted; added to
 */
export function countLines(
  scenario: Scenario,
  replications: number,
  seed: number,
  onRun: () => void,
  counts: LineCounts = new Map(),
): LineCounts {
  for (let r = 0; r < replications; r++) {
    for (const [line, arm, happened] of runOnce(scenario, seed + r)) {
      if (happened === null) continue;
      const key = `${line} ${arm}`;
      const count = counts.get(key) ?? { line, hits: 0, of: 0 };
      counts.set(key, { line, hits: count.hits + (happened ? 1 : 0), of: count.of + 1 });
    }
    onRun();
  }
  return counts;
}

/** The row of a scenario: of the lines that stand once an arm, the worst. */
export function coverageRow(scenario: Scenario, replications: number, counts: LineCounts): CoverageRow {
  const lines = new Map<Line, Share>();
  for (const { line, hits, of } of counts.values()) {
    const worst = lines.get(line);
    if (worst === undefined || isWorse(line, { hits, of }, worst)) lines.set(line, { hits, of });
  }
  return { scenario, replications, lines };
}

/** Both at once. */
export function coverageOf(scenario: Scenario, replications: number, seed: number, onRun: () => void): CoverageRow {
  return coverageRow(scenario, replications, countLines(scenario, replications, seed, onRun));
}

/** Lines of which more is better; of the others less. */
const COVERS: ReadonlySet<Line> = new Set<Line>([
  'contrast, one look',
  'contrast, gate opened',
  'contrast, unweighted',
  'contrast, naive',
  'mean, one look',
  'gain, one look',
  'regret, one look',
  'regret, all arms',
  'regret, largest',
]);

function isWorse(line: Line, a: Share, b: Share): boolean {
  const [x, y] = [a.hits / a.of, b.hits / b.of];
  return COVERS.has(line) ? x < y : x > y;
}

/** Numbers of versions after which the report is looked at: about evenly spaced in the logarithm of trials. */
function looksAt(trialsAfter: readonly number[]): readonly number[] {
  const all = trialsAfter.at(-1)!;
  const first = Math.min(FIRST_LOOK, all);
  const wanted = Array.from({ length: LOOKS }, (_, i) => first * (all / first) ** (i / (LOOKS - 1)));
  const looks = wanted.map((trials) => trialsAfter.findIndex((after) => after >= trials - 0.5) + 1);
  return [...new Set([...looks.filter((versions) => versions > 0), trialsAfter.length])];
}

function runOnce(scenario: Scenario, seed: number): readonly Outcome[] {
  const { declaration, trials, updateEvery } = scenario;
  const environment = scenario.environment(seed);
  const experiment = simulatedExperiment(environment.arms, declaration);
  const policy = simulatedPolicy(declaration);
  const run = simulate({ environment, policy, trials, updateEvery, seed }, experiment.id, 'reward');
  let sum = 0;
  const trialsAfter = run.strata.map(({ opened }) => (sum += opened.reduce((all, n) => all + n, 0)));
  const looks = looksAt(trialsAfter).map((versions) => {
    const statistics = run.statistics.slice(0, versions);
    const records = new Map([...run.versions].slice(0, versions));
    const input = { experiment, statistics, versions: records, health: emptyHealth(), now: 0 };
    const report = buildReport({ ...input, open: { open: 0, firstClosesAt: null } });
    return { report, truth: truthOf(environment, run.strata.slice(0, versions)) };
  });
  const { report, truth } = looks.at(-1)!;
  return [...linesAtEnd(report, truth), ...linesEver(looks, environment)];
}

function covers({ low, high }: Interval, truth: number): boolean | null {
  if (low === null || high === null) return null;
  // A bound at 0 or 1 is exact.
  return low <= truth + 1e-12 && truth <= high + 1e-12;
}

function linesAtEnd({ metrics, health, experiment }: Report, truth: Truth): readonly Outcome[] {
  const metric = metrics[0]!;
  const at = (arm: string) => experiment.arms.indexOf(arm);
  const { worth } = metric;
  const largest = Math.max(...truth.regret);
  const binary = metric.type === 'binary' && experiment.weights === 'moving';
  const { chiSquare } = health.ratio;
  const all = worth.regret.map(({ arm, simultaneous }) => covers(simultaneous, truth.regret[at(arm)]!));
  return [
    ...metric.contrasts.flatMap(({ arm, oneLook, unweighted, p }): Outcome[] => {
      const k = at(arm);
      const difference = truth.contrasts[k]!;
      return [
        ['contrast, one look', k, covers(oneLook, difference)],
        ['contrast, p below .05', k, p === null || difference !== 0 ? null : p < 0.05],
        ['contrast, unweighted', k, unweighted === null ? null : covers(unweighted.oneLook, difference)],
        ['contrast, naive', k, binary ? covers(naiveInterval(metric, k), difference) : null],
      ];
    }),
    ...metric.arms.map(({ oneLook }, k): Outcome => ['mean, one look', k, covers(oneLook, truth.means[k]!)]),
    ['gain, one look', 0, covers(worth.evenSplit.oneLook, truth.gain)],
    ...worth.regret.map(
      ({ arm, oneLook }): Outcome => ['regret, one look', at(arm), covers(oneLook, truth.regret[at(arm)]!)],
    ),
    ['regret, all arms', 0, all.includes(null) ? null : !all.includes(false)],
    ['regret, largest', 0, covers(worth.maximum.simultaneous, largest)],
    ['ratio, chi-square', 0, chiSquare === null ? null : chiSquare.status === 'alarm'],
  ];
}

function naiveInterval({ arms }: MetricReport, arm: number): Interval {
  const count = (k: number) => ({ successes: arms[k]!.total, trials: arms[k]!.trials });
  return twoProportions(count(0), count(arm)).oneLook;
}

interface Look {
  readonly report: Report;
  readonly truth: Truth;
}

function linesEver(looks: readonly Look[], { rates }: Environment): readonly Outcome[] {
  const contrasts = looks.at(-1)!.report.metrics[0]!.contrasts.map(({ arm }) => arm);
  const missed = (interval: Interval, truth: number) => covers(interval, truth) === false;
  const contrastMisses = (i: number, kind: 'anytime' | 'oneLook') =>
    looks.some(({ report, truth }) => {
      const { arm, anytime, ...rest } = report.metrics[0]!.contrasts[i]!;
      if (anytime.status !== 'ok') return false;
      return missed({ anytime, ...rest }[kind], truth.contrasts[report.experiment.arms.indexOf(arm)]!);
    });
  const best = Math.max(...rates);
  const unique = rates.filter((rate) => rate === best).length === 1;
  const rateOf = (report: Report, arm: string | null) => rates[report.experiment.arms.indexOf(arm ?? '')] ?? Number.NaN;
  const every = contrasts.map((_, i) => contrastMisses(i, 'anytime'));
  const { logE } = looks.at(-1)!.report.health.ratio.sequential;
  return [
    ...contrasts.flatMap((_, i): Outcome[] => [
      ['contrast, anytime ever misses', i, every[i]!],
      ['contrast, one look ever misses', i, contrastMisses(i, 'oneLook')],
      [
        'contrast, gate opened',
        i,
        looks.some(({ report }) => report.metrics[0]!.contrasts[i]!.anytime.status === 'ok'),
      ],
    ]),
    ['any contrast, anytime ever misses', 0, every.includes(true)],
    ...rates.map(
      (_, k): Outcome => [
        'mean, anytime ever misses',
        k,
        looks.some(({ report, truth }) => missed(report.metrics[0]!.arms[k]!.anytime, truth.means[k]!)),
      ],
    ),
    [
      'best, ever wrong',
      0,
      looks.some(({ report }) => {
        const { status, leader } = report.verdict;
        return status === 'decided' && !(unique && rateOf(report, leader) === best);
      }),
    ],
    [
      'behind, ever wrong',
      0,
      looks.some(({ report }) => {
        const { behind, leader } = report.verdict;
        return behind.some((arm) => rateOf(report, arm) >= rateOf(report, leader));
      }),
    ],
    ['ratio, ever warns', 0, (logE ?? 0) >= Math.log(20)],
    ['ratio, ever fails', 0, (logE ?? 0) >= Math.log(1000)],
  ];
}
