import { compareVersions, epochOf } from '@armature/analysis/fold';
import {
  allocate,
  type Cell,
  EMPTY_CELL,
  fromBillionths,
  merge,
  PolicyError,
  policyWeights,
  toBillionths,
  withZeros,
} from '@armature/sdk/policies';
import type { Experiment, Metric, SnapshotData } from '@armature/sdk/protocol';

/** Weights that moved by less than this total variation are not worth a version. */
export const LEAST_MOVE = 0.001;
/** Share of the trials a version rests on that must be new before the next. */
export const LEAST_NEWS = 0.01;

/** What a version is computed from. */
export interface VersionInput {
  readonly experiment: Experiment;
  /** Content hash of the definition. */
  readonly definition: string;
  /** Learning epoch of the definition, integer >= 1. */
  readonly epoch: number;
  /** The version in force; undefined for the first. */
  readonly previous: SnapshotData | undefined;
  /** Closed trials of the reward metric when `previous` was made. */
  readonly restedOn: number;
  /** Statistics of one metric in the learning epoch, in the order of `arms`. */
  readonly cells: (arms: readonly string[], metric: string) => readonly Cell[];
  /** Next offset per partition that the statistics have seen. */
  readonly asOf: { readonly [partition: string]: number };
  /** ms since the epoch. */
  readonly now: number;
}

export interface NextVersion {
  readonly data: SnapshotData;
  /** Closed trials of the reward metric that it rests on. */
  readonly trials: number;
  /** Why the policy had no weights, where those of the version before were taken instead. */
  readonly fault?: PolicyError;
}

/** Index of the period in which a time lies; undefined where draws hold for ever. */
export function periodAt(experiment: Experiment, now: number): number | undefined {
  if (experiment.assign !== 'unit' || experiment.reassignMs === null) return undefined;
  return Math.floor(now / experiment.reassignMs);
}

/**
 * The next version of an experiment, or undefined while the one in force stands. A version is made for a new definition
 * and for a new period; inside a period weights stand still; otherwise when they moved by more than .001 (total
 * variation) and at least 1 % of the trials are new. Pure: the same input gives the same version.
 *
 * Where the policy has no weights (rewards that its posterior cannot hold), a new definition or period gets those of the
 * version before, within the new bounds, so that a killed arm is killed; else the version in force stands.
 *
 * @throws PolicyError where the policy has no weights and the version in force stands
 */
export function nextVersion(input: VersionInput): NextVersion | undefined {
  const { experiment, previous, now } = input;
  const period = periodAt(experiment, now);
  const changed = previous === undefined || previous.definition !== input.definition;
  const advanced = period !== undefined && period > (previous?.period ?? -1);
  if (!changed && !advanced && (period !== undefined || experiment.policy.kind === 'fixed')) return undefined;
  const arms = experiment.arms.map((arm) => arm.id);
  const cells = cellsOf(input, arms);
  const trials = trialsOf(cells, experiment);
  if (!changed && !advanced && trials - input.restedOn < Math.max(1, LEAST_NEWS * input.restedOn)) return undefined;
  const { vector, fault } = vectorOf(input, cells, changed || advanced);
  const moved = totalVariation(previous?.rules.policy, vector);
  if (!changed && !advanced && !(moved > LEAST_MOVE)) return undefined;
  const data: SnapshotData = {
    experiment: experiment.id,
    version: following(previous?.version, input.epoch),
    definition: input.definition,
    arms,
    rules: vector === undefined ? {} : { policy: vector },
    means: Object.fromEntries(
      experiment.metrics.map((metric) => [metric.name, meansOf(cells.get(metric.name), metric)]),
    ),
    ...(period === undefined ? {} : { period: Math.max(period, previous?.period ?? 0) }),
    trials,
    asOf: input.asOf,
  };
  return { data, trials, ...(fault === undefined ? {} : { fault }) };
}

/** Closed trials of the metric that is learnt from, in the definition's learning epoch. */
export function restsOn(input: Pick<VersionInput, 'experiment' | 'cells'>): number {
  const arms = input.experiment.arms.map((arm) => arm.id);
  return trialsOf(cellsOf(input, arms), input.experiment);
}

function cellsOf(
  { experiment, cells }: Pick<VersionInput, 'experiment' | 'cells'>,
  arms: readonly string[],
): Map<string, readonly Cell[]> {
  return new Map(experiment.metrics.map(({ name }) => [name, cells(arms, name)]));
}

