import { randomUUID } from 'node:crypto';
import { dirname, resolve } from 'node:path';
import { LogDamage, type LogMeta, layoutOf, parseMeta } from '@armature/analysis/log';
import type { ConfigLogEvent, LogEvent } from '@armature/sdk/protocol';
import { serverError } from '../errors.js';
import type { Clock, EventLog, FileSystem, Logger } from '../ports.js';
import { writeAtomically } from './atomic-file.js';
import { FileStream } from './file-stream.js';
import { type Lock, takeLock } from './lock-file.js';
import { checkMark, readAnchor, writeAnchor } from './log-anchor.js';
import { logFault } from './log-fault.js';
import { logHealth } from './log-health.js';
import { recoverStream } from './recover-stream.js';
import { diskFault } from './segment-file.js';

export interface FileLogOptions {
  readonly fs: FileSystem;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The data directory; it is made where there is none. */
  readonly directory: string;
  /** Frozen when the log is made. Default 4, or what the log has. */
  readonly partitions?: number;
  /** Default 64 MiB. */
  readonly segmentBytes?: number;
  /** Of the partitions' segments. Default a day. */
  readonly segmentAgeMs?: number;
}

const DEFAULT_PARTITIONS = 4;
const SEGMENT_BYTES = 64 * 1024 * 1024;
const SEGMENT_AGE_MS = 86_400_000;

/**
 * Opens the log of a data directory for one writer: takes its lock, cuts torn tails, and goes on where it ended.
 *
 * @throws DATA_DIR_LOCKED, PARTITIONS_FROZEN, LOG_DAMAGED, DATA_HOLE, LOG_MISMATCH, DISK_FULL, or the file system's own error
 */
export async function openFileLog(options: FileLogOptions): Promise<EventLog> {
  try {
    return await openLocked(options);
  } catch (cause) {
    throw diskFault(cause);
  }
}

async function openLocked(options: FileLogOptions): Promise<EventLog> {
  const { fs, directory } = options;
  const layout = layoutOf(directory);
  await fs.mkdir(directory);
  // a new directory is durable in its folder before the log in it promises anything
  if ((await fs.readText(layout.meta)) === undefined) await fs.syncDirectory(dirname(resolve(directory)));
  const lock = await takeLock(fs, layout.lock);
  try {
    return await open(options, lock);
  } catch (cause) {
    await lock.release();
    throw cause;
  }
}

async function open(options: FileLogOptions, lock: Lock): Promise<EventLog> {
  const { fs, clock, logger, directory } = options;
  const layout = layoutOf(directory);
  const meta = await metaOf(options);
  const anchor = await readAnchor(fs, layout.anchor, logger);
  if (anchor !== undefined && anchor.log !== meta.id) {
    throw serverError('LOG_MISMATCH', { got: `an anchor of log ${anchor.log} beside log ${meta.id}` });
  }
  const health = logHealth();
  const streams: FileStream<never>[] = [];
  const stream = async <E>(name: string, folder: string, segmentAgeMs: number): Promise<FileStream<E>> => {
    const base = { fs, log: meta.id, name, folder };
    const recovered = await recoverStream({ ...base, logger });
    try {
      await checkMark(anchor?.streams[name], folder, name, recovered.end);
      await fs.syncDirectory(dirname(folder));
    } catch (cause) {
      await recovered.segment.file.close();
      throw cause;
    }
    const segmentBytes = options.segmentBytes ?? SEGMENT_BYTES;
    const rotation = { segmentBytes, segmentAgeMs };
    const made = new FileStream<E>({ ...base, ...rotation, clock, health, isOurs: lock.isHeld }, recovered);
    streams.push(made as unknown as FileStream<never>);
    return made;
  };
  const close = async (): Promise<void> => {
    const results = await Promise.allSettled(streams.map((each) => each.close()));
    await lock.release();
    for (const result of results) if (result.status === 'rejected' && !health.failure) throw result.reason;
  };
  try {
    const config = await stream<ConfigLogEvent>('config', layout.config, Number.POSITIVE_INFINITY);
    const partitions: FileStream<LogEvent>[] = [];
    for (let index = 0; index < meta.partitions; index += 1) {
      partitions.push(
        await stream<LogEvent>(String(index), layout.partition(index), options.segmentAgeMs ?? SEGMENT_AGE_MS),
      );
    }
    await fs.syncDirectory(directory);
    return {
      id: meta.id,
      created: Date.parse(meta.created),
      partitions,
      config,
      get failure() {
        return health.failure;
      },
      onFailure: (listener) => health.onFailure(listener),
      anchor: () => keepMarks(fs, layout.anchor, meta.id, streams),
      close,
    };
  } catch (cause) {
    await Promise.allSettled(streams.map((each) => each.close()));
    throw cause;
  }
}

async function keepMarks(
  fs: FileSystem,
  path: string,
  log: string,
  streams: readonly FileStream<never>[],
): Promise<void> {
  const marks = streams.flatMap(({ name, mark }) => (mark === undefined ? [] : [[name, mark] as const]));
  await writeAnchor(fs, path, { log, streams: Object.fromEntries(marks) });
}

async function metaOf(options: FileLogOptions): Promise<LogMeta> {
  const { fs, clock, directory, partitions } = options;
  const layout = layoutOf(directory);
  const text = await fs.readText(layout.meta);
  if (text !== undefined) {
    const meta = parseMeta(text);
    if (meta === undefined) throw logFault(new LogDamage(layout.meta, 0));
    if (partitions !== undefined && partitions !== meta.partitions) {
      throw serverError('PARTITIONS_FROZEN', { got: `${partitions}, and the log has ${meta.partitions}` });
    }
    return meta;
  }
  if ((await fs.readdir(layout.config)).length > 0) {
    throw serverError('LOG_MISMATCH', { got: 'segments without log.json' });
  }
  const count = partitions ?? DEFAULT_PARTITIONS;
  if (!Number.isInteger(count) || count < 1 || count > 1024) {
    throw serverError('DATA_DIR_INVALID', { got: `${count} partitions`, todo: 'give 1 to 1024' });
  }
  const created = new Date(clock.now()).toISOString();
  const meta: LogMeta = { schema: 1, id: randomUUID(), partitions: count, created };
  await writeAtomically(fs, layout.meta, `${JSON.stringify(meta)}\n`);
  return meta;
}
