import { type Cell, EMPTY_CELL, type Moments, merge, withZeros } from '@armature/sdk/policies';
import type { SnapshotData, StatisticsCell } from '@armature/sdk/protocol';
import { compareVersions } from './fold/statistics.js';

/**
 * The trials of one version and rule: everything drawn from one vector. Within a stratum the arms are compared as in
 * a plain randomised test; the estimators differ only in how they weigh the strata. Vectors follow `arms`.
 */
export interface Stratum {
  readonly version: string;
  readonly rule: string;
  readonly arms: readonly string[];
  /** The vector the trials were drawn from, sum 1; 0 for an arm the version did not have. */
  readonly p: readonly number[];
  /**
   * Plug-in means: the m_k of the AIPW score. Those known when the version was made; where nothing was known, as in the
   * first version, the arms' own means in it.
   */
  readonly means: readonly number[];
  /** First and last start of the decision-time buckets covered, ms since the epoch. */
  readonly from: number;
  readonly to: number;
  /** Randomised trials opened per arm, closed or not. */
  readonly opened: readonly number[];
  /** Closed trials of one metric per arm. */
  readonly cells: readonly Cell[];
}

/** One randomised trial, for the estimators that read rows. `p` and `means` as in {@link Stratum}. */
export interface TrialRow {
  readonly version: string;
  readonly rule: string;
  /** Index of the arm drawn. */
  readonly arm: number;
  readonly p: readonly number[];
  readonly means: readonly number[];
  /** undefined: no reward came, which counts as 0 (missing: zero) or not at all (missing: ignored). */
  readonly reward: number | undefined;
  /** Decision time, ms since the epoch. */
  readonly time: number;
}

/** Every arm that a version names, in code-point order; `arms` (say, those of the definition) are included. */
export function armsOf(versions: ReadonlyMap<string, SnapshotData>, arms: readonly string[] = []): readonly string[] {
  const all = new Set(arms);
  for (const version of versions.values()) for (const arm of version.arms) all.add(arm);
  return [...all].sort((a, b) => (a < b ? -1 : 1));
}

/**
 * The strata of one metric, oldest version first, merged over buckets or one per bucket. Trials of a version or rule
 * that no snapshot record describes have no known vector: they are left out, and `exclusionsOf` counts them.
 *
 * @param statistics cells of one experiment, in any order
 * @param versions the snapshot records of that experiment by version
 * @param metric its cells are taken; a version made when nothing was known of it (no means, or all 0) gets its own arms' means
 * @param by `version` merges the buckets of a version, `bucket` keeps them apart
 * @param arms arms that appear even where no version has them
 */
export function strataOf(
  statistics: Iterable<StatisticsCell>,
  versions: ReadonlyMap<string, SnapshotData>,
  metric: string,
  by: 'version' | 'bucket' = 'version',
  arms: readonly string[] = [],
): readonly Stratum[] {
  const all = armsOf(versions, arms);
  const merged = new Map<string, Stratum>();
  const whole = new Map<string, readonly Cell[]>();
  for (const cell of statistics) {
    const snapshot = versions.get(cell.version);
    const p = snapshot?.rules[cell.rule];
    if (snapshot === undefined || p === undefined) continue;
    const stratum = align(cell, snapshot, p, metric, all);
    const drawnTogether = JSON.stringify([cell.version, cell.rule]);
    const key = by === 'bucket' ? `${drawnTogether}${cell.bucket}` : drawnTogether;
    const earlier = merged.get(key);
    merged.set(key, earlier === undefined ? stratum : mergeStrata(earlier, stratum));
    const others = whole.get(drawnTogether);
    whole.set(drawnTogether, others?.map((other, k) => merge(other, stratum.cells[k]!)) ?? stratum.cells);
  }
  const known = [...merged.values()].map((stratum) =>
    stratum.means.some((mean) => mean !== 0)
      ? stratum
      : { ...stratum, means: ownMeans(whole.get(JSON.stringify([stratum.version, stratum.rule])) ?? []) },
  );
  return known.sort((a, b) => compareVersions(a.version, b.version) || a.from - b.from || (a.rule < b.rule ? -1 : 1));
}

function align(
  cell: StatisticsCell,
  snapshot: SnapshotData,
  p: readonly number[],
  metric: string,
  arms: readonly string[],
): Stratum {
  const means = snapshot.means[metric];
  const at = arms.map((arm) => snapshot.arms.indexOf(arm));
  return {
    version: cell.version,
    rule: cell.rule,
    arms,
    p: at.map((i) => p[i] ?? 0),
    means: at.map((i) => means?.[i] ?? 0),
    from: cell.bucket,
    to: cell.bucket,
    opened: at.map((i) => cell.arms[i]?.opened ?? 0),
    cells: at.map((i) => cell.arms[i]?.metrics[metric] ?? EMPTY_CELL),
  };
}

/**
 * The arms' means among themselves; an arm without trials gets that of all. With them the score of a version is the plain
 * mean of its arm, as in an A/B test; with zeros it would carry the rewards' distance from 0, whatever their spread.
 */
function ownMeans(cells: readonly Cell[]): readonly number[] {
  const all = withZeros(cells.reduce(merge, EMPTY_CELL)).mean;
  return cells.map((cell) => (cell.trials > 0 ? withZeros(cell).mean : all));
}

function mergeStrata(a: Stratum, b: Stratum): Stratum {
  return {
    ...a,
    from: Math.min(a.from, b.from),
    to: Math.max(a.to, b.to),
    opened: a.opened.map((n, k) => n + b.opened[k]!),
    cells: a.cells.map((cell, k) => merge(cell, b.cells[k]!)),
  };
}

/** Strata are values: their moments are computed once. */
const momentsOfStrata = new WeakMap<readonly Cell[], readonly Moments[]>();

/** The moments of each arm's closed trials, a missing reward being zero where the metric says so. */
export function momentsOf({ cells }: Stratum): readonly Moments[] {
  const known = momentsOfStrata.get(cells);
  if (known !== undefined) return known;
  const moments = cells.map(withZeros);
  momentsOfStrata.set(cells, moments);
  return moments;
}

/** Closed trials of a stratum over all arms: the N of its scores. */
export function trialsOf(stratum: Stratum): number {
  return stratum.cells.reduce((sum, cell) => sum + cell.trials, 0);
}

/** Each arm's closed trials pooled over strata. Under moving weights their means are biased: a footnote only. */
export function poolArms(strata: readonly Stratum[], arms: readonly string[]): readonly Cell[] {
  return arms.map((_, k) => strata.reduce((cell, stratum) => merge(cell, stratum.cells[k]!), EMPTY_CELL));
}

/**
 * Whether every stratum with a trial was drawn from one and the same vector. It decides the headline estimator.
 *
 * @example
 * isConstant([]) // => true
 */
export function isConstant(strata: readonly Stratum[]): boolean {
  const used = strata.filter((stratum) => stratum.opened.some((n) => n > 0) || trialsOf(stratum) > 0);
  const first = used[0];
  return first === undefined || used.every((stratum) => stratum.p.every((p, k) => p === first.p[k]));
}
