import {
  applyRecord,
  emptyState,
  floorState,
  isCurrentState,
  type PartitionState,
  type Registry,
  restoreState,
  startJournal,
  takeChanges,
  writeMany,
} from '@armature/analysis/fold';
import type { Floor } from '@armature/analysis/log';
import type { LogEvent, LogRecord } from '@armature/sdk/protocol';
import { serverError } from '../errors.js';
import type { Clock, EventLog, Logger, LogStream, StateStore } from '../ports.js';
import { type RetentionRule, retention } from './retention.js';
import { type RunningTotals, runningTotals } from './running-totals.js';
import { tickEvent } from './tick-event.js';

/** Records after which a checkpoint is written even before its time. */
export const CHECKPOINT_RECORDS = 1_000_000;

/** The one owner of a partition's state. */
export interface Partition {
  readonly index: number;
  readonly state: PartitionState;
  /** Sums of its statistics. */
  readonly totals: RunningTotals;
  /** Appends events; resolves once they are durable and folded. */
  append(events: readonly LogEvent[]): Promise<void>;
  /** Moves the partition's log time to now. */
  tick(at: number, start?: boolean): Promise<void>;
  /** Writes the state beside the log, where it changed since the last time. */
  checkpoint(): Promise<void>;
  /** Deletes old records as far as a rule says and nothing needs them. @returns how many segments */
  retain(rule: RetentionRule): Promise<number>;
}

export interface PartitionOptions {
  readonly log: EventLog;
  readonly states: StateStore;
  /** Complete: all definitions and versions of the log. */
  readonly registry: Registry;
  readonly index: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called after each group that was folded, with its number of records. */
  readonly onFolded?: (records: number) => void;
}

/**
 * Loads the last checkpoint, or what was kept of deleted records; folds what the log holds beyond it, and from then on
 * every group right after it became durable.
 *
 * @throws LOG_MISMATCH when the checkpoint belongs to another log, or to records this one has lost
 */
export async function openPartition(options: PartitionOptions): Promise<Partition> {
  const { log, states, registry, index, clock } = options;
  const stream = log.partitions[index];
  if (stream === undefined) throw serverError('LOG_MISMATCH', { got: `no partition ${index}` });
  const floor = await states.loadFloor(index);
  const state = await initialState(options, stream.end, floor);
  const totals = runningTotals(state, registry);
  let saved = state.offset;
  for await (const records of stream.read(state.offset)) apply(records);

  function apply(records: readonly LogRecord<LogEvent>[]): void {
    for (const record of records) applyRecord(state, record, registry, totals);
    writeMany(state);
  }
  let saving: Promise<void> = Promise.resolve();
  const checkpoint = (): Promise<void> => {
    saving = saving.then(async () => {
      const { offset } = state;
      if (offset === saved) return;
      await states.save(index, { log: log.id, offset, changes: takeChanges(state) });
      saved = offset;
    });
    const result = saving;
    saving = saving.catch(() => {});
    return result;
  };
  const appendTo = resuming(stream, clock);
  stream.onDurable((records) => {
    apply(records);
    options.onFolded?.(records.length);
  });
  return {
    index,
    state,
    totals,
    append: async (events) => {
      await appendTo(events);
    },
    async tick(at, start = false) {
      await appendTo([tickEvent(index, at, start)]);
    },
    checkpoint,
    retain: retention({
      log,
      states,
      registry,
      index,
      stream,
      state,
      checkpoint: () => saved,
      begin: floor?.offset ?? 0,
    }),
  };
}

/**
 * Appends to a stream; what follows a failure comes after a tick that marks a start, since a log that could not be
 * appended to was as shut as one whose server was down.
 */
function resuming(stream: LogStream<LogEvent>, clock: Clock): (events: readonly LogEvent[]) => Promise<void> {
  let failed = false;
  return async (events) => {
    const first = failed ? [tickEvent(Number(stream.name), clock.now(), true)] : [];
    failed = false;
    try {
      await stream.append([...first, ...events]);
    } catch (cause) {
      failed = true;
      throw cause;
    }
  };
}

async function initialState(options: PartitionOptions, end: number, floor: Floor | undefined): Promise<PartitionState> {
  const { log, states, registry, index, logger } = options;
  const first = (): PartitionState => {
    const state = floor === undefined ? emptyState() : floorState(floor, index, log.id, registry);
    startJournal(state);
    return state;
  };
  const checkpoint = await states.load(index);
  if (checkpoint === undefined || checkpoint.offset < (floor?.offset ?? 0)) return first();
  if (checkpoint.log !== log.id) {
    throw serverError('LOG_MISMATCH', { got: `a checkpoint of log ${checkpoint.log} beside log ${log.id}` });
  }
  if (checkpoint.offset > end) {
    throw serverError('LOG_MISMATCH', {
      got: `partition ${index} ending at ${end}, and a checkpoint of its first ${checkpoint.offset} records`,
    });
  }
  if (!isCurrentState(checkpoint.head)) {
    const remedy = 'none needed: the log is folded again';
    logger.info('checkpoint of another version ignored', { partition: index, remedy });
    return first();
  }
  return restoreState(checkpoint, registry);
}
