import type { StateChanges, WrittenState } from '@armature/analysis/fold';
import type { Floor } from '@armature/analysis/log';
import type { ConfigLogEvent, LogEvent, LogRecord } from '@armature/sdk/protocol';

/** All timing goes through here, so that a test or a simulated run can hold the time in its hand. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls `run` every `ms` until the returned function is called. A call that is still running is not overlapped. */
  every(ms: number, run: () => void | Promise<void>): () => void;
  /** Calls `run` once after `ms`, unless the returned function is called before. */
  after(ms: number, run: () => void | Promise<void>): () => void;
}

/** An open file. Every method rejects with the error of the operating system. */
export interface OpenFile {
  /** Writes all bytes at a position, or rejects; a rejected write may have left some of them. */
  write(bytes: Uint8Array, position: number): Promise<void>;
  datasync(): Promise<void>;
  sync(): Promise<void>;
  truncate(length: number): Promise<void>;
  close(): Promise<void>;
}

/** The few operations of a file system that the log and the checkpoints need. A double may drop what was not synced. */
export interface FileSystem {
  /** Opens for writing: `create` makes an empty file or fails where there is one; `existing` needs one. */
  open(path: string, mode: 'create' | 'existing' | 'replace', permissions?: number): Promise<OpenFile>;
  readText(path: string): Promise<string | undefined>;
  /** The bytes of a file; undefined where there is none. */
  readBytes(path: string): Promise<Uint8Array | undefined>;
  readdir(path: string): Promise<readonly string[]>;
  /** With all folders above it; no error where it is there. */
  mkdir(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** A second name for a file; false where that name is taken. */
  link(from: string, to: string): Promise<boolean>;
  remove(path: string): Promise<void>;
  /** Makes the names in a folder durable. */
  syncDirectory(path: string): Promise<void>;
}

/** One partition of the event log, or the config log. Records are durable when `append` resolves, in order. */
export interface LogStream<E> {
  readonly name: string;
  /** Offset of the next record: all before it are durable. */
  readonly end: number;
  /** Resolves with the records once they are durable and applied. */
  append(events: readonly E[]): Promise<readonly LogRecord<E>[]>;
  /** Durable records from an offset on, group by group. */
  read(from: number): AsyncGenerator<readonly LogRecord<E>[]>;
  /** Called with each group right after it became durable, in order, before its appends resolve. One listener. */
  onDurable(listener: (records: readonly LogRecord<E>[]) => void): void;
}

/** A stream that is kept in parts, of which the oldest may be deleted. */
export interface SegmentedStream<E> extends LogStream<E> {
  /** The parts that the stream is kept in, oldest first; the last one is being written. */
  segments(): Promise<readonly LogSegment[]>;
  /**
   * Deletes whole segments before an offset, oldest first, but never the last one.
   *
   * @param prepare run before anything is deleted, and only while the log is still this process's
   */
  deleteBefore(offset: number, prepare: () => Promise<void>): Promise<void>;
}

/** A part of a stream that is deleted as a whole. */
export interface LogSegment {
  /** Offset of its first record. */
  readonly base: number;
  /** Offset behind its last record. */
  readonly end: number;
  readonly bytes: number;
}

/** Definitions and versions, in the order in which they became durable. */
export type ConfigLog = LogStream<ConfigLogEvent>;

/** The log: what was accepted, in the order in which it became durable. */
export interface EventLog {
  /** Identity of the log. */
  readonly id: string;
  /** When it was made, ms since the epoch. */
  readonly created: number;
  readonly partitions: readonly SegmentedStream<LogEvent>[];
  readonly config: ConfigLog;
  /** Keeps how far the streams have come, by which an older copy of the log, or another one, is refused at a start. */
  anchor(): Promise<void>;
  /** Why nothing more can be appended; undefined while all is well. */
  readonly failure: Error | undefined;
  onFailure(listener: (cause: Error) => void): void;
  close(): Promise<void>;
}

/** What a partition's state at an offset adds to the state before it, and the log it was folded from. */
export interface Checkpoint {
  readonly log: string;
  readonly offset: number;
  readonly changes: StateChanges;
}

/** A partition's state at an offset, as it was written, and the log it was folded from. */
export interface StoredState extends WrittenState {
  readonly log: string;
  readonly offset: number;
}

/** Where the owner of a partition keeps its state between two starts, and what it made of records that were deleted. */
export interface StateStore {
  load(partition: number): Promise<StoredState | undefined>;
  /** Writes a checkpoint whole or not at all. What could not be written is written with the next. */
  save(partition: number, checkpoint: Checkpoint): Promise<void>;
  /** The state of the records that were deleted; undefined where none were. */
  loadFloor(partition: number): Promise<Floor | undefined>;
  saveFloor(partition: number, floor: Floor): Promise<void>;
}

/** Where the server tells what happened. */
export interface Logger {
  info(event: string, fields?: { readonly [name: string]: unknown }): void;
  warn(event: string, fields?: { readonly [name: string]: unknown }): void;
  error(event: string, fields?: { readonly [name: string]: unknown }): void;
}
