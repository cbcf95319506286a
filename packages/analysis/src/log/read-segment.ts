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

function isInterrupted(raw: RawGroup): boolean {
  if (raw.lines.some((line) => line.includes(0))) return true;
  if (raw.sealed) return false;
  return raw.lines.every((line) => {
    const text = line.toString('latin1');
    if (ENDS_IN_CHECK.test(text)) return false;
    if (text.endsWith('\n')) return text.startsWith(RECORD_PREFIX) || text.startsWith(HEADER_PREFIX);
    return !/\}./s.test(text) || text.startsWith(RECORD_PREFIX);
  });
}

interface RawGroup {
  readonly lines: readonly Buffer[];
  readonly check: string;
  /** false: the bytes at the end of the file that no check line closes. */
  readonly sealed: boolean;
  readonly end: number;
}

async function* rawGroups(path: string): AsyncGenerator<RawGroup> {
  let lines: Buffer[] = [];
  let end = 0;
  let open = 0;
  for await (const line of readLines(path)) {
    open += line.length;
    if (line.at(-1) === NEWLINE && line.toString('latin1', 0, CHECK_PREFIX.length) === CHECK_PREFIX) {
      end += open;
      open = 0;
      yield { lines, check: line.toString('utf8'), sealed: true, end };
      lines = [];
    } else lines.push(line);
  }
  if (open > 0) yield { lines, check: '', sealed: false, end: end + open };
}

/** Lines with their newline; the last one may lack it. */
async function* readLines(path: string): AsyncGenerator<Buffer> {
  const file = await open(path, 'r');
  try {
    let rest: Buffer = Buffer.alloc(0);
    for (;;) {
      const chunk = Buffer.allocUnsafe(CHUNK);
      const { bytesRead } = await file.read(chunk, 0, CHUNK, null);
      if (bytesRead === 0) break;
      const bytes =
        rest.length === 0 ? chunk.subarray(0, bytesRead) : Buffer.concat([rest, chunk.subarray(0, bytesRead)]);
      let from = 0;
      for (let at = bytes.indexOf(NEWLINE, from); at >= 0; at = bytes.indexOf(NEWLINE, from)) {
        yield bytes.subarray(from, at + 1);
        from = at + 1;
      }
      rest = bytes.subarray(from);
    }
    if (rest.length > 0) yield rest;
  } finally {
    await file.close();
  }
}

function decodeGroup<E>(raw: RawGroup): Group<E> | undefined {
  let crc = 0;
  for (const line of raw.lines) crc = crc32(line, crc);
  const first = raw.lines[0]?.toString('latin1', 0, HEADER_PREFIX.length);
  const count = first === HEADER_PREFIX ? raw.lines.length - 1 : raw.lines.length;
  if (raw.check !== checkLine(crc, count)) return undefined;
  const texts = raw.lines.map((line) => line.toString('utf8'));
  if (first === HEADER_PREFIX) {
    const header = JSON.parse(texts[0] ?? '') as SegmentHeader;
    return { header, records: parse(texts.slice(1)), end: raw.end };
  }
  return { records: parse(texts), end: raw.end };
}

/** The check has passed, so these are the bytes that were written: they are trusted. */
function parse<E>(lines: readonly string[]): LogRecord<E>[] {
  return lines.map((line) => JSON.parse(line) as LogRecord<E>);
}
