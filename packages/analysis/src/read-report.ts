import type { Experiment, Health, SnapshotData, StatisticsCell } from '@armature/sdk/protocol';
import { buildReport } from './build-report.js';
import { type ConfigReading, readConfigLog } from './config-reading.js';
import { AnalysisError } from './errors.js';
import { emptyHealth, healthOf, mergeHealth } from './fold/health.js';
import { bucketWidthMs } from './fold/log-time.js';
import type { PartitionState } from './fold/state.js';
import { mergeStatistics, statisticsOf } from './fold/statistics.js';
import { type FoldProgress, foldLog, requireLog } from './fold-log.js';
import { type GivenUp, readRepairs } from './log/repairs.js';
import { deletedIn } from './partition-start.js';
import type { Report } from './report.js';
import { rowReader } from './row-statistics.js';

export interface ReadReportOptions {
  /** ms since the epoch: when the report is made. */
  readonly now: number;
  /** One experiment only. Default all that the log has. */
  readonly experiment?: string;
  /** Decision times to report on, ms since the epoch: `from` inclusive, `to` exclusive, widened to whole buckets. */
  readonly from?: number;
  readonly to?: number;
  /** Coverage of the intervals, in (0, 1). Default 0.95. */
  readonly level?: number;
  /** `cells`: the fold's running statistics. `rows`: every trial by itself. They agree to 1e-12. Default `cells`. */
  readonly reader?: 'cells' | 'rows';
  readonly onProgress?: (progress: FoldProgress) => void;
}

/**
 * The reports of a data directory, read without a server and without checkpoints: log, fold, report. A running server
 * may go on writing. The same log, options and time give the same reports.
 *
 * @param directory the data directory
 * @returns one report an experiment, in the order of their names; none where the log has no experiment yet
 * @throws AnalysisError LEVEL_INVALID, LOG_MISSING, NOT_IN_LOG, WINDOW_EMPTY, RECORDS_DELETED; LogDamage and LogHole for a log that is not whole
 */
export async function readReports(directory: string, options: ReadReportOptions): Promise<readonly Report[]> {
  const { level = 0.95 } = options;
  if (!(level > 0 && level < 1)) throw new AnalysisError('LEVEL_INVALID', String(level));
  await requireLog(directory);
  const config = await readConfigLog(directory);
  const names = namesOf(config, options.experiment);
  if (names.length === 0) return [];
  const { partitions, statistics, deleted } = await readStatistics(directory, config, options);
  const window = windowOf(options, config);
  const inside = window === undefined ? statistics : statistics.filter(window.holds);
  const wanted = new Set(names);
  if (window !== undefined && !inside.some(({ experiment }) => wanted.has(experiment))) {
    throw new AnalysisError('WINDOW_EMPTY', `${window.text}; ${coveredBy(statistics, wanted)}`);
  }
  const health = mergeHealth(partitions.map(healthOf));
  const given = [...deleted, ...(await readRepairs(directory)).map(givenUpText)];
  return names.map((name) => {
    const experiment = config.experiments.get(name)!;
    const report = buildReport({
      experiment,
      statistics: inside,
      versions: versionsOf(config, name),
      health: health.get(name) ?? (emptyHealth() as Health),
      open: openOf(partitions, experiment, window),
      now: options.now,
      level,
    });
    const only = window === undefined ? [] : [`Only decisions ${window.text}; health counts the whole log.`];
    return { ...report, notes: [...report.notes, ...given, ...only] };
  });
}

function givenUpText({ at, stream, offset, records }: GivenUp): string {
  const day = at.slice(0, 10);
  return `A repair of the log on ${day} gave up ${records} record${records === 1 ? '' : 's'} of partition ${stream} from offset ${offset}: what they held is in no figure.`;
}

function namesOf({ experiments }: ConfigReading, only: string | undefined): readonly string[] {
  const names = [...experiments.keys()].sort();
  if (only === undefined) return names;
  if (!experiments.has(only)) throw new AnalysisError('NOT_IN_LOG', `${only}; it has ${names.join(', ') || 'none'}`);
  return [only];
}

