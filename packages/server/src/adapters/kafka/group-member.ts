import type { Consumer } from 'kafkajs';
import type { Clock, Logger } from '../../ports.js';
import { within } from '../within.js';
import type { KafkaConnection } from './connection.js';

export interface MemberOptions {
  readonly connection: KafkaConnection;
  readonly topic: string;
  readonly group: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly sessionMs: number;
  readonly heartbeatMs: number;
  /** The group is about to give its partitions anew: others may have this member's before it hears of it. */
  readonly onRebalance: () => void;
  /** The partitions that the group gave to this member. */
  readonly onJoin: (partitions: readonly number[]) => void;
  /** The client gave up for good. */
  readonly onCrash: (cause: Error) => void;
}

/** Membership of the group: which partitions are this process's. What is in them is read by requests of our own. */
export interface GroupMember {
  /** When the group last answered. */
  readonly aliveAt: number;
  /** Tells the group how far partitions have come. Never rejects: nothing depends on it. */
  tell(offsets: ReadonlyMap<number, number>): Promise<void>;
  /** Leaves the group. */
  leave(): Promise<void>;
}

const LOOP_MS = 100;
const LEAVE_MS = 3_000;

/**
 * Joins the group. Every partition is paused in kafkajs before its first fetch, so that its loop does nothing but keep
 * the membership: its own reads go to the beginning of a topic where an offset is out of range, stop for good at an error
 * of certain kinds in a handler, and wait for the slowest partition; and a handler that takes long loses the membership.
 */
export async function joinGroup(options: MemberOptions): Promise<GroupMember> {
  const { connection, topic, group, clock, logger, sessionMs, heartbeatMs } = options;
  const consumer = connection.consumer({
    groupId: group,
    sessionTimeout: sessionMs,
    rebalanceTimeout: sessionMs,
    heartbeatInterval: heartbeatMs,
    maxWaitTimeInMs: LOOP_MS,
    retry: { retries: 5, initialRetryTime: 200, maxRetryTime: 2_000 },
  });
  let aliveAt = clock.now();
  let left = false;
  const alive = (): void => {
    aliveAt = clock.now();
  };
  consumer.on('consumer.heartbeat', alive);
  consumer.on('consumer.rebalancing', () => {
    if (!left) options.onRebalance();
  });
  consumer.on('consumer.group_join', ({ payload }) => {
    alive();
    const partitions = [...(payload.memberAssignment[topic] ?? [])].sort((a, b) => a - b);
    if (partitions.length > 0) consumer.pause([{ topic, partitions }]);
    if (!left) options.onJoin(partitions);
  });
  consumer.on('consumer.crash', ({ payload: { error, restart } }) => {
    logger.warn('kafka.crash', { group, reason: error.message, restart });
    if (!restart && !left) options.onCrash(error);
  });
  const leave = async (): Promise<void> => {
    left = true;
    await within(LEAVE_MS, clock, consumer.disconnect()).catch((cause: unknown) => {
      logger.warn('kafka.leave', { group, reason: String(cause) });
    });
  };
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch: async () => {} });
  } catch (cause) {
    await leave();
    throw cause;
  }
  return {
    get aliveAt() {
      return aliveAt;
    },
    tell: (offsets) => tell(consumer, topic, offsets),
    leave,
  };
}

async function tell(consumer: Consumer, topic: string, offsets: ReadonlyMap<number, number>): Promise<void> {
  const commits = [...offsets].map(([partition, offset]) => ({ topic, partition, offset: String(offset) }));
  // by a member that was evicted this is refused; out of a handler that costs nothing but the commit
  await consumer.commitOffsets(commits).catch(() => undefined);
}
