import type { Appended, Message } from '../../cluster/ports.js';
import { serverError } from '../../errors.js';
import type { Clock, Logger } from '../../ports.js';
import { within } from '../within.js';
import { backOff, type ClusterLink, pause } from './cluster-link.js';
import { kafkaCause } from './kafka-fault.js';
import { batchBytes, type Outcome, produce } from './produce-request.js';

export interface LaneOptions {
  readonly link: ClusterLink;
  readonly partition: number;
  readonly logger: Logger;
  readonly clock: Clock;
  /** After which an append is given up, ms. */
  readonly timeoutMs: number;
  /** After which a request counts as unanswered, ms. */
  readonly requestMs: number;
  readonly maxMessages: number;
  readonly maxBytes: number;
  readonly gzip: boolean;
  /** Whether records need the append time of the broker. */
  readonly timed: boolean;
}

/** One call of `append`, until it has met its fate. */
interface Append {
  readonly appended: Appended[];
  left: number;
  /** Whether any of its messages may be in the log. */
  doubtful: boolean;
  settled: boolean;
  cause: unknown;
  settle(failure?: Error): void;
}

interface Waiting {
  readonly message: Message;
  readonly bytes: number;
  readonly index: number;
  readonly append: Append;
}

/** Appends to one partition, in order: one request at a time, and what comes in meanwhile goes out together. */
export class PartitionLane {
  readonly #options: LaneOptions;
  #queue: Waiting[] = [];
  #running: Promise<void> | undefined;
  #maxMessages: number;

  constructor(options: LaneOptions) {
    this.#options = options;
    this.#maxMessages = options.maxMessages;
  }

  /** @throws RECORD_TOO_LARGE, LOG_UNAVAILABLE, WRITE_UNCERTAIN, TOPIC_UNSUITABLE */
  append(messages: readonly Message[]): Promise<readonly Appended[]> {
    const sizes = messages.map(batchBytes);
    const large = sizes.findIndex((bytes) => bytes > this.#options.maxBytes);
    if (large >= 0) return Promise.reject(this.#tooLarge(`${sizes[large]} bytes`));
    if (messages.length === 0) return Promise.resolve([]);
    return new Promise((resolve, reject) => {
      const append = this.#open(messages.length, resolve, reject);
      for (const [index, message] of messages.entries()) {
        this.#queue.push({ message, bytes: sizes[index] ?? 0, index, append });
      }
      this.#running ??= this.#run();
    });
  }

  /** Resolves when nothing is waiting. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  #open(left: number, resolve: (appended: readonly Appended[]) => void, reject: (cause: Error) => void): Append {
    const append: Append = {
      appended: [],
      left,
      doubtful: false,
      settled: false,
      cause: undefined,
      settle(failure) {
        if (append.settled) return;
        append.settled = true;
        cancel();
        if (failure === undefined) resolve(append.appended);
        else reject(failure);
      },
    };
    const cancel = this.#options.clock.after(this.#options.timeoutMs, () => append.settle(this.#failure(append)));
    return append;
  }

  async #run(): Promise<void> {
    for (let batch = this.#take(); batch.length > 0; batch = this.#take()) await this.#deliver(batch);
    this.#running = undefined;
  }

  /** What goes out together: the oldest that fit into one request. */
  #take(): Waiting[] {
    this.#queue = this.#queue.filter(({ append }) => !append.settled);
    let bytes = 0;
    let count = 0;
    for (const each of this.#queue) {
      bytes += each.bytes;
      if (count === this.#maxMessages || (count > 0 && bytes > this.#options.maxBytes)) break;
      count += 1;
    }
    return this.#queue.splice(0, count);
  }

  /** Sends until it is written, refused for good, or given up by all that wait for it. */
  async #deliver(batch: Waiting[]): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      const live = batch.filter(({ append }) => !append.settled);
      if (live.length === 0) return;
      const { generation } = this.#options.link;
      const outcome = await this.#send(live);
      if (outcome.kind === 'written') return acknowledge(live, outcome.appended);
      for (const { append } of live) {
        append.cause = outcome.cause;
        append.doubtful ||= outcome.kind === 'unknown';
      }
      if (outcome.kind === 'refused' && outcome.tooLarge) return this.#split(live);
      if (outcome.kind === 'refused' && outcome.final) return this.#refuse(live);
      const { link, partition, clock, logger } = this.#options;
      const reason = kafkaCause(outcome.cause).message;
      logger.warn('kafka.append', { topic: link.topic, partition, messages: live.length, attempt, reason });
      await link.recover(outcome.cause, generation);
      await pause(backOff(attempt), clock);
    }
  }

  async #send(live: readonly Waiting[]): Promise<Outcome> {
    const { link, partition, clock, requestMs, gzip, timed } = this.#options;
    const messages = live.map(({ message }) => message);
    const ackMs = Math.ceil(requestMs * 0.8);
    const sent = produce(link, partition, messages, { ackMs, gzip, ...(timed ? {} : { now: clock.now }) });
    try {
      // kafkajs has its own limit for each step; this one is for an answer that it loses
      return await within(3 * requestMs, clock, sent);
    } catch (cause) {
      return { kind: 'unknown', cause };
    }
  }

  /** The topic takes less in a batch than was thought: smaller ones from now on. */
  #split(live: readonly Waiting[]): void {
    const [first] = live;
    if (live.length === 1 && first !== undefined) {
      first.append.settle(this.#tooLarge(`${first.bytes} bytes`));
      return;
    }
    this.#maxMessages = Math.max(1, Math.floor(live.length / 2));
    this.#queue.unshift(...live);
  }

  #refuse(live: readonly Waiting[]): void {
    for (const { append } of live) append.settle(this.#failure(append));
  }

  #failure(append: Append): Error {
    const { link, partition } = this.#options;
    const cause = append.cause;
    if ((cause as { code?: unknown } | undefined)?.code === 'TOPIC_UNSUITABLE') return cause as Error;
    const reason = cause === undefined ? 'no request went out in time' : kafkaCause(cause).message;
    const uncertain = append.doubtful || append.appended.length > 0;
    const todo = uncertain
      ? 'send it again under the same id or requestId: it counts once'
      : 'send the events again once Kafka is well';
    const details = { got: `${link.topic}/${partition}: ${reason}`, todo, cause };
    return serverError(uncertain ? 'WRITE_UNCERTAIN' : 'LOG_UNAVAILABLE', details);
  }

  #tooLarge(got: string): Error {
    return serverError('RECORD_TOO_LARGE', { got: `${this.#options.link.topic}: ${got}` });
  }
}

function acknowledge(live: readonly Waiting[], appended: readonly Appended[]): void {
  for (const [position, { append, index }] of live.entries()) {
    const where = appended[position];
    if (where === undefined || append.settled) continue;
    append.appended[index] = where;
    append.left -= 1;
    if (append.left === 0) append.settle();
  }
}