interface Read {
  readonly partitions: readonly PartitionState[];
  readonly statistics: readonly StatisticsCell[];
  /** Notes on records that retention deleted. */
  readonly deleted: readonly string[];
}

async function readStatistics(
  directory: string,
  config: ConfigReading,
  { reader = 'cells', onProgress }: ReadReportOptions,
): Promise<Read> {
  const options = { config, ...(onProgress === undefined ? {} : { onProgress }) };
  if (reader === 'rows') {
    const rows = rowReader(config.registry);
    const { partitions, floors } = await foldLog(directory, { ...options, sink: rows.sink });
    const [missing] = deletedIn(floors);
    if (missing !== undefined) throw new AnalysisError('RECORDS_DELETED', `a log without ${missing}`);
    return { partitions, statistics: rows.statistics(), deleted: [] };
  }
  const { partitions, floors } = await foldLog(directory, options);
  const deleted = deletedIn(floors).map(
    (records) => `Retention has deleted ${records}; what they held is counted, from the state that was kept of them.`,
  );
  return { partitions, statistics: mergeStatistics(partitions.map(statisticsOf)), deleted };
}

function versionsOf({ registry }: ConfigReading, experiment: string): ReadonlyMap<string, SnapshotData> {
  return new Map(registry.versions(experiment).map((version) => [version.version, version]));
}

interface Window {
  readonly text: string;
  readonly holds: (bucket: Pick<StatisticsCell, 'experiment' | 'version' | 'bucket'>) => boolean;
  readonly holdsTime: (experiment: Experiment, time: number) => boolean;
}

/** Statistics are kept by buckets of decision time, so that a window takes whole buckets: those it touches. */
function windowOf({ from, to }: ReadReportOptions, { registry }: ConfigReading): Window | undefined {
  if (from === undefined && to === undefined) return undefined;
  const touches = (start: number, width: number): boolean =>
    start + width > (from ?? Number.NEGATIVE_INFINITY) && start < (to ?? Number.POSITIVE_INFINITY);
  const iso = (time: number): string => new Date(time).toISOString();
  const parts = [...(from === undefined ? [] : [`from ${iso(from)}`]), ...(to === undefined ? [] : [`to ${iso(to)}`])];
  return {
    text: `${parts.join(' ')}, in whole buckets`,
    holds({ experiment, version, bucket }) {
      const definition = registry.definition(registry.version(experiment, version)?.definition ?? '');
      return touches(bucket, definition === undefined ? 1 : bucketWidthMs(definition));
    },
    holdsTime(experiment, time) {
      const width = bucketWidthMs(experiment);
      return touches(Math.floor(time / width) * width, width);
    },
  };
}

function coveredBy(statistics: readonly StatisticsCell[], names: ReadonlySet<string>): string {
  const buckets = statistics.filter(({ experiment }) => names.has(experiment)).map(({ bucket }) => bucket);
  if (buckets.length === 0) return 'the log has no decision yet';
  const first = buckets.reduce((a, b) => Math.min(a, b));
  const last = buckets.reduce((a, b) => Math.max(a, b));
  return `the log has decisions from ${new Date(first).toISOString()} to ${new Date(last).toISOString()}`;
}

/** Trials whose first metric, the one that is learnt from, has not closed, and when the first of them will. */
function openOf(partitions: readonly PartitionState[], { id, metrics }: Experiment, window: Window | undefined) {
  let open = 0;
  let firstClosesAt: number | null = null;
  for (const { index } of partitions) {
    for (const { experiment, metric, trials, head, delayMs } of index.queues.values()) {
      if (experiment.id !== id || metric !== metrics[0]?.name) continue;
      for (const trial of trials.slice(head)) {
        if (window !== undefined && !window.holdsTime(experiment, trial.time)) continue;
        open += 1;
        firstClosesAt = Math.min(firstClosesAt ?? Number.POSITIVE_INFINITY, trial.at + delayMs);
      }
    }
  }
  return { open, firstClosesAt };
}
