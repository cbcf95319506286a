import type { ConfigLogEvent, LogRecord } from '@armature/sdk/protocol';
import type { RawRecord, TopicEnds } from '../../cluster/ports.js';
import { serverError } from '../../errors.js';
import type { Clock, Logger } from '../../ports.js';
import { configLedger, type Skipped } from './config-ledger.js';
import type { LogIdentity } from './log-identity.js';
import { positionWaits } from './position-waits.js';

export interface ConfigStreamOptions {
  /** Name of the topic, for messages. */
  readonly topic: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Asks the broker for the ends of the topic. */
  readonly ends: () => Promise<TopicEnds>;
  /** Reads the first record of the topic anew. */
  readonly first: () => Promise<RawRecord | undefined>;
}

type Listener = (records: readonly LogRecord<ConfigLogEvent>[]) => void;

/** How many records `read` gives at once. */
const GROUP = 1000;

/**
 * What has been read of the config topic, and who wants to know. A class because it has a lifecycle: open, failed or
 * closed. The reader of the topic gives it the records.
 */
export class ConfigStream {
  readonly #options: ConfigStreamOptions;
  readonly #ledger = configLedger();
  readonly #waits;
  /** Records that counted of the appends of this process that are under way, by append. */
  readonly #own = new Map<string, LogRecord<ConfigLogEvent>[]>();
  readonly #told = new Set<Skipped>();
  readonly #failed: ((cause: Error) => void)[] = [];
  #others = 0;
  #listener: Listener | undefined;
  /** Offset behind what the last whole `read` gave: the listener goes on from there. */
  #given: number | undefined;
  #first: Uint8Array | null | undefined;
  #failure: Error | undefined;
  #reaching: Promise<unknown> = Promise.resolve();
  #nextReach: Promise<void> | undefined;

  constructor(options: ConfigStreamOptions) {
    this.#options = options;
    this.#waits = positionWaits(options.clock);
  }

  /** Offset behind the last record that counted. */
  get end(): number {
    return this.#ledger.end;
  }

  /** Offset of the next record of the topic, whether it counts or not. */
  get position(): number {
    return this.#ledger.position;
  }

  get identity(): LogIdentity | undefined {
    return this.#ledger.identity;
  }

  /** How many records counted that nobody here waits for. */
  get others(): number {
    return this.#others;
  }

  get failure(): Error | undefined {
    return this.#failure;
  }

