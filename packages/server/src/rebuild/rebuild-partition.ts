import {
  isCurrentState,
  restoreState,
  startJournal,
  stateDigest,
  statisticsOf,
  takeChanges,
} from '@armature/analysis/fold';
import type { LogIdentity } from '../adapters/kafka/log-identity.js';
import { compareState, type StateComparison } from '../aggregation/state-comparison.js';
import type { KafkaSettings, SharedState, TopicEnds } from '../cluster/ports.js';
import { serverError } from '../errors.js';
import type { Logger } from '../ports.js';
import { type CellDifference, cellDifferences } from './cell-differences.js';
import { type LogFold, logFold } from './log-fold.js';
import type { SharedRegistry } from './shared-registry.js';

export interface RebuildOptions {
  readonly kafka: KafkaSettings;
  readonly logger: Logger;
  readonly log: LogIdentity;
  readonly shared: SharedState;
  readonly registry: SharedRegistry;
  readonly partition: number;
  /** Where its topic begins and ends. */
  readonly ends: TopicEnds;
  /** Whether to replace what Redis keeps. */
  readonly switch: boolean;
  /** Whether to go on without the records that were deleted from the log's beginning. */
  readonly acceptHole: boolean;
  readonly onRecords: (count: number) => void;
}

/** What was found, and done. */
export interface Rebuilt {
  readonly partition: number;
  /** Offset of the first record that the log still has. */
  readonly from: number;
  /** Offset behind the last record that was folded. */
  readonly offset: number;
  /** Records that were no events. */
  readonly unreadable: number;
  /** SHA-256 of the state at the end of the log. */
  readonly digest: string;
  readonly compared: StateComparison;
  /** Offset of what Redis keeps, its digest, and that of the log's state at the same offset. */
  readonly keptAt: number | null;
  readonly kept: string | null;
  readonly replayed: string | null;
  readonly differences: readonly CellDifference[];
  readonly switched: boolean;
}

/** What the log's state was where Redis's stands. */
interface Look {
  digest?: string;
  cells?: ReturnType<typeof statisticsOf>;
}

const ATTEMPTS = 5;

/**
 * Folds a partition anew from its topic and compares with what Redis keeps; replaces that where it is asked to. An owner
 * that runs meanwhile finds another revision than its own at its next commit, and loads what is there.
 *
 * @throws DATA_HOLE, STATE_UNAVAILABLE, KAFKA_UNREACHABLE, CODEC_MISSING
 */
export async function rebuildPartition(options: RebuildOptions): Promise<Rebuilt> {
  const { shared, registry, partition, ends, onRecords } = options;
  if (ends.low > 0 && !options.acceptHole) throw hole(options);
  const [mark] = await shared.marks([partition]);
  const kept = (await shared.load(partition))?.state;
  await registry.refresh(); // after the state: it knows all that the state names
  const written = kept !== undefined && isCurrentState(kept.head) ? restoreState(kept, registry.registry) : undefined;
  const fold = logFold({ ...options, partitions: options.log.partitions, from: ends.low });
  const look: Look = {};
  const digest = written === undefined ? undefined : stateDigest(written);
  const see = (): void => {
    look.digest = stateDigest(fold.state);
    if (look.digest !== digest) look.cells = statisticsOf(fold.state);
  };
  await fold.toEnd(onRecords, kept === undefined ? undefined : { at: kept.offset, see });
  const unread = mark === undefined ? 'none' : 'damaged';
  const against = { log: options.log.id, from: ends.low, digest, replayed: look.digest };
  const compared: StateComparison = kept === undefined ? unread : compareState(kept, against);
  const differences =
    compared === 'differs' && written !== undefined ? cellDifferences(statisticsOf(written), look.cells ?? []) : [];
  if (options.switch) await replace(options, fold);
  return {
    ...{ partition, from: ends.low, offset: fold.state.offset, unreadable: fold.unreadable },
    digest: stateDigest(fold.state),
    ...{ compared, keptAt: kept?.offset ?? null, kept: digest ?? null, replayed: look.digest ?? null },
    ...{ differences, switched: options.switch },
  };
}

function hole({ partition, ends }: RebuildOptions): Error {
  return serverError('DATA_HOLE', {
    got: `partition ${partition} of the events, which begins at record ${ends.low}`,
    todo: 'restore the topic; or add --accept-hole to count anew from what is left, and know that what was deleted is in no statistic any more',
  });
}

/** Puts the state in place of what is there, whatever that is: of two that write at once one comes again. */
async function replace({ shared, partition, log, onRecords }: RebuildOptions, fold: LogFold): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    await fold.toEnd(onRecords);
    const [mark] = await shared.marks([partition]);
    startJournal(fold.state);
    const changes = takeChanges(fold.state);
    const { offset } = fold.state;
    const commit = { log: log.id, offset, anchor: fold.anchor, changes, totals: fold.totals.encode() };
    if ((await shared.commit(partition, mark?.revision, commit)) !== undefined) return;
  }
  const got = `partition ${partition}, whose owner committed ${ATTEMPTS} times meanwhile`;
  throw serverError('STATE_UNAVAILABLE', {
    got,
    todo: 'run it again, or stop the servers for it: nothing was replaced',
  });
}
