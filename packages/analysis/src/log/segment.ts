import { crc32 } from 'node:zlib';
import type { LogRecord } from '@armature/sdk/protocol';

/**
 * A segment is a file of JSON lines that jq and DuckDB read as they are. Three kinds of line stand in it:
 * one header at its start, `{"log":…}`; records, `{"offset":…,"at":…,"event":{…}}`; and behind each group of records
 * that was synced together one check line, `{"crc":…}`, over the bytes of the lines since the check line before.
 * A group counts only with its check line.
 */
export interface SegmentHeader {
  /** Identity of the log: two logs never share it. */
  readonly log: string;
  /** `config`, or the number of the partition. */
  readonly stream: string;
  /** Offset of the segment's first record. */
  readonly base: number;
  readonly schema: 1;
}

export const CHECK_PREFIX = '{"crc":';
export const HEADER_PREFIX = '{"log":';
export const RECORD_PREFIX = '{"offset":';

/** Name of the segment whose first record has this offset: twenty digits, so that names sort as offsets do. */
export function segmentName(base: number): string {
  return `${String(base).padStart(20, '0')}.jsonl`;
}

/** The bytes that open a segment: its header and a check line. */
export function encodeHeader(header: SegmentHeader): Buffer {
  return seal(`${JSON.stringify(header)}\n`, 0);
}

/** One record as its line, newline included. */
export function encodeRecord<E>(record: LogRecord<E>): string {
  return `${JSON.stringify(record)}\n`;
}

/** The bytes of a group: the lines of its records, then their check line. */
export function encodeGroup(lines: readonly string[]): Buffer {
  return seal(lines.join(''), lines.length);
}

function seal(text: string, count: number): Buffer {
  const body = Buffer.from(text, 'utf8');
  return Buffer.concat([body, Buffer.from(checkLine(crc32(body), count), 'utf8')]);
}

/** The line that closes a group: the CRC-32 of its lines' bytes as eight hex digits, and how many records they are. */
export function checkLine(crc: number, count: number): string {
  return `${CHECK_PREFIX}"${crc.toString(16).padStart(8, '0')}","count":${count}}\n`;
}
