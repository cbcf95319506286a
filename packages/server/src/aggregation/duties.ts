import type { Clock, EventLog, Logger } from '../ports.js';
import { logAhead } from './log-ahead.js';
import { CHECKPOINT_RECORDS, type Partition } from './partition.js';
import type { Publisher } from './publisher.js';
import type { RetentionRule } from './retention.js';
import type { ServedSnapshot } from './served-snapshot.js';

/** What an engine does besides answering. */
export interface Duties {
  /** Makes the versions that are due, and serves them. Resolves with whether there were any. */
  publish(): Promise<boolean>;
  /** Moves the log time of every partition to now; the first time after a start it may jump. */
  tick(first?: boolean): Promise<void>;
  /** Writes the state of every partition that changed, and deletes what retention lets go. */
  checkpoint(): Promise<void>;
  /** Whether so many records were folded that a checkpoint is due before its time. */
  checkpointDue(): boolean;
  /** A checkpoint while closing: without one, the next start folds more. */
  lastCheckpoint(): Promise<void>;
  /** A duty that does not reject: what it could not do is told, and tried again next time. */
  guarded(name: string, run: () => Promise<unknown>): () => Promise<void>;
}

export interface DutyParts {
  readonly log: EventLog;
  readonly partitions: readonly Partition[];
  /** Records folded since the last checkpoint. */
  readonly folded: { sinceCheckpoint: number };
  readonly publisher: Publisher;
  readonly served: ServedSnapshot;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly closing: () => boolean;
  /** Of each partition; nothing is deleted without one. */
  readonly retention: RetentionRule | undefined;
}

export function createDuties(parts: DutyParts): Duties {
  const { log, partitions, folded, publisher, served, clock, logger, closing, retention } = parts;
  const write = async (): Promise<void> => {
    for (const partition of partitions) await partition.checkpoint();
    await log.anchor();
    // by a log time that a wrong clock has moved everything is old
    if (retention === undefined || logAhead(partitions, clock.now()) !== undefined) return;
    for (const partition of partitions) {
      const segments = await partition.retain(retention);
      if (segments > 0) logger.info('old segments deleted', { partition: partition.index, segments });
    }
  };
  let running: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;
  // One at a time, since they write the same files; whoever asks while one is written waits for the next.
  const checkpoint = (): Promise<void> => {
    folded.sinceCheckpoint = 0;
    next ??= running.then(() => {
      next = undefined;
      const made = write();
      running = made.catch(() => {});
      return made;
    });
    return next;
  };
  const tell = (name: string) => (cause: unknown) => logger.error(`${name} failed`, { cause: String(cause) });
  return {
    async publish() {
      try {
        return await publisher.publish();
      } finally {
        served.refresh(); // also when no version could be made: an experiment may have been removed
      }
    },
    async tick(first) {
      await Promise.all(partitions.map((partition) => partition.tick(clock.now(), first)));
    },
    checkpoint,
    checkpointDue: () => folded.sinceCheckpoint >= CHECKPOINT_RECORDS,
    async lastCheckpoint() {
      // the second has what was on its way to the log when the first was begun, mostly nothing
      for (let n = 0; n < 2 && log.failure === undefined; n++) await checkpoint().catch(tell('checkpoint'));
    },
    guarded: (name, run) => async () => {
      if (closing() || log.failure !== undefined) return;
      await run().catch(tell(name));
    },
  };
}
