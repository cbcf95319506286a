import { applyRecord, takeChanges, writeMany } from '@armature/analysis/fold';
import { isArmatureError } from '@armature/sdk';
import { serverError } from '../errors.js';
import { failPoint } from '../fail-point.js';
import { anchorOf } from './anchor.js';
import type { RecordFault } from './decode-record.js';
import { checkEnds, endsOf, type HeldFold, type LoadedFold, type LoadParts, loadFold } from './held-fold.js';
import type { Commit, RawRecord } from './ports.js';
import { readableRecords } from './readable-records.js';
import { createTurns } from './turns.js';

export interface OwnerParts extends LoadParts {
  /** Frozen number of partitions. */
  readonly partitions: number;
  /** Resolves when the record is durable among the dead letters. */
  readonly deadLetter: (raw: RawRecord, fault: RecordFault) => Promise<void>;
  /** Told of each commit. */
  readonly onCommitted: (partition: number, offset: number) => void;
}

/** The one that folds a partition, as long as nobody else has committed to it. */
export interface PartitionOwner {
  readonly index: number;
  /** What was folded; undefined while nothing is loaded. */
  readonly held: HeldFold | undefined;
  /** Why the partition stands still. */
  readonly fault: Error | undefined;
  /** Whether a commit is on its way: what the shared state holds is not known then. */
  readonly committing: boolean;
  /** Loads what is kept, or keeps what is in memory where that is the same, and tells where to read on. */
  align(): Promise<number>;
  /** Folds records; see `RecordTaker`. */
  take(records: readonly RawRecord[]): Promise<number | undefined>;
  /** Commits what was folded. @returns false when somebody else had committed: then it has to be aligned */
  commit(): Promise<boolean>;
  /** Writes a checkpoint of what was committed, where that is news. */
  checkpoint(): Promise<void>;
  /** The partition is not this owner's any more: it folds and commits nothing from now on, also of what waits. */
  release(): void;
}

/** Nobody looked at the log for this long, ms: it may be another one by now, and the record before the next is read again. */
const UNSEEN_MS = 500;
/**
 * Records after which a commit does not wait for its time, and behind which nothing is folded while the state cannot be
 * reached: a commit of them holds up Redis for some tens of milliseconds.
 */
const COMMIT_RECORDS = 20_000;
/** How often the same gap is met before it is believed: a batch that was on its way may come once more. */
const GAP_MET = 3;

/** An owner that has loaded nothing yet. A class because it has a lifecycle: unaligned, aligned, standing still. */
export class FoldOwner implements PartitionOwner {
  readonly index: number;
  readonly #turns = createTurns();
  held: HeldFold | undefined;
  fault: Error | undefined;
  /** Offset of the record to come next: the one before the next to be folded while `#checking`. */
  #next = -1;
  #checking = false;
  #gaps = 0;
  /** When records were last folded, or the partition was last aligned. */
  #seenAt = 0;
  #pending: Commit | undefined;
  #checkpointed = -1;
  #released = false;

  constructor(readonly parts: OwnerParts) {
    this.index = parts.index;
  }

  get committing(): boolean {
    return this.#pending !== undefined;
  }

  align(): Promise<number> {
    return this.#turns(() => this.#align());
  }

  take(records: readonly RawRecord[]): Promise<number | undefined> {
    return this.#turns(() => this.#taken(records));
  }

  release(): void {
    this.#released = true;
  }

  commit(): Promise<boolean> {
    return this.#turns(() => this.#commit());
  }

