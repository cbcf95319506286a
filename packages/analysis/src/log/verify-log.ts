import { readFile, stat } from 'node:fs/promises';
import type { LogMeta } from './data-directory.js';
import { layoutOf, listSegments } from './data-directory.js';
import { readSegment, type SegmentEnd } from './read-segment.js';
import type { SegmentHeader } from './segment.js';
import { type Span, segmentSpans } from './segment-spans.js';

/** Bytes that fail their check, and the records that are lost with them. */
export interface Damage {
  readonly byte: number;
  readonly bytes: number;
  /** Offset of the first lost record. */
  readonly offset: number;
  readonly records: number;
}

/** What was found in one segment. */
export interface SegmentCheck {
  /** `config`, or the number of the partition. */
  readonly stream: string;
  readonly path: string;
  /** Offset of its first record, as its name says, and the offset behind its last. */
  readonly base: number;
  readonly end: number;
  readonly bytes: number;
  /** Append time of its last record, ms; 0 where it has none. */
  readonly at: number;
  /** Bytes behind the last group that an interrupted write left: nobody was promised them, a start cuts them. */
  readonly torn: number;
  readonly damage: readonly Damage[];
  /** The first offset that was expected, where another one was found. */
  readonly hole?: { readonly expected: number; readonly found: number };
  /** The header, where it is of another log or stream, or says another base than the name. */
  readonly foreign?: SegmentHeader;
}

/** How far a check has come, in bytes. */
export interface CheckProgress {
  readonly done: number;
  readonly total: number;
}

/** Whether a segment is as a start wants it. */
export function isSound({ damage, hole, foreign }: SegmentCheck): boolean {
  return damage.length === 0 && hole === undefined && foreign === undefined;
}

/**
 * Reads every byte of a log and checks headers, check lines, offsets and the chain of segments. A server may be writing,
 * and deleting what is old.
 *
 * @param directory the data directory
 * @param meta what its `log.json` says
 * @param first offset at which each partition has to begin, or earlier: what retention deleted lies before it. It is
 *   asked for as it is at that moment
 * @param onProgress called after each group
 */
export async function* verifyLog(
  directory: string,
  meta: LogMeta,
  first: (partition: number) => Promise<number>,
  onProgress: (progress: CheckProgress) => void = () => {},
): AsyncGenerator<SegmentCheck> {
  const layout = layoutOf(directory);
  const streams: Stream[] = [{ name: 'config', folder: layout.config, first: async () => 0 }];
  for (let p = 0; p < meta.partitions; p += 1) {
    streams.push({ name: String(p), folder: layout.partition(p), first: () => first(p) });
  }
  let total = 0;
  for (const { folder } of streams) {
    for (const { path } of await listSegments(folder)) total += (await stat(path).catch(() => GONE)).size;
  }
  let done = 0;
  const tell = (bytes: number): void => onProgress({ done: done + bytes, total });
  for (const stream of streams) {
    for await (const check of verifyStream(stream, meta.id, tell)) {
      done += check.bytes;
      yield check;
    }
  }
}

/** A segment that was deleted since it was listed. */
const GONE = { size: 0 };

interface Stream {
  readonly name: string;
  readonly folder: string;
  readonly first: () => Promise<number>;
}

async function* verifyStream(
  { name, folder, first }: Stream,
  log: string,
  tell: (bytes: number) => void,
): AsyncGenerator<SegmentCheck> {
  const segments = await listSegments(folder);
  if (segments.length === 0) {
    const hole = { expected: 0, found: 0 };
    yield { stream: name, path: folder, base: 0, end: 0, bytes: 0, at: 0, torn: 0, damage: [], hole };
  }
  // after the listing: it says what may be deleted before anything is
  let next = Math.min(await first(), segments[0]?.base ?? 0);
  for (const [index, { base, path }] of segments.entries()) {
    const following = segments[index + 1]?.base;
    const read = await unlessDeleted(first, base, async () => {
      const found = await readGroups(path, base, { log, name }, tell);
      return { found, after: await behind(path, found, following) };
    });
    if (read === undefined) {
      next = following ?? base;
      continue;
    }
    const { found, after } = read;
    const missing = found.hole ?? (base === next ? undefined : { expected: next, found: base });
    const { foreign } = found;
    next = Math.max(after.end, base);
    yield {
      ...{ stream: name, path, base, bytes: found.end.size, ...after },
      ...(missing === undefined ? {} : { hole: missing }),
      ...(foreign === undefined ? {} : { foreign }),
    };
  }
}

/** undefined where a segment is gone, and retention had let it go. */
async function unlessDeleted<T>(first: Stream['first'], base: number, read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT' || (await first()) <= base) throw cause;
    return undefined;
  }
}

interface Found {
  readonly end: SegmentEnd;
  readonly next: number;
  readonly at: number;
  readonly hole?: SegmentCheck['hole'];
  readonly foreign?: SegmentHeader;
}

/** The groups of a segment up to its end or its first fault, as every reader reads them. */
async function readGroups(
  path: string,
  base: number,
  { log, name }: { readonly log: string; readonly name: string },
  tell: (bytes: number) => void,
): Promise<Found> {
  let next = base;
  let at = 0;
  let hole: Found['hole'];
  let foreign: SegmentHeader | undefined;
  const groups = readSegment<unknown>(path);
  let step = await groups.next();
  for (; !step.done; step = await groups.next()) {
    const { header, records, end } = step.value;
    if (header !== undefined && (header.log !== log || header.stream !== name || header.base !== base))
      foreign = header;
    const first = records[0];
    if (first !== undefined && first.offset !== next) hole ??= { expected: next, found: first.offset };
    next = first === undefined ? next : first.offset + records.length;
    at = records.at(-1)?.at ?? at;
    tell(end);
  }
  const result = { end: step.value, next, at };
  return { ...result, ...(hole === undefined ? {} : { hole }), ...(foreign === undefined ? {} : { foreign }) };
}

/** What lies behind the first fault of a segment, if it has one. */
async function behind(
  path: string,
  { end, next, at }: Found,
  following: number | undefined,
): Promise<Pick<SegmentCheck, 'end' | 'at' | 'torn' | 'damage'>> {
  if (end.good === end.size) return { end: next, at, torn: 0, damage: [] };
  if (!end.damaged && following === undefined) return { end: next, at, torn: end.size - end.good, damage: [] };
  const spans = segmentSpans(await readFile(path)).filter(({ to }) => to > end.good);
  return damageOf(spans, next, at, following);
}

/**
 * @param spans from the first fault on
 * @param next offset of the record that should stand there
 * @param following base of the next segment, where there is one
 */
function damageOf(spans: readonly Span[], next: number, at: number, following: number | undefined) {
  const damage: Damage[] = [];
  let offset = next;
  let time = at;
  for (const [index, span] of spans.entries()) {
    if (span.good) {
      offset = span.first === undefined ? offset : span.first + span.records;
      time = span.at ?? time;
      continue;
    }
    const behindIt = spans.slice(index + 1).find(({ first }) => first !== undefined)?.first ?? following;
    const records = Math.max(0, behindIt === undefined ? span.records : behindIt - offset);
    damage.push({ byte: span.from, bytes: span.to - span.from, offset, records });
    offset += records;
  }
  return { end: offset, at: time, torn: 0, damage };
}
