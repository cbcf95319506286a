import type { Broker, Cluster, TopicOffsets } from 'kafkajs';
import type { TopicEnds } from '../../cluster/ports.js';
import type { Clock } from '../../ports.js';
import { SILENCE } from '../within.js';
import type { KafkaConnection } from './connection.js';
import { kafkaCause, PROTOCOL } from './kafka-fault.js';
import { exactInteger } from './offset.js';

/** Who leads the partitions of one topic, found again after a fault. One topic: a missing one must not hide others. */
export class ClusterLink {
  readonly topic: string;
  readonly #connection: KafkaConnection;
  #cluster: Cluster;
  #generation = 0;
  readonly #connecting = new Map<string, Promise<Broker>>();

  constructor(connection: KafkaConnection, topic: string) {
    this.topic = topic;
    this.#connection = connection;
    this.#cluster = connection.cluster();
  }

  /** The broker that leads a partition, connected. */
  async leader(partition: number): Promise<Broker> {
    await this.know();
    const nodeId = this.leaderId(partition);
    if (nodeId === undefined) throw new Error(`${this.topic} has no partition ${partition}`);
    return this.broker(nodeId);
  }

  /** The broker that leads a partition, as far as is known. */
  leaderId(partition: number): string | undefined {
    if (this.#cluster.findTopicPartitionMetadata(this.topic).length === 0) return undefined;
    return Object.keys(this.#cluster.findLeaderForPartitions(this.topic, [partition]))[0];
  }

  /** A broker, connected. Those who ask at the same time wait for the same connection. */
  broker(nodeId: string): Promise<Broker> {
    const connecting = this.#connecting.get(nodeId) ?? this.#cluster.findBroker({ nodeId });
    this.#connecting.set(nodeId, connecting);
    const forget = (): void => {
      if (this.#connecting.get(nodeId) === connecting) this.#connecting.delete(nodeId);
    };
    connecting.then(forget, forget);
    return connecting;
  }

  /** The ends of some partitions, or of all. */
  async ends(wanted?: readonly number[]): Promise<ReadonlyMap<number, TopicEnds>> {
    await this.know();
    const all = wanted ?? this.#cluster.findTopicPartitionMetadata(this.topic).map(({ partitionId }) => partitionId);
    const partitions = all.map((partition) => ({ partition }));
    const [low, high] = [await this.#offsets(partitions, true), await this.#offsets(partitions, false)];
    return new Map(
      [...all]
        .sort((a, b) => a - b)
        .map((partition) => [partition, { low: endOf(low, partition), high: endOf(high, partition) }]),
    );
  }

  /**
   * Looks again who leads what, over new connections where an answer never came: the old ones may be half open, and would
   * swallow the next question too. Never rejects: the next question tells what is wrong.
   *
   * @param generation of the connections that the question went over: newer ones stay, others may be using them
   */
  async recover(thrown: unknown, generation = this.#generation): Promise<void> {
    if (generation !== this.#generation) return;
    if (isSilence(thrown)) return this.renew();
    const { name, host, port } = kafkaCause(thrown);
    if (name === 'KafkaJSConnectionClosedError' && host !== undefined && port !== undefined) {
      this.#cluster.removeBroker({ host, port });
    }
    await this.#cluster.refreshMetadata().catch(() => undefined);
  }

  /** Changes with each new set of connections. */
  get generation(): number {
    return this.#generation;
  }

  /** Begins anew, where an answer never came. */
  renew(): void {
    this.#generation += 1;
    void this.#cluster.disconnect().catch(() => undefined);
    this.#cluster = this.#connection.cluster();
    this.#connecting.clear();
  }

  async disconnect(): Promise<void> {
    await this.#cluster.disconnect();
  }

  /** Connects and learns who leads what, where that is not known or has become old. */
  async know(): Promise<void> {
    if (!this.#cluster.isConnected()) await this.#cluster.connect();
    await this.#cluster.addTargetTopic(this.topic);
    await this.#cluster.refreshMetadataIfNecessary();
  }

  async #offsets(partitions: { partition: number }[], fromBeginning: boolean): Promise<TopicOffsets | undefined> {
    const [answer] = await this.#cluster.fetchTopicsOffset([{ topic: this.topic, partitions, fromBeginning }]);
    return answer;
  }
}

function endOf(answer: TopicOffsets | undefined, partition: number): number {
  const found = answer?.partitions.find((each) => each.partition === partition);
  if (found === undefined) throw new Error(`no broker told the ends of partition ${partition}`);
  return exactInteger(found.offset);
}

/** Whether a question was left without an answer, as kafkajs says it or we. */
export function isSilence(thrown: unknown): boolean {
  const { name } = kafkaCause(thrown);
  return name === SILENCE || name === 'KafkaJSRequestTimeoutError';
}

/** Waits, and keeps the process alive meanwhile: without a connection nothing else would in a command. */
export function pause(ms: number, clock: Clock): Promise<void> {
  const alive = setInterval(() => {}, LONG_MS);
  return new Promise((resolve) => {
    clock.after(ms, () => {
      clearInterval(alive);
      resolve();
    });
  });
}

const LONG_MS = 2 ** 30;

/** Wait before try number `attempt` (1 is the second), ms: 100 doubling up to 2,000. */
export function backOff(attempt: number): number {
  return Math.min(2_000, 50 * 2 ** Math.min(attempt, 10));
}

/** Whether the topic is not there, or not yet known to the broker that was asked. */
export function isTopicMissing(thrown: unknown): boolean {
  return kafkaCause(thrown).code === PROTOCOL.UNKNOWN_TOPIC_OR_PARTITION;
}
