import { randomUUID } from 'node:crypto';
import { isArmatureError } from '@armature/sdk';
import { type ConfigLogEvent, type LogRecord, parseConfigLogEvent } from '@armature/sdk/protocol';
import type { Appended, Producer } from '../../cluster/ports.js';
import { serverError } from '../../errors.js';
import { failPoint } from '../../fail-point.js';
import type { Clock } from '../../ports.js';
import { fenceMessage, placedMessages } from './config-ledger.js';
import type { ConfigStream } from './config-stream.js';
import { encodeIdentity, newIdentity } from './log-identity.js';

type Records = readonly LogRecord<ConfigLogEvent>[];

interface Waiting {
  readonly events: readonly ConfigLogEvent[];
  /** How many records of others had counted when it was called. */
  readonly others: number;
  readonly resolve: (records: Records) => void;
  readonly reject: (cause: unknown) => void;
}

/** Bytes of messages that are sent together; the broker takes a mebibyte at once. */
const LARGEST_SEND = 400_000;
/** How often a write tries anew when it lost its place to records that count for nobody. */
const TRIES = 16;

/**
 * Writes to the config topic by compare-and-set: what is written counts only behind everything that was read. A class
 * because it has a lifecycle: open or closed.
 */
export class ConfigAppends {
  readonly #stream: ConfigStream;
  readonly #producer: Producer;
  readonly #writer = randomUUID();
  readonly #queue: Waiting[] = [];
  #appends = 0;
  #writing: Promise<void> | undefined;
  #closed = false;

  constructor(stream: ConfigStream, producer: Producer) {
    this.#stream = stream;
    this.#producer = producer;
  }

  append(events: readonly ConfigLogEvent[]): Promise<Records> {
    const { failure, others } = this.#stream;
    if (failure !== undefined) return Promise.reject(failure);
    if (this.#closed) return Promise.reject(serverError('CLOSED'));
    if (events.length === 0) return Promise.resolve([]);
    return new Promise((resolve, reject) => {
      this.#queue.push({ events, others, resolve, reject });
      this.#writing ??= this.#write();
    });
  }

  /** Begins the log where nobody has yet: several may try, one wins. */
  async begin(partitions: number, clock: Clock): Promise<void> {
    for (let tries = 0; this.#stream.identity === undefined; tries += 1) {
      if (tries === TRIES) throw serverError('CONFIG_MOVED', { got: `${TRIES} attempts to begin the log` });
      const identity = newIdentity(partitions, clock.now());
      await this.#place([encodeIdentity(identity)], identity.id);
    }
  }

  /** Takes nothing more, and resolves when what was taken has met its fate. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#writing;
  }

  async #write(): Promise<void> {
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      await this.#commit(next).then(next.resolve, next.reject);
    }
    this.#writing = undefined;
  }

  async #commit({ events, others }: Waiting): Promise<Records> {
    const stream = this.#stream;
    const values = events.map(encoded);
    const counted: LogRecord<ConfigLogEvent>[] = [];
    const written = (): string => `${counted.length} of ${values.length} records written`;
    for (let tries = 0; counted.length < values.length; tries += 1) {
      if (stream.failure !== undefined) throw stream.failure;
      if (stream.others !== others || tries === TRIES + values.length) {
        throw serverError('CONFIG_MOVED', { got: `an end of ${stream.end}, ${written()}` });
      }
      try {
        const rest = sendable(values.slice(counted.length));
        counted.push(...(await this.#place(rest, stream.identity?.id ?? '')));
      } catch (cause) {
        if (counted.length === 0) throw cause;
        throw serverError('WRITE_UNCERTAIN', { got: `${written()}, then ${String(cause)}`, cause });
      }
    }
    return counted;
  }

  /**
   * Writes for the place behind everything that was read, and waits until the fate of all that was written is read.
   *
   * @returns the records that count: the first ones of what was given, or none
   */
  async #place(values: readonly string[], log: string): Promise<Records> {
    this.#appends += 1;
    const append = `${this.#writer}.${this.#appends}`;
    const first = this.#stream.position;
    const records = this.#stream.expect(append);
    try {
      const acked = await this.#send(placedMessages(values, { log, append, first }), append);
      await this.#readBehind(acked);
      return records;
    } catch (cause) {
      if (records.length === values.length) return records;
      throw cause;
    } finally {
      this.#stream.forget(append);
    }
  }

  /** @returns where it, or what makes it void, was written behind which none of it can count any more */
  async #send(messages: ReturnType<typeof placedMessages>, append: string): Promise<readonly Appended[]> {
    try {
      failPoint('before-config-append');
      return await this.#producer.append('config', 0, messages);
    } catch (cause) {
      if (!isArmatureError(cause) || cause.code !== 'WRITE_UNCERTAIN' || this.#closed) throw cause;
      // It may still arrive. A record that takes its place before settles that it counts not.
      return await this.#producer.append('config', 0, [fenceMessage(append)]).catch(() => {
        throw cause;
      });
    }
  }

  async #readBehind(acked: readonly Appended[]): Promise<void> {
    const end = acked.reduce((most, { offset }) => Math.max(most, offset + 1), 0);
    await this.#stream.until(end).catch((cause: unknown) => {
      throw this.#stream.failure ?? serverError('WRITE_UNCERTAIN', { got: String(cause), cause });
    });
  }
}

function encoded(event: ConfigLogEvent): string {
  const parsed = parseConfigLogEvent(event);
  if (parsed.ok) return JSON.stringify(event);
  throw new Error(`no record of a config log: ${parsed.faults.map(({ pointer, detail }) => pointer + detail).join()}`);
}

/** As many as are sent together, at least one. */
function sendable(values: readonly string[]): readonly string[] {
  let size = 0;
  const count = values.findIndex((value) => {
    size += Buffer.byteLength(value);
    return size > LARGEST_SEND;
  });
  return count < 0 ? values : values.slice(0, Math.max(1, count));
}
