import { open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import type { LogRecord } from '@armature/sdk/protocol';
import { CHECK_PREFIX, checkLine, HEADER_PREFIX, RECORD_PREFIX, type SegmentHeader } from './segment.js';

/** The records that were synced together, and where in the file they end. */
export interface Group<E> {
  readonly header?: SegmentHeader;
  readonly records: readonly LogRecord<E>[];
  /** Bytes of the file up to and including this group's check line. */
  readonly end: number;
}

/** How a segment ended: whole, or with bytes behind the last good group. */
export interface SegmentEnd {
  /** Bytes that belong to good groups. */
  readonly good: number;
  /** Bytes of the file. */
  readonly size: number;
  /** true when the bytes behind the good groups are not what an interrupted write leaves behind. */
  readonly damaged: boolean;
}

const CHUNK = 1 << 20;
const NEWLINE = 10;

/**
 * Reads a segment group by group, up to the first group whose check fails. The generator's return value tells the torn
 * tail of an interrupted write, which nobody was promised, from damage to bytes that somebody was promised: what an
 * interrupted write leaves is record lines without a check line, or a stretch of zeros where a page was never written.
 */
export async function* readSegment<E>(path: string): AsyncGenerator<Group<E>, SegmentEnd> {
  let good = 0;
  let size = 0;
  let torn = false;
  for await (const raw of rawGroups(path)) {
    size = raw.end;
    const group = raw.sealed ? decodeGroup<E>(raw) : undefined;
    if (group !== undefined && !torn) {
      good = raw.end;
      yield group;
    } else if (group !== undefined || !isInterrupted(raw)) return { good, size, damaged: true };
    else torn = true;
  }
  return { good, size, damaged: false };
}

/** A check line that lost its place at the start of a line. */
const ENDS_IN_CHECK = /\{"crc":"[0-9a-f]{8}","count":\d+\}\n$/;

function isInterrupted({ body, sealed }: RawGroup): boolean {
  if (body.includes(0)) return true;
  if (sealed) return false;
  return linesOf(body).every((text) => {
    if (ENDS_IN_CHECK.test(text)) return false;
    if (text.endsWith('\n')) return text.startsWith(RECORD_PREFIX) || text.startsWith(HEADER_PREFIX);
    return !/\}./s.test(text) || text.startsWith(RECORD_PREFIX);
  });
}

/** Lines with their newline, byte by byte as they are; the last one may lack it. */
function linesOf(body: Buffer): readonly string[] {
  return body.toString('latin1').match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

interface RawGroup {
  /** The lines before the check line, with their newlines. */
  readonly body: Buffer;
  readonly check: string;
  /** false: the bytes at the end of the file that no check line closes. */
  readonly sealed: boolean;
  readonly end: number;
}

async function* rawGroups(path: string): AsyncGenerator<RawGroup> {
  const file = await open(path, 'r');
  try {
    let rest: Buffer = Buffer.alloc(0);
    let end = 0;
    for (;;) {
      // what is left of a long group doubles: each of its bytes is copied once or twice
      const chunk = Buffer.allocUnsafe(Math.max(CHUNK, rest.length));
      const { bytesRead } = await file.read(chunk, 0, chunk.length, null);
      if (bytesRead === 0) break;
      const read = chunk.subarray(0, bytesRead);
      const bytes = rest.length === 0 ? read : Buffer.concat([rest, read]);
      let from = 0;
      for (let group = nextGroup(bytes, from); group !== undefined; group = nextGroup(bytes, from)) {
        end += group.after - from;
        from = group.after;
        yield { body: group.body, check: group.check, sealed: true, end };
      }
      rest = bytes.subarray(from);
    }
    if (rest.length > 0) yield { body: rest, check: '', sealed: false, end: end + rest.length };
  } finally {
    await file.close();
  }
}

const CHECK_LINE = Buffer.from(`\n${CHECK_PREFIX}`);
const HEADER = Buffer.from(HEADER_PREFIX);

/** The group that begins at a place, and where the next begins; undefined where its check line is not all there. */
function nextGroup(bytes: Buffer, from: number): { body: Buffer; check: string; after: number } | undefined {
  const empty = bytes.subarray(from, from + CHECK_LINE.length - 1).equals(CHECK_LINE.subarray(1));
  const at = empty ? from : bytes.indexOf(CHECK_LINE, from) + 1;
  const newline = empty || at > 0 ? bytes.indexOf(NEWLINE, at) : -1;
  if (newline < 0) return undefined;
  return { body: bytes.subarray(from, at), check: bytes.toString('latin1', at, newline + 1), after: newline + 1 };
}

/** One pass over the bytes for the check, and one text for each record. */
function decodeGroup<E>({ body, check, end }: RawGroup): Group<E> | undefined {
  const headed = body.subarray(0, HEADER.length).equals(HEADER);
  const ends = newlines(body);
  const last = ends.at(-1) ?? -1;
  if (last !== body.length - 1 || check !== checkLine(crc32(body), ends.length - (headed ? 1 : 0))) return undefined;
  const records: LogRecord<E>[] = [];
  let from = headed ? (ends[0] ?? 0) + 1 : 0;
  for (let n = headed ? 1 : 0; n < ends.length; n += 1) {
    const to = ends[n] ?? 0;
    // The check has passed, so these are the bytes that were written: they are trusted.
    records.push(JSON.parse(body.toString('utf8', from, to)) as LogRecord<E>);
    from = to + 1;
  }
  if (!headed) return { records, end };
  return { header: JSON.parse(body.toString('utf8', 0, ends[0])) as SegmentHeader, records, end };
}

function newlines(body: Buffer): number[] {
  const ends: number[] = [];
  for (let at = body.indexOf(NEWLINE); at >= 0; at = body.indexOf(NEWLINE, at + 1)) ends.push(at);
  return ends;
}