  async checkpoint(): Promise<void> {
    const { held, index } = this;
    if (held === undefined || held.committed.offset === this.#checkpointed) return;
    const { committed } = held;
    await this.parts.checkpoints.write(index, { log: this.parts.log, ...committed });
    this.#checkpointed = committed.offset;
  }

  async #align(): Promise<number> {
    const { index, shared } = this.parts;
    if (this.#released) throw new Error(`partition ${index} was given to another owner`);
    this.#next = -1;
    try {
      if (this.#pending !== undefined) await this.#commit();
      if (this.held !== undefined) {
        const [mark] = await shared.marks([index]);
        if (mark?.revision !== this.held.revision) this.#drop();
      }
      failPoint('mid-align');
      const { held, ends } = await this.#foldAndEnds();
      const { state, anchor } = held;
      checkEnds(index, state.offset, ends);
      this.#checking = anchor !== '' && state.offset > ends.low;
      this.#next = state.offset - (this.#checking ? 1 : 0);
      this.#seenAt = this.parts.clock.now();
      if (!this.#checking) this.fault = undefined;
      return this.#next;
    } catch (cause) {
      throw this.#stop(cause);
    }
  }

  async #foldAndEnds(): Promise<LoadedFold> {
    if (this.held !== undefined) return { held: this.held, ends: await endsOf(this.parts) };
    const loaded = await loadFold(this.parts);
    this.held = loaded.held;
    this.#checkpointed = -1;
    return loaded;
  }

  /** Also what is wrong outside, such as a topic for dead letters that is missing, makes a partition stand still. */
  async #taken(records: readonly RawRecord[]): Promise<number | undefined> {
    if (this.#released) return records[0]?.offset;
    try {
      const next = await this.#take(records);
      if (!this.#checking) this.fault = undefined;
      return next;
    } catch (cause) {
      throw this.#stop(cause);
    }
  }

  async #take(records: readonly RawRecord[]): Promise<number | undefined> {
    if (this.#next < 0 || this.held === undefined) return this.#align();
    const [first] = records;
    if (first === undefined) return undefined;
    if (first.offset !== this.#next) return this.#wrongPlace(first.offset);
    this.#gaps = 0;
    if (this.#checking) {
      if (anchorOf(first) !== this.held.anchor) throw this.#otherLog(first.offset);
      this.#checking = false;
      this.#next += 1;
    } else if (this.held.anchor !== '' && this.parts.clock.now() - this.#seenAt > UNSEEN_MS) return this.#align();
    const rest = records.filter(({ offset }) => offset >= this.#next);
    if (rest.length === 0) return undefined;
    const { state, committed } = this.held;
    if (state.offset - committed.offset >= COMMIT_RECORDS && !(await this.#commit())) return this.#align();
    return this.#fold(rest, this.held);
  }

  async #fold(records: readonly RawRecord[], held: HeldFold): Promise<number | undefined> {
    const { state, totals } = held;
    const { registry } = this.parts;
    const decoded = await readableRecords(this.parts, records);
    let folded: RawRecord | undefined;
    try {
      for (const [n, { record }] of decoded.entries()) {
        if (record.offset !== state.offset) break;
        applyRecord(state, record, registry, totals);
        folded = records[n];
      }
      writeMany(state);
    } catch (cause) {
      this.#drop(); // half a record may be in it
      throw cause;
    }
    if (folded !== undefined) held.anchor = anchorOf(folded);
    this.#next = state.offset;
    this.#seenAt = this.parts.clock.now();
    return folded === records.at(-1) ? undefined : this.#next;
  }

  async #commit(): Promise<boolean> {
    const { held, index } = this;
    if (held === undefined || this.#released) return true;
    const { shared, checkpoints, log } = this.parts;
    if (this.#pending === undefined) {
      if (held.state.offset === held.committed.offset) return true;
      this.#pending = this.#next < 0 ? undefined : commitOf(held, log);
      if (this.#pending === undefined) return true;
    }
    const commit = this.#pending;
    failPoint('before-commit');
    const revision = await shared.commit(index, held.revision, commit);
    failPoint('after-commit');
    this.#pending = undefined;
    if (this.#released) return true; // whoever has it now has loaded it, with this or without
    if (revision === undefined) {
      this.parts.logger.warn('the shared state is not what was committed last, and is loaded again', {
        partition: index,
      });
      this.#drop();
      return false;
    }
    held.revision = revision;
    held.committed = { offset: commit.offset, anchor: commit.anchor };
    checkpoints.keep(index, commit.changes);
    this.parts.onCommitted(index, commit.offset);
    return true;
  }

  #drop(): void {
    this.held = undefined;
    this.#pending = undefined;
    this.#next = -1;
  }

  /** A batch that does not follow is read again from the right place; a gap that is met again and again is one. */
  #wrongPlace(offset: number): number {
    this.#gaps = offset > this.#next ? this.#gaps + 1 : 0;
    if (this.#gaps < GAP_MET) return this.#next;
    const got = `partition ${this.index} of the events goes on at ${offset} where ${this.#next} should be`;
    throw serverError('DATA_HOLE', { got, todo: 'write to the topic without transactions' });
  }

  #otherLog(offset: number): Error {
    const got = `record ${offset} of partition ${this.index} of the events is not the one that was counted`;
    const todo = 'the topic was made anew: give the new log a prefix of its own, or `armature rebuild --switch`';
    this.#next = -1; // what is in memory was counted: it need not be loaded again to be compared again
    return serverError('LOG_MISMATCH', { got, todo });
  }

  /** Told once for each kind of fault: the numbers in it may change while the log goes on. */
  #stop(cause: unknown): Error {
    const fault = cause instanceof Error ? cause : new Error(String(cause));
    const code = codeOf(fault);
    if (codeOf(this.fault) !== code) {
      this.parts.logger.error('partition stands still', { partition: this.index, code, cause: fault.message });
    }
    this.fault = fault;
    return fault;
  }
}

const codeOf = (fault: Error | undefined) => fault && (isArmatureError(fault) ? fault.code : 'INTERNAL');

function commitOf({ state, totals, anchor }: HeldFold, log: string): Commit {
  return { log, offset: state.offset, anchor, changes: takeChanges(state), totals: totals.encode() };
}
