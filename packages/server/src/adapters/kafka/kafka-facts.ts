import { connect } from 'node:net';
import type { Admin } from 'kafkajs';
import type { KafkaSettings, TopicEnds } from '../../cluster/ports.js';
import type { FoundTopic } from '../../cluster/topic-check.js';
import type { Clock } from '../../ports.js';
import { withAdmin } from './admin.js';
import { endsOf } from './event-ends.js';
import { exactInteger } from './offset.js';
import { describeWith } from './topics.js';

/** A broker under the address by which it wants to be reached. */
export interface FoundBroker {
  readonly address: string;
  /** Why no connection was made; undefined where one was. */
  readonly failure: string | undefined;
}

/** The consumer group that shares the partitions. */
export interface FoundGroup {
  readonly name: string;
  /** As Kafka calls it: Stable, PreparingRebalance, CompletingRebalance, Empty, Dead. */
  readonly state: string;
  readonly members: number;
  /** By partition: the offset that was told last; -1 where none was. */
  readonly committed: ReadonlyMap<number, number>;
}

/** What Kafka tells without being written to. */
export interface KafkaFacts {
  readonly brokers: readonly FoundBroker[];
  readonly topics: readonly FoundTopic[];
  readonly group: FoundGroup;
  /** Of the events, by partition; empty where the topic is missing. */
  readonly ends: ReadonlyMap<number, TopicEnds>;
  /** Partitions of the events with records that were appended after now, by more than clocks may differ. */
  readonly fromTheFuture: readonly number[];
  /** Whether any partition of the events got a record in the last minute. */
  readonly recent: boolean;
}

const CONNECT_MS = 2000;
/** Servers append a tick to each partition at least every ten seconds. */
const RECENT_MS = 60_000;
/** How far two clocks may be apart, ms. */
export const CLOCK_MS = 2000;

/** Whether something listens there: `advertised.listeners` that lead nowhere are Kafka's most common fault. */
function reach(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: CONNECT_MS });
    const end = (failure: string | undefined): void => {
      socket.destroy();
      resolve(failure);
    };
    socket.once('connect', () => end(undefined));
    socket.once('timeout', () => end(`no answer within ${CONNECT_MS} ms`));
    socket.once('error', (cause: NodeJS.ErrnoException) => end(cause.code ?? cause.message));
  });
}

async function brokersOf(admin: Admin): Promise<readonly FoundBroker[]> {
  const { brokers } = await admin.describeCluster();
  return Promise.all(
    brokers.map(async ({ host, port }) => ({ address: `${host}:${port}`, failure: await reach(host, port) })),
  );
}

async function groupOf(admin: Admin, group: string, topic: string | undefined): Promise<FoundGroup> {
  const { groups } = await admin.describeGroups([group]);
  const [found] = groups;
  const [told] = topic === undefined ? [] : await admin.fetchOffsets({ groupId: group, topics: [topic] });
  const committed = new Map(told?.partitions.map(({ partition, offset }) => [partition, exactInteger(offset)]));
  return { name: group, state: found?.state ?? 'Dead', members: found?.members.length ?? 0, committed };
}

/** Partitions that have a record which was appended at this time or later. */
async function partitionsSince(
  admin: Admin,
  topic: string,
  ends: ReadonlyMap<number, TopicEnds>,
  time: number,
): Promise<readonly number[]> {
  const offsets = await admin.fetchTopicOffsetsByTimestamp(topic, Math.round(time));
  const since = offsets.flatMap(({ partition, offset }) => {
    const { low = 0, high = 0 } = ends.get(partition) ?? {};
    return high > low && exactInteger(offset) < high ? [partition] : [];
  });
  return since.sort((a, b) => a - b);
}

/**
 * Asks Kafka what it is and what it holds. Nothing is written.
 *
 * @throws KAFKA_UNREACHABLE
 */
export async function kafkaFacts(settings: KafkaSettings, clock: Clock): Promise<KafkaFacts> {
  return withAdmin(settings, async (admin) => {
    const brokers = await brokersOf(admin);
    const topics = await describeWith(admin, settings.prefix);
    const events = topics.find(({ kind }) => kind === 'events')?.topic;
    const group = await groupOf(admin, settings.group, events);
    if (events === undefined) return { brokers, topics, group, ends: new Map(), fromTheFuture: [], recent: false };
    const ends = await endsOf(admin, events);
    const now = clock.now();
    const fromTheFuture = await partitionsSince(admin, events, ends, now + CLOCK_MS);
    const recent = (await partitionsSince(admin, events, ends, now - RECENT_MS)).length > 0;
    return { brokers, topics, group, ends, fromTheFuture, recent };
  });
}
