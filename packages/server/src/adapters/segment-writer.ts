import { encodeGroup, encodeRecord } from '@armature/analysis/log';
import type { LogRecord } from '@armature/sdk/protocol';
import type { FileSystem, Logger } from '../ports.js';
import { hashOf, type Mark } from './log-anchor.js';
import { recoverStream } from './recover-stream.js';
import { appendSynced, createSegment, type SegmentFile } from './segment-file.js';

export interface SegmentWriterOptions {
  readonly fs: FileSystem;
  readonly logger: Logger;
  /** Identity of the log. */
  readonly log: string;
  readonly name: string;
  readonly folder: string;
  /** A segment that has grown to this many bytes is followed by another. Default 64 MiB. */
  readonly segmentBytes?: number;
}

/** Copies records that have their places and times already behind those that are there. */
export interface SegmentWriter {
  /** Offset of the next record. */
  readonly end: number;
  /** The last record; undefined where there is none. */
  readonly last: LogRecord<unknown> | undefined;
  /** How far it has come; undefined while it is empty. */
  readonly mark: Mark | undefined;
  /** Resolves when the records are durable. Their offsets have to go on from `end`. */
  append(records: readonly LogRecord<unknown>[]): Promise<void>;
  close(): Promise<void>;
}

const SEGMENT_BYTES = 64 * 1024 * 1024;
/** Records under one check line: their text stays far below what a string may hold. */
const GROUP = 5000;

/**
 * Opens a stream of segments for copying: a torn tail is cut, and records go on behind the last whole group.
 *
 * @throws LOG_DAMAGED, DATA_HOLE, LOG_MISMATCH
 */
export async function openSegmentWriter(options: SegmentWriterOptions): Promise<SegmentWriter> {
  const { fs, log, name, folder, segmentBytes = SEGMENT_BYTES } = options;
  const recovered = await recoverStream(options);
  let { segment, end, last } = recovered;
  const rotate = async (): Promise<SegmentFile> => {
    const next = await createSegment(fs, folder, { log, stream: name, base: end, schema: 1 });
    await segment.file.close();
    return next;
  };
  return {
    get end() {
      return end;
    },
    get last() {
      return last;
    },
    get mark() {
      return last === undefined ? undefined : { offset: last.offset + 1, hash: hashOf(last) };
    },
    async append(records) {
      for (let from = 0; from < records.length; from += GROUP) {
        const group = records.slice(from, from + GROUP);
        if (group[0]?.offset !== end) throw new Error(`${name} goes on at ${end}, got record ${group[0]?.offset}`);
        if (segment.size >= segmentBytes) segment = await rotate();
        segment = await appendSynced(segment, encodeGroup(group.map(encodeRecord)));
        end += group.length;
        last = group.at(-1);
      }
    },
    close: () => segment.file.close(),
  };
}
