import { isAscii } from 'node:buffer';
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
/** Bytes after which a text of records ends with its line: small enough for the young objects' space. */
const TEXT = 1 << 16;

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
    // One buffer for all: a group is decoded before the next read writes over it.
    let buffer = Buffer.allocUnsafe(2 * CHUNK);
    let held = 0;
    let end = 0;
    for (;;) {
      const { bytesRead } = await file.read(buffer, held, buffer.length - held, null);
      if (bytesRead === 0) break;
      const bytes = buffer.subarray(0, held + bytesRead);
      let from = 0;
      for (let group = nextGroup(bytes, from); group !== undefined; group = nextGroup(bytes, from)) {
        end += group.after - from;
        from = group.after;
        yield { body: group.body, check: group.check, sealed: true, end };
      }
      held = bytes.length - from;
      // what is left of a long group doubles the buffer: each of its bytes is copied once or twice
      const next = held > buffer.length / 2 ? Buffer.allocUnsafe(2 * buffer.length) : buffer;
      bytes.copy(next, 0, from);
      buffer = next;
    }
    if (held > 0) yield { body: buffer.subarray(0, held), check: '', sealed: false, end: end + held };
  } finally {
    await file.close();
  }
}

const CHECK = Buffer.from(CHECK_PREFIX);
const HEADER = Buffer.from(HEADER_PREFIX);

/** The group that begins at a place, and where the next begins; undefined where its check line is not all there. */
function nextGroup(bytes: Buffer, from: number): { body: Buffer; check: string; after: number } | undefined {
  const at = checkLineAt(bytes, from);
  const newline = at < 0 ? -1 : bytes.indexOf(NEWLINE, at);
  if (newline < 0) return undefined;
  return { body: bytes.subarray(from, at), check: bytes.toString('latin1', at, newline + 1), after: newline + 1 };
}

/** Where the first check line begins. The search does not begin with the newline, at which it would stop in each line. */
function checkLineAt(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf(CHECK, from); at >= 0; at = bytes.indexOf(CHECK, at + 1)) {
    if (at === from || bytes[at - 1] === NEWLINE) return at;
  }
  return -1;
}

/** One pass over the bytes for the check, and one text for many records. */
function decodeGroup<E>({ body, check, end }: RawGroup): Group<E> | undefined {
  const crc = crc32(body);
  if (!check.startsWith(checkLine(crc, 0).slice(0, CRC_END))) return undefined;
  if (body.length > 0 && body[body.length - 1] !== NEWLINE) return undefined;
  // The check has passed, so these are the bytes that were written: they are trusted.
  const from = body.subarray(0, HEADER.length).equals(HEADER) ? body.indexOf(NEWLINE) + 1 : 0;
  const records = recordsOf<E>(body, from);
  if (check !== checkLine(crc, records.length)) return undefined;
  if (from === 0) return { records, end };
  return { header: JSON.parse(body.toString('utf8', 0, from)) as SegmentHeader, records, end };
}

/** Where the check line goes on behind its CRC-32. */
const CRC_END = checkLine(0, 0).indexOf('",') + 1;

/** The lines from a place on, each a record. Lines are cut from texts of many: fewer calls across the engine's border. */
function recordsOf<E>(body: Buffer, begin: number): readonly LogRecord<E>[] {
  const encoding = isAscii(body) ? 'latin1' : 'utf8';
  const records: LogRecord<E>[] = [];
  for (let from = begin; from < body.length; ) {
    const last = body.indexOf(NEWLINE, from + TEXT);
    const to = last < 0 ? body.length : last + 1;
    const text = body.toString(encoding, from, to);
    let start = 0;
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', start)) {
      records.push(JSON.parse(text.slice(start, at)) as LogRecord<E>);
      start = at + 1;
    }
    from = to;
  }
  return records;
}
