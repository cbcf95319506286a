import type { RawRecord, RecordTaker } from '../../cluster/ports.js';
import type { Clock, Logger } from '../../ports.js';
import { backOff } from './cluster-link.js';
import type { Fetched } from './fetch-request.js';
import { rawRecord } from './raw-record.js';

export interface ReadingOptions {
  readonly taker: RecordTaker;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Called when the partition may be read again. */
  readonly onReady: () => void;
  /** Records that are handed over at once, at most. */
  readonly sliceRecords: number;
  readonly sliceBytes: number;
}

const LONGEST_PAUSE_MS = 5_000;

/**
 * A partition from the join that gave it to this process until the next join. Only its position in memory says what comes
 * next: it is where the taker's `align` put it, and behind what was taken since.
 */
export class PartitionReading {
  readonly partition: number;
  readonly #options: ReadingOptions;
  #position: number | undefined;
  #end = 0;
  #held = false;
  #ended = false;
  #work: Promise<void> | undefined;
  /** Tries in a row that came to nothing. */
  #failures = 0;
  #notBefore = 0;
  /** Changes when the position is set from outside: what is under way counts no more. */
  #turn = 0;
  #endPause = (): void => {};

  constructor(partition: number, options: ReadingOptions) {
    this.partition = partition;
    this.#options = options;
  }

  /** From where records are wanted; undefined while none can be taken. */
  get wanted(): number | undefined {
    if (this.#ended || this.#held || this.#work !== undefined) return undefined;
    return this.#options.clock.now() < this.#notBefore ? undefined : this.#position;
  }

  /** Offset of the next record; undefined until the taker has said it. */
  get position(): number | undefined {
    return this.#position;
  }

  /** Offset behind the last record of the partition, as far as known. */
  get end(): number {
    return Math.max(this.#end, this.#position ?? 0);
  }

  /** Somebody asked where the partition ends. */
  noteEnd(end: number): void {
    this.#end = end;
  }

  /** Asks the taker where to begin, once what went before has ended. */
  begin(before: Promise<unknown> = Promise.resolve()): void {
    this.#start(async () => {
      await before;
      await this.#align();
    });
  }

  /** Goes on from an offset. */
  seek(offset: number): void {
    this.#turn += 1;
    this.#position = offset;
    this.#endPause();
    this.#options.onReady();
  }

  hold(): void {
    this.#held = true;
  }

  release(): void {
    this.#held = false;
    this.#options.onReady();
  }

  /** Hands nothing over any more. Resolves when the taker has nothing of it in hand. */
  async cancel(): Promise<void> {
    this.#ended = true;
    this.#endPause();
    await this.#work;
  }

  /** The position is not in the partition, or the partition may be another one: the taker has to say what is to be done. */
  lost(): void {
    this.#start(() => this.#align());
  }

  /** Takes what was fetched from `wanted`. */
  deliver(fetched: Fetched): void {
    this.#end = fetched.end;
    if (fetched.messages.length > 0) this.#start(() => this.#hand(fetched));
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    await this.#work;
  }

  #start(task: () => Promise<void>): void {
    if (this.#ended || this.#work !== undefined) return;
    this.#work = task()
      .catch((cause: unknown) => this.#failed(cause))
      .finally(() => {
        this.#work = undefined;
        this.#options.onReady();
      });
  }

  async #align(): Promise<void> {
    const turn = this.#turn;
    this.#position = undefined;
    while (!this.#ended && this.#turn === turn) {
      try {
        const offset = await this.#options.taker.align(this.partition);
        if (this.#turn === turn) this.#position = offset;
        return;
      } catch (cause) {
        this.#failed(cause);
        await this.#pause();
      }
    }
  }

  async #hand(fetched: Fetched): Promise<void> {
    const turn = this.#turn;
    let met = false;
    for (const records of this.#slices(fetched, this.#position ?? 0)) {
      met = true;
      if (this.#ended || this.#held || this.#turn !== turn) return;
      const [first] = records;
      if (first?.offset !== this.#position) throw this.#jump(first?.offset);
      const instead = await this.#options.taker.take(this.partition, records);
      if (this.#turn !== turn) return;
      this.#failures = 0;
      this.#position = instead ?? (records.at(-1)?.offset ?? 0) + 1;
      if (instead !== undefined) return;
    }
    if (!met) throw new Error(`no record at ${this.#position}: a marker of a transaction, which no owner writes`);
  }

  /** Runs of records that follow each other. */
  *#slices({ messages }: Fetched, from: number): Generator<readonly RawRecord[]> {
    const { sliceRecords, sliceBytes } = this.#options;
    let slice: RawRecord[] = [];
    let bytes = 0;
    for (const message of messages) {
      if (message.isControlRecord === true || Number(message.offset) < from) continue;
      const record = rawRecord(this.partition, message);
      const last = slice.at(-1);
      const full = slice.length >= sliceRecords || bytes >= sliceBytes;
      if (last !== undefined && (full || record.offset !== last.offset + 1)) {
        yield slice;
        slice = [];
        bytes = 0;
      }
      slice.push(record);
      bytes += (record.value?.byteLength ?? 0) + (record.key?.byteLength ?? 0);
    }
    if (slice.length > 0) yield slice;
  }

  #jump(found: number | undefined): Error {
    return new Error(`offset ${found} where ${this.#position} has to come: nothing behind it is taken`);
  }

  /** Whatever is thrown in here is a reason to try again: nothing of it may reach the client, which would die of it. */
  #failed(cause: unknown): void {
    this.#failures += 1;
    const wait = Math.min(backOff(this.#failures), LONGEST_PAUSE_MS);
    this.#notBefore = this.#options.clock.now() + wait;
    this.#options.clock.after(wait, () => this.#options.onReady());
    const reason = cause instanceof Error ? cause.message : String(cause);
    this.#options.logger.warn('kafka.take', { partition: this.partition, reason, failures: this.#failures });
  }

  #pause(): Promise<void> {
    const { clock } = this.#options;
    return new Promise((resolve) => {
      this.#endPause = resolve;
      clock.after(Math.max(0, this.#notBefore - clock.now()), resolve);
    });
  }
}
