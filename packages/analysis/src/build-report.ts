import type { Experiment, Health, SnapshotData, StatisticsCell } from '@armature/sdk/protocol';
import { anytimeContrast, comparisonData } from './arm-contrast.js';
import { exclusionsOf } from './exclusions.js';
import { compareVersions, epochOf } from './fold/statistics.js';
import { healthChecks, ratioReport, worstStatus } from './health-checks.js';
import { metricReport } from './metric-report.js';
import { probabilitiesBest, retiredArms } from './probabilities-best.js';
import type { HealthReport, MetricReport, Report, ReportedExperiment, TrialCounts, Verdict } from './report.js';
import { describePolicy, describeUnit, guaranteeOf, openText } from './report-words.js';
import { armsOf, isConstant, poolArms, type Stratum, strataOf } from './stratum.js';
import { rankArms, type VerdictInput, verdictOf } from './verdict.js';

/** What a report is built from: the fold's state, the snapshot records, the definition and the time. */
export interface ReportInput {
  readonly experiment: Experiment;
  /** The fold's cells, any order; those of other experiments are passed over. */
  readonly statistics: readonly StatisticsCell[];
  /** The experiment's snapshot records by version. */
  readonly versions: ReadonlyMap<string, SnapshotData>;
  readonly health: Health;
  /** Trials of the reward metric whose window has not closed; `firstClosesAt` in ms since the epoch. */
  readonly open: { readonly open: number; readonly firstClosesAt: number | null };
  /** ms since the epoch. */
  readonly now: number;
  /** Coverage of the intervals, in (0, 1). Default 0.95. */
  readonly level?: number;
}

/** What every part of one report is made from. */
interface Workings {
  readonly input: ReportInput;
  /** Cells and versions of the newest learning epoch: estimates never pool across a reset. */
  readonly statistics: readonly StatisticsCell[];
  readonly versions: ReadonlyMap<string, SnapshotData>;
  readonly alpha: number;
  readonly arms: readonly string[];
  /** Strata of the reward metric, for the counts that are no metric's. */
  readonly strata: readonly Stratum[];
  readonly constant: boolean;
  /** Versions in order. */
  readonly ordered: readonly string[];
}

/**
 * The report of one experiment: verdict, guarantee, health, arms, contrasts, regret, series. The estimator follows
 * from the logged vectors: one vector throughout calls for classical tests, moving ones for common-weight AIPW;
 * the headline interval is anytime-valid either way.
 *
 * @param input statistics, versions, definition, health and the time
 * @returns plain JSON: nulls with reasons, never NaN
 */
export function buildReport(input: ReportInput): Report {
  const workings = prepare(input);
  const { strata, ordered } = workings;
  const metrics = metricReports(workings);
  const trials = trialCounts(workings, metrics[0]);
  const health = healthReport(workings);
  return {
    schema: 1,
    experiment: reportedExperiment(workings),
    generatedAt: new Date(input.now).toISOString(),
    ...covered(strata),
    versions: { first: ordered[0] ?? null, last: ordered.at(-1) ?? null, count: ordered.length },
    trials,
    verdict: verdict(workings, health, trials, metrics[0]),
    guarantee: guaranteeOf(workings.constant, workings.alpha),
    health,
    metrics,
    notes: notesOf(input.experiment),
  };
}

function prepare(input: ReportInput): Workings {
  const { experiment } = input;
  const newest = [...input.versions.keys()].sort(compareVersions).at(-1);
  const current = (version: string) => newest === undefined || epochOf(version) === epochOf(newest);
  const versions = new Map([...input.versions].filter(([version]) => current(version)));
  const own = input.statistics.filter((cell) => cell.experiment === experiment.id);
  const statistics = own.filter(({ version }) => current(version));
  const arms = armsOf(
    versions,
    experiment.arms.map(({ id }) => id),
  );
  const strata = strataOf(statistics, versions, experiment.reward ?? '', 'version', arms);
  return {
    input: { ...input, statistics: own },
    statistics,
    versions,
    alpha: 1 - (input.level ?? 0.95),
    arms,
    strata,
    constant: isConstant(strata),
    ordered: [...versions.keys()].sort(compareVersions),
  };
}

function metricReports(workings: Workings): readonly MetricReport[] {
  const { input, statistics, versions, alpha, arms, ordered } = workings;
  const { experiment } = input;
  const newest = versions.get(ordered.at(-1) ?? '');
  const now = arms.map((arm) => currentShare(newest, arm));
  const retired = retiredArms(experiment, arms);
  return experiment.metrics.map((metric) => {
    const strata = strataOf(statistics, versions, metric.name, 'version', arms);
    const buckets = strataOf(statistics, versions, metric.name, 'bucket', arms);
    const learnt = metric.name === experiment.reward;
    const best = learnt ? probabilitiesBest(experiment, metric, arms, poolArms(strata, arms)) : arms.map(() => null);
    return metricReport({ metric, strata, buckets, arms, control: experiment.control, now, best, alpha, retired });
  });
}

