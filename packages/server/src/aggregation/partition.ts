import {
  applyRecord,
  decodeState,
  emptyState,
  encodeState,
  type PartitionState,
  type Registry,
} from '@armature/analysis/fold';
import { EVENT_TYPES, type LogEvent, type LogRecord } from '@armature/sdk/protocol';
import { serverError } from '../errors.js';
import type { EventLog, StateStore } from '../ports.js';

/** Records after which a checkpoint is written even before its time. */
export const CHECKPOINT_RECORDS = 1_000_000;

/** The one owner of a partition's state. */
export interface Partition {
  readonly index: number;
  readonly state: PartitionState;
  /** Appends events; resolves once they are durable and folded. */
  append(events: readonly LogEvent[]): Promise<void>;
  /** Moves the partition's log time to now. */
  tick(at: number, start?: boolean): Promise<void>;
  /** Writes the state beside the log, where it changed since the last time. */
  checkpoint(): Promise<void>;
}

export interface PartitionOptions {
  readonly log: EventLog;
  readonly states: StateStore;
  /** Complete: all definitions and versions of the log. */
  readonly registry: Registry;
  readonly index: number;
  /** Called after each group that was folded, with its number of records. */
  readonly onFolded?: (records: number) => void;
}

/**
 * Loads the last checkpoint, folds what the log holds beyond it, and from then on every group right after it became
 * durable.
 *
 * @throws LOG_MISMATCH when the checkpoint belongs to another log, or to records this one has lost
 */
export async function openPartition(options: PartitionOptions): Promise<Partition> {
  const { log, states, registry, index } = options;
  const stream = log.partitions[index];
  if (stream === undefined) throw serverError('LOG_MISMATCH', { got: `no partition ${index}` });
  const state = await initialState(options, stream.end);
  let saved = state.offset;
  for await (const records of stream.read(state.offset)) apply(records);

  function apply(records: readonly LogRecord<LogEvent>[]): void {
    for (const record of records) applyRecord(state, record, registry);
  }
  let saving: Promise<void> = Promise.resolve();
  const checkpoint = (): Promise<void> => {
    saving = saving.then(async () => {
      const { offset } = state;
      if (offset === saved) return;
      await states.save(index, { log: log.id, offset, state: encodeState(state) });
      saved = offset;
    });
    const result = saving;
    saving = saving.catch(() => {});
    return result;
  };
  stream.onDurable((records) => {
    apply(records);
    options.onFolded?.(records.length);
  });
  return {
    index,
    state,
    append: async (events) => {
      await stream.append(events);
    },
    async tick(at, start) {
      await stream.append([
        {
          specversion: '1.0',
          type: EVENT_TYPES.tick,
          source: '/server',
          id: `tick-${index}-${at}`,
          time: new Date(at).toISOString(),
          data: start === true ? { start } : {},
        },
      ]);
    },
    checkpoint,
  };
}

async function initialState({ log, states, registry, index }: PartitionOptions, end: number): Promise<PartitionState> {
  const checkpoint = await states.load(index);
  if (checkpoint === undefined) return emptyState();
  if (checkpoint.log !== log.id) {
    throw serverError('LOG_MISMATCH', { got: `a checkpoint of log ${checkpoint.log} beside log ${log.id}` });
  }
  if (checkpoint.offset > end) {
    throw serverError('LOG_MISMATCH', {
      got: `partition ${index} ending at ${end}, and a checkpoint of its first ${checkpoint.offset} records`,
    });
  }
  return decodeState(checkpoint.state, registry);
}
