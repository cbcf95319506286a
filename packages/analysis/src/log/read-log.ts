import type { ConfigLogEvent, LogEvent, LogRecord } from '@armature/sdk/protocol';
import { layoutOf, listSegments } from './data-directory.js';
import { LogDamage, LogHole } from './log-fault.js';
import { readSegment, type SegmentEnd } from './read-segment.js';

/**
 * Streams a folder of segments in offset order, group by group, starting with the group that holds `from`.
 * A torn tail at the end of the last segment ends the stream; damage or a hole throws.
 */
export async function* readStream<E>(folder: string, from = 0): AsyncGenerator<readonly LogRecord<E>[]> {
  const segments = await listSegments(folder);
  const later = segments.findIndex((segment) => segment.base > from);
  const start = Math.max(0, (later < 0 ? segments.length : later) - 1);
  const begin = segments[0];
  if (begin !== undefined && begin.base > from) throw new LogHole(begin.path, from, begin.base);
  let next: number | undefined;
  for (const [index, segment] of segments.entries()) {
    if (index < start) continue;
    if (next !== undefined && segment.base !== next) throw new LogHole(segment.path, next, segment.base);
    next ??= segment.base;
    const groups = readSegment<E>(segment.path);
    let end: SegmentEnd;
    try {
      let step = await groups.next();
      for (; !step.done; step = await groups.next()) {
        const { records } = step.value;
        const first = records[0];
        if (first === undefined) continue;
        if (first.offset !== next) throw new LogHole(segment.path, next, first.offset);
        next += records.length;
        if (next <= from) continue;
        yield first.offset >= from ? records : records.slice(from - first.offset);
      }
      end = step.value;
    } finally {
      // a reader that stops early ends up here too: the file is closed
      await groups.return({ good: 0, size: 0, damaged: false });
    }
    const last = index === segments.length - 1;
    if (end.damaged || (end.good < end.size && !last)) throw new LogDamage(segment.path, end.good);
  }
}

/** The records of one partition of a data directory, from an offset on, group by group. */
export function readPartition(
  directory: string,
  partition: number,
  from = 0,
): AsyncGenerator<readonly LogRecord<LogEvent>[]> {
  return readStream<LogEvent>(layoutOf(directory).partition(partition), from);
}

/** The definitions and versions of a data directory, in the order in which they became durable. */
export function readConfig(directory: string): AsyncGenerator<readonly LogRecord<ConfigLogEvent>[]> {
  return readStream<ConfigLogEvent>(layoutOf(directory).config);
}
