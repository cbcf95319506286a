import { LogDamage, LogHole, listSegments, readSegment } from '@armature/analysis/log';
import type { LogRecord } from '@armature/sdk/protocol';
import { serverError } from '../errors.js';
import type { FileSystem, Logger } from '../ports.js';
import { logFault } from './log-fault.js';
import { createSegment, type SegmentFile, startSegment } from './segment-file.js';

/** Where a stream goes on: the last segment, the next offset, and the time of the last record. */
export interface RecoveredStream {
  readonly segment: SegmentFile;
  readonly end: number;
  readonly at: number;
  /** The last record; undefined where there is none, or none was looked at. */
  readonly last: LogRecord<unknown> | undefined;
}

export interface RecoverOptions {
  readonly fs: FileSystem;
  readonly logger: Logger;
  readonly log: string;
  readonly name: string;
  readonly folder: string;
}

/**
 * Opens a stream for writing behind its last good group. Bytes behind that group were never acknowledged (a torn tail)
 * and are cut away, durably.
 *
 * @throws LOG_DAMAGED, DATA_HOLE, LOG_MISMATCH
 */
export async function recoverStream(options: RecoverOptions): Promise<RecoveredStream> {
  const { fs, folder, log, name } = options;
  await fs.mkdir(folder);
  const segments = await listSegments(folder);
  const last = segments.at(-1);
  if (last === undefined) {
    const segment = await createSegment(fs, folder, { log, stream: name, base: 0, schema: 1 });
    return { segment, end: 0, at: 0, last: undefined };
  }
  const tail = await scan(last.path, last.base, options);
  const before = segments.at(-2);
  if (before !== undefined) {
    const previous = await scan(before.path, before.base, options);
    if (previous.good < previous.size) throw logFault(new LogDamage(before.path, previous.good));
    if (previous.end !== last.base) throw logFault(new LogHole(last.path, previous.end, last.base));
    if (tail.end === last.base) {
      tail.at = previous.at;
      tail.last = previous.last;
    }
  }
  const file = await fs.open(last.path, 'existing');
  if (tail.good < tail.size) {
    await file.truncate(tail.good);
    options.logger.warn('torn tail cut', { stream: name, segment: last.path, bytes: tail.size - tail.good });
  }
  // a process that was killed may have left what it had not synced
  await file.sync();
  await fs.syncDirectory(folder);
  const segment: SegmentFile = { path: last.path, file, size: tail.good, since: tail.since };
  if (tail.good > 0) return { segment, end: tail.end, at: tail.at, last: tail.last };
  const started = await startSegment(fs, segment, { log, stream: name, base: last.base, schema: 1 });
  return { segment: started, end: last.base, at: tail.at, last: tail.last };
}

interface Scan {
  good: number;
  size: number;
  end: number;
  at: number;
  since: number | undefined;
  last: LogRecord<unknown> | undefined;
}

async function scan(path: string, base: number, options: RecoverOptions): Promise<Scan> {
  const result: Scan = { good: 0, size: 0, end: base, at: 0, since: undefined, last: undefined };
  const groups = readSegment<unknown>(path);
  try {
    return await scanGroups(groups, path, result, options);
  } finally {
    // a scan that refuses the segment in the middle closes its file
    await groups.return({ good: 0, size: 0, damaged: false });
  }
}

async function scanGroups(
  groups: ReturnType<typeof readSegment<unknown>>,
  path: string,
  result: Scan,
  options: RecoverOptions,
): Promise<Scan> {
  let step = await groups.next();
  for (; !step.done; step = await groups.next()) {
    const { header, records } = step.value;
    if (header !== undefined && (header.log !== options.log || header.stream !== options.name)) {
      throw serverError('LOG_MISMATCH', {
        got: `a segment of log ${header.log}, stream ${header.stream}, in stream ${options.name} of ${options.log}`,
      });
    }
    const first = records[0];
    if (first === undefined) continue;
    if (first.offset !== result.end) throw logFault(new LogHole(path, result.end, first.offset));
    result.end += records.length;
    result.at = records.at(-1)?.at ?? result.at;
    result.since ??= first.at;
    result.last = records.at(-1);
  }
  if (step.value.damaged) throw logFault(new LogDamage(path, step.value.good));
  return { ...result, good: step.value.good, size: step.value.size };
}
