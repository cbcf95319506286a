import { dirname, join } from 'node:path';
import { encodeHeader, type SegmentHeader, segmentName } from '@armature/analysis/log';
import { serverError } from '../errors.js';
import type { FileSystem, OpenFile } from '../ports.js';

/** The segment that is being written: its file, and the bytes of it that are synced. */
export interface SegmentFile {
  readonly path: string;
  readonly file: OpenFile;
  readonly size: number;
  /** Append time of its first record, ms; undefined while it has none. */
  readonly since: number | undefined;
}

function isFull(cause: unknown): boolean {
  const { code } = (cause ?? {}) as NodeJS.ErrnoException;
  return code === 'ENOSPC' || code === 'EDQUOT';
}

const diskFull = (cause: unknown): Error => serverError('DISK_FULL', { got: (cause as Error).message, cause });

/** A full disk under the server's code; everything else as it is. */
export function diskFault(cause: unknown): unknown {
  if (cause instanceof DiskFull) return cause.error;
  return isFull(cause) ? diskFull(cause) : cause;
}

/** A full disk, with nothing written: the append may be tried again. Every other fault of a write is not of this class. */
export class DiskFull extends Error {
  constructor(readonly error: Error) {
    super(error.message);
  }
}

/**
 * Writes bytes at the end of a segment and syncs them.
 *
 * @throws DiskFull when there was no space and the segment is as it was; anything else means that what the file holds
 *   is not known, and that it must not be written to again
 */
export async function appendSynced(segment: SegmentFile, bytes: Uint8Array): Promise<SegmentFile> {
  try {
    await segment.file.write(bytes, segment.size);
  } catch (cause) {
    if (!isFull(cause)) throw cause;
    await segment.file.truncate(segment.size);
    throw new DiskFull(diskFull(cause));
  }
  await segment.file.datasync();
  return { ...segment, size: segment.size + bytes.length };
}

/** Makes a segment with its header, durable in its folder. Throws as appendSynced does. */
export async function createSegment(fs: FileSystem, folder: string, header: SegmentHeader): Promise<SegmentFile> {
  const path = join(folder, segmentName(header.base));
  let file: OpenFile;
  try {
    file = await fs.open(path, 'replace');
  } catch (cause) {
    if (!isFull(cause)) throw cause;
    throw new DiskFull(diskFull(cause));
  }
  try {
    return await startSegment(fs, { path, file, size: 0, since: undefined }, header);
  } catch (cause) {
    await file.close();
    if (cause instanceof DiskFull) await fs.remove(path);
    throw cause;
  }
}

/** Writes the header into an empty segment and syncs its folder. */
export async function startSegment(fs: FileSystem, empty: SegmentFile, header: SegmentHeader): Promise<SegmentFile> {
  const started = await appendSynced(empty, encodeHeader(header));
  await fs.syncDirectory(dirname(empty.path));
  return started;
}
