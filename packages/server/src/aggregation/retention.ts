import {
  applyRecord,
  DEDUPE_HORIZON_MS,
  emptyState,
  floorState,
  type PartitionState,
  packState,
  type Registry,
} from '@armature/analysis/fold';
import type { LogEvent } from '@armature/sdk/protocol';
import { serverError } from '../errors.js';
import type { EventLog, LogSegment, LogStream, SegmentedStream, StateStore } from '../ports.js';

/** What may be deleted of a log. Either reason is enough; with neither nothing is. */
export interface RetentionRule {
  /** Records older than this in log time, ms; at least the six hours for which ids are remembered. */
  readonly ageMs?: number;
  /** The oldest records, as long as the segments of events take more bytes than this; shared equally by the partitions. */
  readonly bytes?: number;
}

/**
 * The rule of one partition.
 *
 * @throws RETENTION_INVALID
 */
export function ruleOfPartition({ ageMs, bytes }: RetentionRule, partitions: number): RetentionRule {
  if (ageMs !== undefined && !(ageMs >= DEDUPE_HORIZON_MS)) {
    throw serverError('RETENTION_INVALID', { got: `an age of ${ageMs} ms` });
  }
  if (bytes !== undefined && !(bytes >= 0)) throw serverError('RETENTION_INVALID', { got: `${bytes} bytes` });
  return {
    ...(ageMs === undefined ? {} : { ageMs }),
    ...(bytes === undefined ? {} : { bytes: Math.floor(bytes / partitions) }),
  };
}

interface Needs {
  readonly state: PartitionState;
  /** Offset of the last checkpoint. */
  readonly checkpoint: number;
  readonly stream: Pick<LogStream<LogEvent>, 'read'>;
}

/**
 * Offset before which whole segments may go: those that the rule lets go, as long as a start, the remembered ids and the
 * open trials need none of their records. A segment goes only when all before it go.
 *
 * @param segments of the partition, oldest first
 * @returns 0 where nothing may go
 */
export async function expendableBefore(
  segments: readonly LogSegment[],
  { ageMs = Number.POSITIVE_INFINITY, bytes = Number.POSITIVE_INFINITY }: RetentionRule,
  { state, checkpoint, stream }: Needs,
): Promise<number> {
  const oldestTrial = state.trials.oldest();
  const needed = Math.min(state.watermark - DEDUPE_HORIZON_MS, oldestTrial?.at ?? Number.POSITIVE_INFINITY);
  let left = segments.reduce((sum, segment) => sum + segment.bytes, 0);
  let cut = 0;
  for (const { end, bytes: size } of segments.slice(0, -1)) {
    if (end > checkpoint) break;
    // append times never fall: none of the segment's is later than that of the record behind it
    const newest = await timeOf(stream, end);
    if (!(newest < needed)) break;
    if (left <= bytes && !(newest < state.watermark - ageMs)) break;
    left -= size;
    cut = end;
  }
  return cut;
}

async function timeOf(stream: Needs['stream'], offset: number): Promise<number> {
  for await (const [first] of stream.read(offset)) if (first !== undefined) return first.at;
  return Number.POSITIVE_INFINITY;
}

interface FloorParts {
  readonly log: EventLog;
  readonly states: StateStore;
  readonly registry: Registry;
  readonly index: number;
  readonly stream: SegmentedStream<LogEvent>;
}

/**
 * Keeps what the fold makes of all records before an offset, durably: a fold from there on gives the same state as one
 * from the first record. The records are read once more for it, so that nothing is deleted that cannot be read.
 */
async function raiseFloor(cut: number, { log, states, registry, index, stream }: FloorParts): Promise<void> {
  const floor = await states.loadFloor(index);
  const state = floor === undefined ? emptyState() : floorState(floor, index, log.id, registry);
  let at = floor?.at ?? 0;
  for await (const records of stream.read(state.offset)) {
    for (const record of records) {
      if (record.offset >= cut) break;
      applyRecord(state, record, registry);
      at = record.at;
    }
    if (state.offset >= cut) break;
  }
  if (state.offset !== cut) throw serverError('DATA_HOLE', { got: `${state.offset} records before offset ${cut}` });
  await states.saveFloor(index, { log: log.id, offset: cut, at, ...packState(state) });
}

export interface RetentionParts extends FloorParts {
  readonly state: PartitionState;
  /** Offset of the last checkpoint. */
  readonly checkpoint: () => number;
  /** Where the partition begins. */
  readonly begin: number;
}

/** Deletes of a partition what a rule lets go. @returns what does it, and tells how many segments it deleted */
export function retention(parts: RetentionParts): (rule: RetentionRule) => Promise<number> {
  const { stream, state } = parts;
  let { begin } = parts;
  let running: Promise<number> | undefined;
  const run = async (rule: RetentionRule): Promise<number> => {
    const segments = await stream.segments();
    const cut = await expendableBefore(segments, rule, { state, checkpoint: parts.checkpoint(), stream });
    const floor = Math.max(cut, begin);
    // what a crash left between the floor and the deletion is below the floor too
    const old = segments.slice(0, -1).filter(({ end }) => end <= floor).length;
    if (old === 0) return 0;
    await stream.deleteBefore(floor, async () => {
      if (floor > begin) await raiseFloor(floor, parts);
    });
    begin = floor;
    return old;
  };
  return (rule) => {
    running ??= run(rule).finally(() => {
      running = undefined;
    });
    return running;
  };
}
