import { createHash } from 'node:crypto';
import { encodeRecord, listSegments, readStream } from '@armature/analysis/log';
import type { LogRecord } from '@armature/sdk/protocol';
import { serverError } from '../errors.js';
import type { FileSystem, Logger } from '../ports.js';
import { writeAtomically } from './atomic-file.js';
import { logFault } from './log-fault.js';

/** How far a stream had come, and which record was its last: a log that lacks it is an older one, or another. */
export interface Mark {
  /** Offset behind the record. */
  readonly offset: number;
  readonly hash: string;
}

/** Marks of all streams of a log, by name. It is behind the log, never ahead of it. */
export interface Anchor {
  readonly log: string;
  readonly streams: { readonly [name: string]: Mark };
}

/** What a mark keeps of a record. */
export function hashOf(record: LogRecord<unknown>): string {
  return createHash('sha256').update(encodeRecord(record)).digest('hex').slice(0, 32);
}

/** Reads the anchor; one that is damaged is as good as none, which is told. */
export async function readAnchor(fs: FileSystem, path: string, logger: Logger): Promise<Anchor | undefined> {
  const text = await fs.readText(path);
  if (text === undefined) return undefined;
  try {
    const { schema, log, streams } = JSON.parse(text) as Partial<Anchor> & { readonly schema?: unknown };
    const marks = Object.values(streams ?? {});
    const sound = marks.every(({ offset, hash }) => Number.isSafeInteger(offset) && offset > 0 && hash.length === 32);
    if (schema === 1 && typeof log === 'string' && sound) return { log, streams: streams ?? {} };
  } catch {
    // told below
  }
  logger.warn('damaged anchor ignored', { path, remedy: 'none needed: the next checkpoint makes it again' });
  return undefined;
}

/** Writes the anchor in one piece. */
export async function writeAnchor(fs: FileSystem, path: string, anchor: Anchor): Promise<void> {
  await writeAtomically(fs, path, `${JSON.stringify({ schema: 1, ...anchor })}\n`);
}

async function recordAt(folder: string, offset: number): Promise<LogRecord<unknown> | undefined> {
  try {
    for await (const [record] of readStream<unknown>(folder, offset)) return record;
  } catch (cause) {
    throw logFault(cause);
  }
  return undefined;
}

/**
 * Holds a recovered stream against its mark.
 *
 * @param end offset behind its last record
 * @throws LOG_MISMATCH when it is shorter, or another record stands there: an older copy of the log, or another one;
 *   LOG_DAMAGED or DATA_HOLE when the record cannot be read
 */
export async function checkMark(mark: Mark | undefined, folder: string, name: string, end: number): Promise<void> {
  if (mark === undefined) return;
  const what = `stream ${name} of ${end} records`;
  if (mark.offset > end) throw serverError('LOG_MISMATCH', { got: `${what}, which had ${mark.offset}` });
  const [first] = await listSegments(folder);
  if (first !== undefined && first.base >= mark.offset) return; // retention has deleted the record since
  const record = await recordAt(folder, mark.offset - 1);
  if (record !== undefined && hashOf(record) === mark.hash) return;
  throw serverError('LOG_MISMATCH', { got: `${what}, whose record ${mark.offset - 1} is another than it was` });
}