function trialsOf(cells: ReadonlyMap<string, readonly Cell[]>, experiment: Experiment): number {
  const learnt = experiment.reward === undefined ? undefined : cells.get(experiment.reward);
  return (learnt ?? []).reduce((sum, cell) => sum + cell.trials, 0);
}

interface Weighed {
  /** The probabilities that are drawn from, as whole billionths; undefined where nothing is drawn. */
  readonly vector: readonly number[] | undefined;
  readonly fault?: PolicyError;
}

function vectorOf(
  { experiment, previous }: Pick<VersionInput, 'experiment' | 'previous'>,
  cells: ReadonlyMap<string, readonly Cell[]>,
  needed: boolean,
): Weighed {
  const { arms, reward } = experiment;
  if (experiment.ship !== undefined) return { vector: undefined };
  const eligible = arms.map((arm) => !arm.off);
  try {
    const weights = weightsOf(experiment, reward === undefined ? undefined : cells.get(reward), eligible);
    return { vector: boundedVector(experiment, eligible, weights) };
  } catch (fault) {
    if (!(fault instanceof PolicyError) || !needed) throw fault;
    return { vector: boundedVector(experiment, eligible, lastWeights(experiment, previous, eligible)), fault };
  }
}

function boundedVector(
  { arms, floor, control: name }: Experiment,
  eligible: readonly boolean[],
  weights: readonly number[],
): readonly number[] | undefined {
  const control = arms.findIndex((arm) => arm.id === name);
  const { p, randomised } = allocate({ weights, eligible, floor, control });
  if (!randomised) return undefined;
  const least = Math.min(floor, 1 / eligible.filter(Boolean).length);
  return fromBillionths(
    toBillionths(
      p,
      eligible.map((may) => (may ? least : 0)),
    ),
  );
}

/** What the version before served, by name; the declared shares where it served none of the arms that may be served. */
function lastWeights(
  { arms }: Experiment,
  previous: SnapshotData | undefined,
  eligible: readonly boolean[],
): readonly number[] {
  const last = arms.map(({ id }) => previous?.rules.policy?.[previous.arms.indexOf(id)] ?? 0);
  return last.some((p, k) => eligible[k] && p > 0) ? last : arms.map(({ weight }) => weight);
}

/** What the policy wants of the arms that may be served; the others want nothing. */
function weightsOf(
  experiment: Experiment,
  cells: readonly Cell[] | undefined,
  eligible: readonly boolean[],
): readonly number[] {
  const { arms, policy, reward, metrics } = experiment;
  const indices = arms.map((_, k) => k).filter((k) => eligible[k]);
  const shares = indices.map((k) => arms[k]?.weight ?? 0);
  if (indices.length === 0 || !shares.some((share) => share > 0)) return arms.map(() => 0);
  const metric = metrics.find((candidate) => candidate.name === reward);
  const learnt = indices.map((k) => cells?.[k] ?? EMPTY_CELL);
  const wanted = policyWeights(policy, metric, learnt, shares);
  return arms.map((_, k) => wanted[indices.indexOf(k)] ?? 0);
}

function totalVariation(before: readonly number[] | undefined, after: readonly number[] | undefined): number {
  if (before === undefined || after === undefined || before.length !== after.length) return before === after ? 0 : 1;
  return after.reduce((sum, p, k) => sum + Math.abs(p - (before[k] ?? 0)), 0) / 2;
}

/** Plain means over trials, per arm; an arm without trials, or with a mean that is no number, gets that of all, or 0. */
function meansOf(cells: readonly Cell[] | undefined, metric: Metric): readonly number[] {
  const meanOf = (cell: Cell): number => (metric.missing === 'zero' ? withZeros(cell).mean : cell.mean);
  const all = meanOf((cells ?? []).reduce(merge, EMPTY_CELL));
  const known = (mean: number): boolean => Number.isFinite(mean);
  return (cells ?? []).map((cell) => [...(cell.trials > 0 ? [meanOf(cell)] : []), all, 0].find(known) ?? 0);
}

/** "epoch.sequence" after a version: the sequence goes on inside a learning epoch and begins again with the next. */
function following(version: string | undefined, epoch: number): string {
  const first = `${epoch}.1`;
  if (version === undefined || compareVersions(first, version) > 0) return first;
  return `${epochOf(version)}.${Number(version.slice(version.indexOf('.') + 1)) + 1}`;
}
