import type { StateChanges, WrittenState } from '@armature/analysis/fold';
import type { ConfigLog } from '../ports.js';

/** How to reach Kafka, and under which names Armature's things are there. */
export interface KafkaSettings {
  /** `host:port`, at least one. */
  readonly brokers: readonly string[];
  /** Topics are `<prefix>.events`, `.config`, `.checkpoints` and `.dead-letters`. */
  readonly prefix: string;
  /** The consumer group that shares the partitions. */
  readonly group: string;
  readonly tls?: TlsSettings;
  readonly sasl?: {
    readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
    readonly username: string;
    readonly password: string;
  };
}

/** How to reach Redis, and how the names of Armature's keys begin. */
export interface RedisSettings {
  /**
   * `redis://` or `rediss://` for one node; `redis+sentinel://host:port,host:port/name` for Sentinels and the name of
   * their group; `redis+cluster://host:port,host:port` for a cluster. User and password may stand in it.
   */
  readonly url: string;
  readonly prefix: string;
  readonly tls?: TlsSettings;
}

/** Contents of PEM files. Empty: TLS with the certificates that the system trusts. */
export interface TlsSettings {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

export type TopicKind = 'events' | 'config' | 'checkpoints' | 'dead-letters';

/** What is appended. */
export interface Message {
  readonly key: string | null;
  readonly value: Uint8Array | string | null;
  readonly headers?: { readonly [name: string]: string };
}

/** Where an acknowledged message stands. `at` is the broker's append time, ms since the epoch. */
export interface Appended {
  readonly offset: number;
  readonly at: number;
}

/** Appends to the topics. */
export interface Producer {
  /**
   * Resolves when all in-sync replicas of the partition have every message, with where each stands, in order.
   *
   * @throws LOG_UNAVAILABLE where none can have been written; WRITE_UNCERTAIN where some may have been
   */
  append(topic: TopicKind, partition: number, messages: readonly Message[]): Promise<readonly Appended[]>;
  /** Takes nothing more and resolves when what was taken has met its fate. */
  close(): Promise<void>;
}

/** A record as a topic holds it. */
export interface RawRecord {
  readonly partition: number;
  readonly offset: number;
  /** Append time, ms since the epoch. */
  readonly at: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: { readonly [name: string]: string };
}

/** Who takes the records of the partitions that the group gave to this process. */
export interface RecordTaker {
  /** The offset from which a partition is to be read; called before its first records after each join, and may be slow. */
  align(partition: number): Promise<number>;
  /**
   * Takes records that follow each other, the next ones of their partition.
   *
   * @returns undefined when all were taken, or the offset from which to go on instead: none of them was taken
   * @throws when they cannot be taken now; they come again after a pause
   */
  take(partition: number, records: readonly RawRecord[]): Promise<number | undefined>;
  /** The partitions that are this process's from now on; others are not any more. */
  assigned(partitions: readonly number[]): void;
}

export interface PartitionLag {
  readonly partition: number;
  /** Offset behind the last record that was taken. */
  readonly position: number;
  /** Offset behind the last record of the partition, as far as known. */
  readonly end: number;
}

/** This process's part in the consumer group of the events. */
export interface GroupConsumer {
  readonly assigned: readonly number[];
  /** How often the client was built anew since the start. */
  readonly restarts: number;
  lag(): readonly PartitionLag[];
  /** Goes on from an offset. */
  seek(partition: number, offset: number): void;
  /** Reads no more of a partition until `resume`. */
  pause(partition: number): void;
  resume(partition: number): void;
  /** Tells the group how far a partition has come, for tools that show lag. Never read back. */
  tellCommitted(partition: number, offset: number): void;
  /** Leaves the group. */
  stop(): Promise<void>;
  /** Called when the consumer could not be brought back. */
  onFailure(listener: (cause: Error) => void): void;
}

/** What is known of a topic. */
export interface TopicEnds {
  /** Offset of the first record that is still there. */
  readonly low: number;
  /** Offset behind the last one. */
  readonly high: number;
}

/** Questions about topics. */
export interface TopicsView {
  /** By partition. */
  ends(topic: TopicKind): Promise<ReadonlyMap<number, TopicEnds>>;
  close(): Promise<void>;
}

/** Definitions and versions, shared by all servers. Offset 0 says which log this is. */
export interface SharedConfigLog extends ConfigLog {
  /** Identity of the log. */
  readonly id: string;
  /** When it was made, ms since the epoch. */
  readonly created: number;
  /** Number of partitions of the events, frozen. */
  readonly partitions: number;
  /** Resolves when everything that was durable at the call has been applied. */
  catchUp(): Promise<void>;
  onFailure(listener: (cause: Error) => void): void;
  close(): Promise<void>;
}

/** Sums of statistics of a partition as they are shared, see `RunningTotals`. */
export type SharedTotals = string;

/** A partition's state as it is kept for whoever owns the partition next. */
export interface KeptState extends WrittenState {
  readonly log: string;
  /** Offset of the next record to be folded. */
  readonly offset: number;
  /** Hash of the record before it; empty where there is none. */
  readonly anchor: string;
}

/** Where the state stands after a commit: unique to it, so that no two commits are mistaken for each other. */
export type Revision = string;

export interface Commit {
  readonly log: string;
  readonly offset: number;
  readonly anchor: string;
  readonly changes: StateChanges;
  readonly totals: SharedTotals;
}

/** What others see of a partition's state without loading it. */
export interface StateMark {
  readonly revision: Revision;
  readonly log: string;
  readonly offset: number;
  readonly totals: SharedTotals;
}

/** The state of the partitions, one owner each; Redis. */
export interface SharedState {
  /** The state and its revision; undefined where there is none. */
  load(partition: number): Promise<{ readonly state: KeptState; readonly revision: Revision } | undefined>;
  /**
   * Adds the changes, if the revision is still `expected` (undefined: if there is no state). All or nothing.
   *
   * @returns the new revision; undefined when another one was found: load again
   * @throws STATE_UNAVAILABLE when nobody knows whether it was written; the same commit may be given again
   */
  commit(partition: number, expected: Revision | undefined, commit: Commit): Promise<Revision | undefined>;
  /** The marks of some partitions, in their order. */
  marks(partitions: readonly number[]): Promise<readonly (StateMark | undefined)[]>;
  /** Writes what people read with redis-cli: per experiment one field for each arm. */
  showPosteriors(experiment: string, fields: { readonly [field: string]: string }): Promise<void>;
  /** Called when the connection came back, or the server at its end changed: what it holds may be older now. */
  onReconnect(listener: () => void): void;
  close(): Promise<void>;
}

/** Durable checkpoints for the day on which the shared state is lost; the compacted topic. */
export interface CheckpointLog {
  /** The newest whole checkpoint of a partition. */
  load(partition: number): Promise<KeptState | undefined>;
  /** A partition begins anew: from a state that was loaded, or from the first record. */
  begin(partition: number, state: KeptState | undefined): void;
  /** What was committed since, for the next checkpoint. */
  keep(partition: number, changes: StateChanges): void;
  /** Writes a checkpoint of what was kept, whole or not at all; what it replaces is deleted behind it. */
  write(partition: number, at: Pick<KeptState, 'log' | 'offset' | 'anchor'>): Promise<void>;
  /** Another process owns the partition now. */
  forget(partition: number): void;
}
