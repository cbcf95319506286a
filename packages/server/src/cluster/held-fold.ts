import {
  emptyState,
  isCurrentState,
  type PartitionState,
  type Registry,
  restoreState,
  startJournal,
} from '@armature/analysis/fold';
import { type RunningTotals, runningTotals } from '../aggregation/running-totals.js';
import { serverError } from '../errors.js';
import type { Clock, Logger } from '../ports.js';
import type {
  CheckpointLog,
  KeptState,
  Revision,
  SharedConfigLog,
  SharedState,
  TopicEnds,
  TopicsView,
} from './ports.js';

/** A partition's fold in the memory of its owner. */
export interface HeldFold {
  readonly state: PartitionState;
  readonly totals: RunningTotals;
  /** Hash of the last record that was folded; empty where there is none. */
  anchor: string;
  /** What the shared state holds, as far as is known. */
  revision: Revision | undefined;
  /** Offset behind the last record that the shared state holds, and that record's hash. */
  committed: { readonly offset: number; readonly anchor: string };
}

export interface LoadParts {
  readonly index: number;
  /** Identity of the log. */
  readonly log: string;
  readonly registry: Registry;
  readonly config: Pick<SharedConfigLog, 'catchUp'>;
  readonly shared: SharedState;
  readonly checkpoints: CheckpointLog;
  readonly topics: Pick<TopicsView, 'ends'>;
  readonly logger: Logger;
  readonly clock: Pick<Clock, 'now'>;
}

const REBUILD = 'find out what happened to the topic; `armature rebuild --switch` counts anew from what it holds now';

/**
 * What is kept of a partition must lie on its log as it is now.
 *
 * @throws LOG_MISMATCH, DATA_HOLE
 */
export function checkEnds(index: number, offset: number, { low, high }: TopicEnds): void {
  if (offset > high) {
    const got = `partition ${index} of the events ends at ${high}, and ${offset} of its records were counted`;
    throw serverError('LOG_MISMATCH', { got, todo: REBUILD });
  }
  if (offset < low) {
    const got = `partition ${index} of the events begins at ${low}, and ${offset} of its records were counted`;
    throw serverError('DATA_HOLE', { got, todo: `give topics a longer retention; ${REBUILD}, with --accept-hole` });
  }
}

/**
 * Where a partition begins and ends. It has to be asked after the state that it is held against: another owner may have
 * counted on in between.
 *
 * @throws TOPIC_MISSING, KAFKA_UNREACHABLE
 */
export async function endsOf({ index, topics }: Pick<LoadParts, 'index' | 'topics'>): Promise<TopicEnds> {
  const ends = (await topics.ends('events')).get(index);
  if (ends === undefined) throw serverError('TOPIC_MISSING', { got: `no partition ${index} of the events` });
  return ends;
}

/** A fold, and where its partition began and ended after it was loaded. */
export interface LoadedFold {
  readonly held: HeldFold;
  readonly ends: TopicEnds;
}

/**
 * Loads what was kept of a partition: the shared state, or the newest checkpoint where that was lost or has fallen
 * behind the log's beginning, or nothing yet.
 *
 * @throws LOG_MISMATCH, DATA_HOLE, STATE_UNAVAILABLE, TOPIC_MISSING, KAFKA_UNREACHABLE
 */
export async function loadFold(parts: LoadParts): Promise<LoadedFold> {
  const { index, shared, checkpoints, logger } = parts;
  const found = await shared.load(index);
  if (found !== undefined) {
    checkLog(parts, found.state);
    const ends = await endsOf(parts);
    if (isUsable(found.state, ends)) {
      const held = await restored(parts, found.state, found.revision);
      checkpoints.begin(index, found.state);
      return { held, ends };
    }
  }
  const checkpoint = await checkpoints.load(index);
  const ends = await endsOf(parts);
  if (checkpoint !== undefined && isUsable(checkpoint, ends)) {
    logger.warn('state restored from a checkpoint', { partition: index, offset: checkpoint.offset });
    const held = await restored(parts, checkpoint, found?.revision);
    startJournal(held.state);
    checkpoints.begin(index, undefined);
    return { held, ends };
  }
  checkEnds(index, 0, ends);
  const state = emptyState();
  startJournal(state);
  checkpoints.begin(index, undefined);
  if (found !== undefined) logger.warn('state folded anew from the first record', { partition: index });
  const empty = { anchor: '', revision: found?.revision, committed: { offset: 0, anchor: '' } };
  return { held: { state, totals: runningTotals(state, parts.registry), ...empty }, ends };
}

/** Whether this version reads a state, and the log still has what follows it. */
const isUsable = ({ head, offset }: KeptState, { low }: TopicEnds): boolean => isCurrentState(head) && offset >= low;

function checkLog({ index, log }: LoadParts, kept: KeptState): void {
  if (kept.log === log) return;
  const got = `a state of log ${kept.log} for partition ${index} of log ${log}`;
  throw serverError('LOG_MISMATCH', {
    got,
    todo: `give each log a prefix of its own (ARMATURE_PREFIX), or ${REBUILD}`,
  });
}

async function restored(parts: LoadParts, kept: KeptState, revision: Revision | undefined): Promise<HeldFold> {
  const { registry, config } = parts;
  const { offset, anchor } = kept;
  checkLog(parts, kept);
  await config.catchUp(); // after the state: then every definition that an open trial names is known
  const state = restoreState(kept, registry);
  return { state, totals: runningTotals(state, registry), anchor, revision, committed: { offset, anchor } };
}
