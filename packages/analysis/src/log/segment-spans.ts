import { crc32 } from 'node:zlib';
import type { LogRecord } from '@armature/sdk/protocol';
import { CHECK_PREFIX, checkLine, HEADER_PREFIX, RECORD_PREFIX } from './segment.js';

/** A stretch of a segment's bytes: a group whose check passes, or bytes that belong to none. */
export interface Span {
  /** First byte, and the byte behind the last one. */
  readonly from: number;
  readonly to: number;
  readonly good: boolean;
  /** Of a good group: its first record's offset and its last record's append time; undefined where it has no record. */
  readonly first?: number;
  readonly at?: number;
  /** Records: of a good group those it has, of other bytes those that their check lines, or else their lines, tell of. */
  readonly records: number;
  /** Whether a good group begins with the segment's header. */
  readonly header: boolean;
}

const NEWLINE = 10;
/** Bytes of the longest check line. */
const LONGEST_CHECK = 48;
const CHECK = /^\{"crc":"([0-9a-f]{8})","count":(\d{1,9})\}\n$/;

interface Line {
  readonly from: number;
  readonly to: number;
}

/**
 * Takes a damaged segment apart, beyond its first fault: each good group, and between them the bytes that are none. A
 * check line tells how many lines it closes, so that a group is found also behind one that has lost its own check line.
 *
 * @param bytes the whole segment
 * @returns spans in order, without gaps; neighbouring bad ones are one
 */
export function segmentSpans(bytes: Buffer): readonly Span[] {
  const spans: Span[] = [];
  let open: Line[] = [];
  for (const line of linesOf(bytes)) {
    const closes = CHECK.exec(bytes.toString('latin1', line.from, Math.min(line.to, line.from + LONGEST_CHECK)));
    if (closes === null) {
      open.push(line);
      continue;
    }
    const start = open[0]?.from ?? line.from;
    const group = groupBefore(bytes, open, line, Number(closes[2]));
    if (group === undefined) add(spans, badSpan(start, line.to, Number(closes[2])));
    else {
      const lost = open.filter(({ from }) => from < group.from);
      if (lost.length > 0) add(spans, badSpan(start, group.from, recordLines(bytes, lost)));
      add(spans, group);
    }
    open = [];
  }
  const rest = open[0];
  if (rest !== undefined) add(spans, badSpan(rest.from, bytes.length, recordLines(bytes, open)));
  return spans;
}

const badSpan = (from: number, to: number, records: number): Span => ({
  ...{ from, to, records },
  good: false,
  header: false,
});

function add(spans: Span[], span: Span): void {
  const last = spans.at(-1);
  if (last === undefined || last.good || span.good) spans.push(span);
  else spans[spans.length - 1] = badSpan(last.from, span.to, last.records + span.records);
}

function* linesOf(bytes: Buffer): Generator<Line> {
  for (let from = 0; from < bytes.length; ) {
    const newline = bytes.indexOf(NEWLINE, from);
    const to = newline < 0 ? bytes.length : newline + 1;
    yield { from, to };
    from = to;
  }
}

const startsWith = (bytes: Buffer, { from }: Line, prefix: string): boolean =>
  bytes.toString('latin1', from, from + prefix.length) === prefix;

/** Lines that may have been records: not a header, and not what is left of a check line. */
function recordLines(bytes: Buffer, lines: readonly Line[]): number {
  return lines.filter((line) => !startsWith(bytes, line, HEADER_PREFIX) && !startsWith(bytes, line, CHECK_PREFIX))
    .length;
}

/** The group that a check line closes: as many lines before it as it says, and the header where one stands before them. */
function groupBefore(bytes: Buffer, lines: readonly Line[], check: Line, count: number): Span | undefined {
  const closing = bytes.toString('latin1', check.from, check.to);
  for (const header of [false, true]) {
    const length = header ? count + 1 : count;
    const group = lines.slice(lines.length - length);
    const first = group[0];
    if (first === undefined || group.length !== length) continue;
    for (const from of startsOf(bytes, first, header ? HEADER_PREFIX : RECORD_PREFIX)) {
      if (checkLine(crc32(bytes.subarray(from, check.from)), count) !== closing) continue;
      const records = [{ from, to: first.to }, ...group.slice(1)].slice(header ? 1 : 0);
      return { from, to: check.to, good: true, records: count, header, ...endsOf(bytes, records) };
    }
  }
  return undefined;
}

/** Where in a line a group may begin: at its start, or behind a check line that has lost its newline. */
function* startsOf(bytes: Buffer, { from, to }: Line, prefix: string): Generator<number> {
  const line = bytes.subarray(from, Math.min(to, from + LONGEST_CHECK + prefix.length));
  for (let at = line.indexOf(prefix, 0, 'latin1'); at >= 0; at = line.indexOf(prefix, at + 1, 'latin1'))
    yield from + at;
}

function endsOf(bytes: Buffer, records: readonly Line[]): Pick<Span, 'first' | 'at'> {
  const [first, last] = [records[0], records.at(-1)].map((line) =>
    line === undefined ? undefined : (JSON.parse(bytes.toString('utf8', line.from, line.to)) as LogRecord<unknown>),
  );
  return first === undefined || last === undefined ? {} : { first: first.offset, at: last.at };
}
