import { LogDamage, type LogMeta, layoutOf, parseMeta } from '@armature/analysis/log';
import { writeAtomically } from '../adapters/atomic-file.js';
import type { LogIdentity } from '../adapters/kafka/log-identity.js';
import { takeLock } from '../adapters/lock-file.js';
import { writeAnchor } from '../adapters/log-anchor.js';
import { logFault } from '../adapters/log-fault.js';
import { openSegmentWriter, type SegmentWriter } from '../adapters/segment-writer.js';
import { serverError } from '../errors.js';
import type { FileSystem, Logger } from '../ports.js';

/** A data directory that a log is copied into. */
export interface PullDirectory {
  readonly config: SegmentWriter;
  readonly partitions: readonly SegmentWriter[];
  /** Keeps how far the streams have come and lets the directory go. */
  close(): Promise<void>;
}

export interface PullDirectoryOptions {
  readonly fs: FileSystem;
  readonly logger: Logger;
  readonly directory: string;
  readonly log: LogIdentity;
}

/** What `log.json` says, which is made where there is none. */
async function checkMeta({ fs, directory, log }: PullDirectoryOptions): Promise<void> {
  const layout = layoutOf(directory);
  const text = await fs.readText(layout.meta);
  if (text !== undefined) {
    const meta = parseMeta(text);
    if (meta === undefined) throw logFault(new LogDamage(layout.meta, 0));
    if (meta.id === log.id && meta.partitions === log.partitions) return;
    const got = `log ${meta.id} of ${meta.partitions} partitions in ${directory}, and log ${log.id} of ${log.partitions} in Kafka`;
    throw serverError('LOG_MISMATCH', { got, todo: 'pull into another directory' });
  }
  if ((await fs.readdir(layout.config)).length > 0) {
    throw serverError('LOG_MISMATCH', { got: `segments without log.json in ${directory}` });
  }
  const { id, partitions, created } = log;
  const meta: LogMeta = { schema: 1, id, partitions, created: new Date(created).toISOString() };
  await writeAtomically(fs, layout.meta, `${JSON.stringify(meta)}\n`);
}

async function openStreams(options: PullDirectoryOptions, opened: SegmentWriter[]): Promise<void> {
  const { directory, log } = options;
  const layout = layoutOf(directory);
  const base = { ...options, log: log.id };
  opened.push(await openSegmentWriter({ ...base, name: 'config', folder: layout.config }));
  for (let p = 0; p < log.partitions; p += 1) {
    opened.push(await openSegmentWriter({ ...base, name: String(p), folder: layout.partition(p) }));
  }
}

/**
 * Opens a directory for a copy of a log, or makes it; nobody else may write to it meanwhile.
 *
 * @throws DATA_DIR_LOCKED, LOG_MISMATCH (it holds another log), LOG_DAMAGED, DATA_HOLE, DISK_FULL
 */
export async function openPullDirectory(options: PullDirectoryOptions): Promise<PullDirectory> {
  const { fs, directory, log } = options;
  const layout = layoutOf(directory);
  await fs.mkdir(directory);
  const lock = await takeLock(fs, layout.lock);
  const streams: SegmentWriter[] = [];
  try {
    await checkMeta(options);
    await openStreams(options, streams);
  } catch (cause) {
    await Promise.allSettled(streams.map((stream) => stream.close()));
    await lock.release();
    throw cause;
  }
  const [config, ...partitions] = streams as [SegmentWriter, ...SegmentWriter[]];
  return {
    config,
    partitions,
    async close() {
      try {
        const names = ['config', ...partitions.map((_, partition) => String(partition))];
        const marks = streams.flatMap(({ mark }, n) => (mark === undefined ? [] : [[names[n] ?? '', mark] as const]));
        await writeAnchor(fs, layout.anchor, { log: log.id, streams: Object.fromEntries(marks) });
        await Promise.all(streams.map((stream) => stream.close()));
      } finally {
        await lock.release();
      }
    },
  };
}
