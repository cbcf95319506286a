import { EVENT_TYPES, type LogEvent, type LogRecord } from '@armature/sdk/protocol';
import { type ConfigReading, readConfigLog } from './config-reading.js';
import { AnalysisError } from './errors.js';
import { applyRecord } from './fold/fold.js';
import type { PartitionState } from './fold/state.js';
import type { FoldSink } from './fold/trials.js';
import { type LogMeta, readMeta } from './log/data-directory.js';
import { readFloor } from './log/floor.js';
import { readPartition } from './log/read-log.js';
import { type PartitionStart, partitionStart } from './partition-start.js';

/** How far a fold has come. */
export interface FoldProgress {
  readonly partition: number;
  readonly partitions: number;
  /** Records folded so far, over all partitions. */
  readonly records: number;
}

export interface FoldOptions {
  /** Hears of every trial as it opens and as its metrics are counted. */
  readonly sink?: FoldSink;
  /** Called after each group of records; the fold waits for it. */
  readonly onGroup?: (records: number) => void | Promise<void>;
  /** Called once, with the state as it stands before the record at this offset. */
  readonly at?: { readonly offset: number; readonly look: (state: PartitionState) => void };
}

export interface FoldLogOptions {
  /** Where it has been read already. */
  readonly config?: ConfigReading;
  readonly sink?: FoldSink;
  /** Called after each group of records; the fold waits for it. */
  readonly onProgress?: (progress: FoldProgress) => void | Promise<void>;
}

/** A log that was read and folded from its beginning, or from what was kept of it. */
export interface FoldedLog {
  readonly meta: LogMeta;
  readonly config: ConfigReading;
  readonly partitions: readonly PartitionState[];
  /** Where each partition's log begins, if older records were deleted: they are in its state, and no sink heard of them. */
  readonly floors: readonly PartitionStart['floor'][];
}

/**
 * Reads what stands in `log.json`.
 *
 * @throws AnalysisError LOG_MISSING where there is none
 */
export async function requireLog(directory: string): Promise<LogMeta> {
  const meta = await readMeta(directory);
  if (meta === undefined) throw new AnalysisError('LOG_MISSING', directory);
  return meta;
}

/**
 * Folds all partitions of a data directory from their first record, without its checkpoints and without a server. Where
 * retention has deleted records, the fold goes on from the state that it kept of them. A running server may go on
 * writing: what it adds is read up to the last whole group.
 *
 * @param directory the data directory
 * @param options `sink` for those who want trials rather than statistics
 * @throws AnalysisError LOG_MISSING, LOG_SHORTER, LOG_SHORTENED, LOG_OTHER; LogDamage, LogHole
 */
export async function foldLog(
  directory: string,
  { sink, onProgress, ...options }: FoldLogOptions = {},
): Promise<FoldedLog> {
  const meta = await requireLog(directory);
  const config = options.config ?? (await readConfigLog(directory));
  const seen = offsetsSeen(config);
  const partitions: PartitionState[] = [];
  const floors: PartitionStart['floor'][] = [];
  let records = 0;
  for (let partition = 0; partition < meta.partitions; partition++) {
    const { state, floor } = await partitionStart(directory, partition, meta.id, config.registry);
    await foldPartition(directory, partition, config, state, {
      ...(sink === undefined ? {} : { sink }),
      onGroup: (count) => {
        records += count;
        return onProgress?.({ partition, partitions: meta.partitions, records });
      },
    });
    const known = seen.get(String(partition)) ?? 0;
    if (state.offset < known) {
      throw new AnalysisError(
        'LOG_SHORTER',
        `partition ${partition} of ${state.offset} records, a version made from ${known}`,
      );
    }
    partitions.push(state);
    floors.push(floor);
  }
  return { meta, config, partitions, floors };
}

/** How far the versions that have been read so far had seen each partition: no partition can be shorter. */
function offsetsSeen({ experiments, registry }: ConfigReading): ReadonlyMap<string, number> {
  const seen = new Map<string, number>();
  for (const name of experiments.keys()) {
    for (const { asOf } of registry.versions(name)) {
      for (const [partition, offset] of Object.entries(asOf)) {
        seen.set(partition, Math.max(seen.get(partition) ?? 0, offset));
      }
    }
  }
  return seen;
}

/**
 * Folds one partition on from where its state stands, to the end of the log.
 *
 * @param config its definitions and versions; read on where a record names one that came later
 * @param state changed in place
 * @throws AnalysisError LOG_SHORTENED when records were deleted meanwhile; LogDamage, LogHole
 */
export async function foldPartition(
  directory: string,
  partition: number,
  config: ConfigReading,
  state: PartitionState,
  { sink, onGroup, at }: FoldOptions = {},
): Promise<void> {
  const missing = new Set<string>();
  const look = (): void => {
    if (state.offset === at?.offset) at.look(state);
  };
  look();
  const begun = state.offset;
  try {
    for await (const records of readPartition(directory, partition, begun)) {
      if (records.some((record) => namesUnknown(record, config, missing))) await config.refresh();
      for (const record of records) {
        applyRecord(state, record, config.registry, sink);
        look();
      }
      await onGroup?.(records.length);
    }
  } catch (cause) {
    const floor = await readFloor(directory, partition);
    if (floor === undefined || floor.offset <= begun) throw cause;
    throw new AnalysisError('LOG_SHORTENED', `partition ${partition}, which now begins at record ${floor.offset}`);
  }
}

/** Whether a decision names a definition or version that has not been read, and was not looked for before. */
function namesUnknown({ event }: LogRecord<LogEvent>, { registry }: ConfigReading, missing: Set<string>): boolean {
  if (event.type !== EVENT_TYPES.decision) return false;
  const { experiment, snapshot, definition } = event.data;
  const version = registry.version(experiment, snapshot);
  if (version !== undefined && registry.definition(definition) !== undefined) return false;
  const name = `${experiment}\0${snapshot}\0${definition}`;
  if (missing.has(name)) return false;
  missing.add(name);
  return true;
}
