import { open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import type { LogRecord } from '@armature/sdk/protocol';
import { CHECK_PREFIX, HEADER_PREFIX, type SegmentHeader } from './segment.js';

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
  /** true when a good group follows bytes that fail their check: not a torn tail but damage. */
  readonly damaged: boolean;
}

const CHUNK = 1 << 20;
const NEWLINE = 10;

/**
 * Reads a segment group by group; stops at the first group whose check fails. The generator's return value says
 * whether bytes were left over, and whether what follows them is good (damage) or nothing (a torn tail).
 */
export async function* readSegment<E>(path: string): AsyncGenerator<Group<E>, SegmentEnd> {
  let good = 0;
  let size = 0;
  let broken = false;
  for await (const raw of rawGroups(path)) {
    size = raw.end;
    const group = raw.sealed ? decodeGroup<E>(raw) : undefined;
    if (group === undefined) broken = true;
    else if (broken) return { good, size, damaged: true };
    else {
      good = raw.end;
      yield group;
    }
  }
  return { good, size, damaged: false };
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
  if (!raw.check.startsWith(`${CHECK_PREFIX}"${crc.toString(16).padStart(8, '0')}"`)) return undefined;
  const texts = raw.lines.map((line) => line.toString('utf8'));
  const first = texts[0];
  if (first?.startsWith(HEADER_PREFIX)) {
    return { header: JSON.parse(first) as SegmentHeader, records: parse(texts.slice(1)), end: raw.end };
  }
  return { records: parse(texts), end: raw.end };
}

/** The check has passed, so these are the bytes that were written: they are trusted. */
function parse<E>(lines: readonly string[]): LogRecord<E>[] {
  return lines.map((line) => JSON.parse(line) as LogRecord<E>);
}