  /** Takes what the reader has read. */
  take(raws: readonly RawRecord[]): void {
    const fresh: LogRecord<ConfigLogEvent>[] = [];
    for (const raw of raws) {
      if (this.#failure !== undefined) return;
      const fault = this.#faultOf(raw);
      if (fault !== undefined) this.fail(fault);
      else this.#count(raw, fresh);
    }
    this.#deliver(fresh);
    this.#waits.reached(this.position);
  }

  /** Nothing is read from now on. The first cause stands. */
  fail(cause: Error): void {
    if (this.#failure !== undefined) return;
    this.#failure = cause;
    this.#waits.fail(cause);
    for (const listener of this.#failed) listener(cause);
  }

  onFailure(listener: (cause: Error) => void): void {
    this.#failed.push(listener);
    if (this.#failure !== undefined) listener(this.#failure);
  }

  onDurable(listener: Listener): void {
    this.#listener = listener;
    // what came between the end of a reading and this call
    const missed = this.#given === undefined ? [] : this.#from(this.#given, Number.POSITIVE_INFINITY);
    this.#given = undefined;
    this.#deliver(missed);
  }

  async *read(from: number): AsyncGenerator<readonly LogRecord<ConfigLogEvent>[]> {
    let next = from;
    for (;;) {
      const records = this.#from(next, GROUP);
      const last = records.at(-1);
      if (last === undefined) break;
      next = last.offset + 1;
      yield records;
    }
    if (this.#listener === undefined) this.#given = Math.max(next, this.#given ?? 0);
  }

  /** The records of an append of this process that count, as they come, until `forget`. */
  expect(append: string): readonly LogRecord<ConfigLogEvent>[] {
    const records: LogRecord<ConfigLogEvent>[] = [];
    this.#own.set(append, records);
    return records;
  }

  forget(append: string): void {
    this.#own.delete(append);
  }

  /** Resolves when everything before an offset has been taken. */
  until(position: number): Promise<void> {
    return this.#waits.until(position, this.position);
  }

  /** Resolves when everything that is durable at the call has been taken. Calls at the same time share a question. */
  catchUp(): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    this.#nextReach ??= this.#reaching.then(() => {
      this.#nextReach = undefined;
      const run = this.#reach();
      this.#reaching = run.catch(() => {});
      return run;
    });
    return this.#nextReach;
  }

  /** Looks whether the topic is still the one that was read; a broker that does not answer is asked again later. */
  async check(): Promise<void> {
    if (this.#failure !== undefined || this.#first === undefined) return;
    const position = this.position;
    const asked = await Promise.all([this.#options.ends(), this.#options.first()]).catch(() => undefined);
    if (asked === undefined) return;
    const [{ high }, first] = asked;
    this.#checkEnd(high, position);
    if (first === undefined || first.offset > 0 || sameBytes(first.value, this.#first)) return;
    this.fail(logReplaced(`${this.#options.topic} beginning with a record that was not there before`));
  }

  /** Nobody waits any longer. */
  close(): void {
    this.#waits.fail(serverError('CLOSED'));
  }

  #count(raw: RawRecord, fresh: LogRecord<ConfigLogEvent>[]): void {
    if (raw.offset === 0) this.#first = raw.value;
    const { append, record, skipped, detail } = this.#ledger.take(raw);
    if (skipped !== undefined) this.#tell(skipped, raw.offset, detail);
    if (skipped === 'other log') void this.check();
    if (record !== undefined) fresh.push(record);
    if (append === undefined) return;
    const own = this.#own.get(append);
    if (own === undefined) this.#others += 1;
    else if (record !== undefined) own.push(record);
  }

  #faultOf({ offset }: RawRecord): Error | undefined {
    if (offset === this.position) return undefined;
    const got = `record ${offset} of ${this.#options.topic} after record ${this.position - 1}`;
    return offset < this.position ? logReplaced(got) : recordsDeleted(got);
  }

  #deliver(fresh: readonly LogRecord<ConfigLogEvent>[]): void {
    if (fresh.length > 0) this.#listener?.(fresh);
  }

  #tell(skipped: Skipped, offset: number, detail: string | undefined): void {
    const expected = skipped === 'lost race' || skipped === 'fence';
    if (expected || this.#told.has(skipped)) return;
    this.#told.add(skipped);
    const { logger, topic } = this.#options;
    const remedy = 'let nothing but Armature write to this topic; others like this one are passed over silently';
    logger.warn('record of the config topic passed over', { topic, offset, why: skipped, detail, remedy });
  }

  /** At most so many counted records from an offset on. */
  #from(offset: number, count: number): readonly LogRecord<ConfigLogEvent>[] {
    const { records } = this.#ledger;
    let low = 0;
    let high = records.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((records[middle]?.offset ?? 0) < offset) low = middle + 1;
      else high = middle;
    }
    return records.slice(low, low + count);
  }

  async #reach(): Promise<void> {
    const position = this.position;
    const { high } = await this.#options.ends();
    this.#checkEnd(high, position);
    await this.until(high);
  }

  #checkEnd(high: number, position: number): void {
    if (high >= position) return;
    this.fail(logReplaced(`${this.#options.topic} ending at ${high}, of which ${position} records were read`));
  }
}

function sameBytes(a: Uint8Array | null, b: Uint8Array | null): boolean {
  return a === null || b === null ? a === b : Buffer.compare(a, b) === 0;
}

/** Definitions and versions are gone that events name. */
export function recordsDeleted(got: string): Error {
  const todo =
    'set retention.ms and retention.bytes of the config topic to -1, stop the servers, and begin a log with another prefix';
  return serverError('DATA_HOLE', { got, todo });
}

/** The topic is not the one that was read. */
function logReplaced(got: string): Error {
  const todo =
    'the config topic was deleted, made anew or cut: stop the servers and restore it, or begin a log with another prefix';
  return serverError('LOG_MISMATCH', { got, todo });
}
