import { stat } from 'node:fs/promises';
import { encodeGroup, encodeRecord, listSegments, readStream } from '@armature/analysis/log';
import type { LogRecord } from '@armature/sdk/protocol';
import { serverError } from '../errors.js';
import type { Clock, FileSystem, LogSegment, SegmentedStream } from '../ports.js';
import { hashOf, type Mark } from './log-anchor.js';
import { logFault } from './log-fault.js';
import type { LogHealth } from './log-health.js';
import type { RecoveredStream } from './recover-stream.js';
import { appendSynced, createSegment, DiskFull, type SegmentFile } from './segment-file.js';

export interface StreamOptions {
  readonly fs: FileSystem;
  readonly clock: Clock;
  readonly health: LogHealth;
  readonly log: string;
  readonly name: string;
  readonly folder: string;
  /** A segment that has grown to this many bytes is followed by another. */
  readonly segmentBytes: number;
  /** So is one whose first record is as old as this, ms. */
  readonly segmentAgeMs: number;
  /** Whether the data directory is still this process's: asked before each group is written. */
  readonly isOurs: () => Promise<boolean>;
}

/** A clock that goes back by more than this was wrong before: records follow it. Smaller steps back are waited out. */
const LARGEST_STEP_BACK_MS = 600_000;

/** Characters of a group from which on no further append joins it: what waits is no string, whatever it comes to. */
const LARGEST_GROUP = 16 * 1024 * 1024;
/** Characters of a group that may be written. One append alone may be larger than the group it begins. */
const LARGEST_APPEND = 128 * 1024 * 1024;

interface Group<E> {
  readonly appends: readonly Waiting<E>[];
  readonly records: readonly LogRecord<E>[];
  readonly bytes: Uint8Array;
}

interface Waiting<E> {
  readonly events: readonly E[];
  readonly resolve: (records: readonly LogRecord<E>[]) => void;
  readonly reject: (cause: Error) => void;
}

/**
 * A stream of segments with group commit: all appends that wait are written together and synced once, while the next
 * ones gather. A class because it has a lifecycle: open, closing, closed.
 */
export class FileStream<E> implements SegmentedStream<E> {
  #segment: SegmentFile;
  #end: number;
  #at: number;
  #last: LogRecord<unknown> | undefined;
  #waiting: Waiting<E>[] = [];
  #writing: Promise<void> | undefined;
  #closed = false;
  #listener: (records: readonly LogRecord<E>[]) => void = () => {};

  constructor(
    readonly options: StreamOptions,
    recovered: RecoveredStream,
  ) {
    this.#segment = recovered.segment;
    this.#end = recovered.end;
    this.#at = recovered.at;
    this.#last = recovered.last;
  }

  get name(): string {
    return this.options.name;
  }

  get end(): number {
    return this.#end;
  }

  /** How far it has come; undefined while it is empty. */
  get mark(): Mark | undefined {
    return this.#last === undefined ? undefined : { offset: this.#last.offset + 1, hash: hashOf(this.#last) };
  }