function currentShare(newest: SnapshotData | undefined, arm: string): number | null {
  const rule = newest?.rules.policy ?? Object.values(newest?.rules ?? {})[0];
  if (newest === undefined || rule === undefined) return null;
  return rule[newest.arms.indexOf(arm)] ?? 0;
}

function reportedExperiment({ input: { experiment }, arms, constant }: Workings): ReportedExperiment {
  return {
    id: experiment.id,
    description: experiment.description,
    policy: describePolicy(experiment),
    assign: experiment.assign,
    randomisationUnit: describeUnit(experiment),
    control: experiment.control,
    arms,
    reward: experiment.reward ?? null,
    weights: constant ? 'constant' : 'moving',
  };
}

function covered(strata: readonly Stratum[]): { readonly from: string | null; readonly to: string | null } {
  const used = strata.filter(({ opened }) => opened.some((n) => n > 0));
  if (used.length === 0) return { from: null, to: null };
  const from = used.reduce((first, stratum) => Math.min(first, stratum.from), Number.POSITIVE_INFINITY);
  const to = used.reduce((last, stratum) => Math.max(last, stratum.to), Number.NEGATIVE_INFINITY);
  return { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
}

function trialCounts({ input, strata }: Workings, reward: MetricReport | undefined): TrialCounts {
  const { open, firstClosesAt } = input.open;
  return {
    opened: strata.reduce((sum, { opened }) => sum + opened.reduce((all, n) => all + n, 0), 0),
    closed: reward?.trials ?? 0,
    open,
    firstClosesAt: firstClosesAt === null || open === 0 ? null : new Date(firstClosesAt).toISOString(),
    text: openText(open, firstClosesAt, input.now),
  };
}

function healthReport({ input, versions, arms, strata, constant }: Workings): HealthReport {
  const { health, statistics } = input;
  const ratio = ratioReport(arms, strata, constant);
  const checks = healthChecks(health, ratio);
  return {
    status: worstStatus(checks),
    checks,
    ratio,
    exclusions: exclusionsOf(health, statistics, versions),
    counters: health,
  };
}

/** The leader is compared with each other arm in play at alpha / (K - 1), and at alpha over all pairs: see `verdictOf`. */
function verdict(
  { input: { experiment }, alpha, arms, strata }: Workings,
  health: HealthReport,
  trials: TrialCounts,
  reward: MetricReport | undefined,
): Verdict {
  const rows = (reward?.arms ?? []).map(({ arm, probabilityBest }) => ({ arm, probability: probabilityBest }));
  const base: Omit<VerdictInput, 'lead' | 'pairs' | 'better'> = {
    health: health.status,
    closed: trials.closed,
    open: trials.text,
    arms: rows,
    retired: retiredArms(experiment, arms),
  };
  const metric = experiment.metrics.find(({ name }) => name === experiment.reward);
  if (metric === undefined) return verdictOf({ ...base, lead: [], pairs: [], better: 'higher' });
  const data = comparisonData(metric, strata, arms, arms.indexOf(experiment.control));
  const [leader, ...others] = rankArms(rows).map(({ arm }) => arm);
  const pairs = (arms.length * (arms.length - 1)) / 2;
  const alphas = [alpha / Math.max(1, arms.length - 1), alpha / Math.max(1, pairs)];
  const compared = others.map((arm) => ({
    arm,
    intervals: anytimeContrast(data, arms.indexOf(leader!), arms.indexOf(arm), alphas),
  }));
  const at = (level: number): VerdictInput['lead'] =>
    compared.map(({ arm, intervals }) => ({ arm, interval: { ...intervals[level]!, level: 1 - alpha } }));
  return verdictOf({ ...base, lead: at(0), pairs: at(1), better: metric.better });
}

function notesOf(experiment: Experiment): readonly string[] {
  const notes: string[] = [];
  if (experiment.reward === undefined) notes.push('The experiment declares no reward: nothing is learnt or compared.');
  if (experiment.assign !== 'request')
    notes.push(
      `Randomised by ${describeUnit(experiment)}: a trial is the first decision of that unit, its rewards combined. Weighing single decisions is refused: it would reject true null hypotheses far too often.`,
    );
  if (experiment.assign === 'unit' && experiment.reassignMs !== null)
    notes.push(
      'A unit counts once a period, drawn afresh each time: the intervals are about the units that came, as often as they came. Where an effect differs from unit to unit they are too narrow for other units, and what one period does to the next stays in the numbers.',
    );
  if (experiment.reward !== undefined)
    notes.push(
      "P(best) is the policy's own posterior on pooled rewards: it assumes that no rate drifts. The intervals do not.",
    );
  return notes;
}