  append(events: readonly E[]): Promise<readonly LogRecord<E>[]> {
    const { failure } = this.options.health;
    if (failure !== undefined) return Promise.reject(failure);
    if (this.#closed) return Promise.reject(serverError('CLOSED'));
    if (events.length === 0) return Promise.resolve([]);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ events, resolve, reject });
      this.#writing ??= this.#write();
    });
  }

  async *read(from: number): AsyncGenerator<readonly LogRecord<E>[]> {
    try {
      yield* readStream<E>(this.options.folder, from);
    } catch (cause) {
      throw logFault(cause);
    }
  }

  async segments(): Promise<readonly LogSegment[]> {
    const files = await listSegments(this.options.folder);
    const sizes = await Promise.all(files.map(async ({ path }) => (await stat(path)).size));
    return files.map(({ base }, index) => ({
      base,
      end: files[index + 1]?.base ?? this.#end,
      bytes: sizes[index] ?? 0,
    }));
  }

  async deleteBefore(offset: number, prepare: () => Promise<void>): Promise<void> {
    const { fs, folder, isOurs } = this.options;
    if (!(await isOurs())) throw serverError('DATA_DIR_LOCKED', { got: 'another process that has taken it' });
    await prepare();
    const files = await listSegments(folder);
    const old = files.filter((_, index) => (files[index + 1]?.base ?? Number.POSITIVE_INFINITY) <= offset);
    for (const { path } of old) await fs.remove(path);
    if (old.length > 0) await fs.syncDirectory(folder);
  }

  onDurable(listener: (records: readonly LogRecord<E>[]) => void): void {
    this.#listener = listener;
  }

  /** Takes nothing more, and resolves when what was taken has met its fate. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#writing;
    await this.#segment.file.close();
  }

  async #write(): Promise<void> {
    await Promise.resolve(); // lets the appends of this turn join the first group
    while (this.#waiting.length > 0) await this.#commit();
    this.#writing = undefined;
  }

  /** Takes of what waits as much as one group holds; undefined where a single append was too much, and is refused. */
  #take(at: number): Group<E> | undefined {
    const records: LogRecord<E>[] = [];
    const lines: string[] = [];
    let size = 0;
    let taken = 0;
    for (const { events } of this.#waiting) {
      if (size >= LARGEST_GROUP) break;
      for (const event of events) {
        const record = { offset: this.#end + records.length, at, event };
        const line = encodeRecord(record);
        records.push(record);
        lines.push(line);
        size += line.length;
      }
      taken += 1;
    }
    const appends = this.#waiting.splice(0, taken);
    if (size <= LARGEST_APPEND) return { appends, records, bytes: encodeGroup(lines) };
    const cause = serverError('TOO_MANY_ITEMS', { got: `${records.length} events, ${size} characters at once` });
    for (const { reject } of appends) reject(cause);
    return undefined;
  }

  async #commit(): Promise<void> {
    const { health, clock } = this.options;
    const now = clock.now();
    const at = this.#at - now > LARGEST_STEP_BACK_MS ? now : Math.max(this.#at, now);
    const group = this.#take(at);
    if (group === undefined) return;
    const { appends, records, bytes } = group;
    let begun = false;
    try {
      if (health.failure !== undefined) throw health.failure;
      if (!(await this.options.isOurs())) throw new Error('another process has taken the data directory');
      if (this.#isFull(at)) await this.#rotate();
      begun = true;
      const appended = await appendSynced(this.#segment, bytes);
      this.#segment = { ...appended, since: appended.since ?? at };
      this.#end += records.length;
      this.#at = at;
      this.#last = records.at(-1);
      this.#listener(records);
    } catch (cause) {
      const error = cause instanceof DiskFull ? cause.error : poisoned(health, cause, begun);
      for (const { reject } of appends) reject(error);
      return;
    }
    let from = 0;
    for (const { events, resolve } of appends) {
      resolve(records.slice(from, from + events.length));
      from += events.length;
    }
  }

  #isFull(at: number): boolean {
    const { segmentBytes, segmentAgeMs } = this.options;
    const { size, since } = this.#segment;
    return size >= segmentBytes || (since !== undefined && at - since >= segmentAgeMs);
  }

  async #rotate(): Promise<void> {
    const { fs, folder, log, name } = this.options;
    const full = this.#segment;
    this.#segment = await createSegment(fs, folder, { log, stream: name, base: this.#end, schema: 1 });
    await full.file.close();
  }
}

/** @param begun whether bytes of the group may have reached the file, where a start will take them for what they say */
function poisoned(health: LogHealth, cause: unknown, begun: boolean): Error {
  const failure = health.poison(cause);
  return begun ? serverError('WRITE_UNCERTAIN', { got: failure.message, cause }) : failure;
}
