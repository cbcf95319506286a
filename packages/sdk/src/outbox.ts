import { backoffMs } from './backoff.js';
import { EVENT_REJECTED, EVENTS_EXPIRED, OUTBOX_FULL, UNAVAILABLE } from './client-errors.js';
import type { Clock } from './clock.js';
import { type ArmatureError, clientError, isArmatureError } from './errors.js';
import type { OutboxCounts } from './outbox-counts.js';
import type { OutboxOptions } from './outbox-options.js';
import { outboxQueue } from './outbox-queue.js';
import { withinTime } from './time-limit.js';
import { after, pause } from './timer.js';
import type { OutgoingEvent, SendResult, Transport } from './transport.js';

export type { OutboxOptions };

/** An event in waiting: made into JSON only when it leaves. */
export interface OutboxItem {
  /** When it was queued, ms since the epoch. */
  readonly time: number;
}

export interface OutboxParts<Item extends OutboxItem> {
  readonly send: Transport['send'];
  readonly toEvent: (item: Item) => OutgoingEvent;
  readonly clock: Clock;
  readonly random: () => number;
  readonly onError: (error: ArmatureError) => void;
  /** Told of each item that is given up after it was queued. */
  readonly onDropped?: (item: Item, why: 'rejected' | 'expired') => void;
}

const EXPIRY_MS = 6 * 3_600_000;
/** A send that hangs is given up: whether it arrived is unknown, so it is sent again. */
const SEND_TIMEOUT_MS = 15_000;
const BACKOFF = { baseMs: 1000, capMs: 30_000 };
/** Who closes has seconds. */
const CLOSING = { baseMs: 200, capMs: 1000 };

/** Sends what is pushed, in order, in batches, at most one at a time; again until the server has it. */
export class Outbox<Item extends OutboxItem> {
  readonly #parts: OutboxParts<Item>;
  readonly #queue;
  readonly #batch: number;
  readonly #everyMs: number;
  readonly #dropped = { full: 0, rejected: 0, expired: 0, closed: 0 };
  #produced = 0;
  #sent = 0;
  #failures = 0;
  /** Halved when the server refuses a batch as a whole, so that one bad event cannot hold up the others. */
  #limit: number;
  #closed = false;
  #cancel: (() => void) | undefined;
  #flight: Promise<boolean> | undefined;
  #abort: AbortController | undefined;

  constructor(parts: OutboxParts<Item>, options: OutboxOptions = {}) {
    this.#parts = parts;
    this.#batch = options.batch ?? 500;
    this.#limit = this.#batch;
    this.#everyMs = options.everyMs ?? 1000;
    this.#queue = outboxQueue<Item>(options.capacity ?? 10_000);
  }

  get counts(): OutboxCounts {
    return { produced: this.#produced, sent: this.#sent, queued: this.#queue.size, dropped: { ...this.#dropped } };
  }

  /** The events behind the oldest `count`. They stay queued. */
  behind(count: number): OutgoingEvent[] {
    return this.#queue.head(this.#queue.size).slice(count).map(this.#parts.toEvent);
  }

  /** Whether the event got in. */
  push(item: Item): boolean {
    this.#produced += 1;
    if (this.#closed) {
      this.#dropped.closed += 1;
      return false;
    }
    if (this.#queue.full) {
      if (this.#dropped.full === 0) this.#parts.onError(clientError(OUTBOX_FULL));
      this.#dropped.full += 1;
      return false;
    }
    this.#queue.push(item);
    if (this.#flight === undefined) {
      if (this.#failures === 0 && this.#queue.size === this.#batch) this.#schedule(0);
      else if (this.#cancel === undefined) this.#schedule(this.#everyMs);
    }
    return true;
  }

  /** Sends now what is queued now. Ends when all of it is settled, or at the first failure. Never rejects. */
  async flush(): Promise<OutboxCounts> {
    const settled = (): number => this.#produced - this.#queue.size;
    const target = this.#produced;
    while (settled() < target && this.#queue.size > 0) {
      if (!(await this.#pump())) break;
    }
    return this.counts;
  }

  /**
   * Stops taking events and sends what is left, trying again until the deadline. Never rejects.
   *
   * @param deadlineMs longest time it takes
   */
  async close(deadlineMs: number): Promise<OutboxCounts> {
    this.#closed = true;
    this.#unschedule();
    let over = false;
    let wake = (): void => undefined;
    const deadline = new Promise<void>((resolve) => {
      wake = resolve;
    });
    const end = (): void => {
      over = true;
      wake();
    };
    const cancel = after(deadlineMs, end, true);
    while (this.#queue.size > 0 && !over) {
      const sent = await Promise.race([this.#pump(), deadline]);
      if (sent === false && !over) await pause(this.#wait(undefined, CLOSING), deadline);
    }
    cancel();
    this.#unschedule();
    this.#abort?.abort();
    this.#abort = undefined;
    this.#dropped.closed += this.#queue.size;
    this.#queue.settle(this.#queue.size);
    return this.counts;
  }

  #wait(cause: unknown, options = BACKOFF): number {
    return backoffMs(Math.max(0, this.#failures - 1), this.#parts.random(), cause, options);
  }

  #schedule(ms: number): void {
    this.#unschedule();
    this.#cancel = after(ms, () => {
      this.#cancel = undefined;
      void this.#pump();
    });
  }

  #unschedule(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  /** One send, or the one already under way. True when the server took the batch, whatever it said of its items. */
  #pump(): Promise<boolean> {
    if (this.#flight !== undefined) return this.#flight;
    this.#unschedule();
    this.#expire();
    if (this.#queue.size === 0) return Promise.resolve(true);
    const flight = this.#sendBatch().then(({ ok, waitMs }) => {
      this.#flight = undefined;
      if (!this.#closed && this.#queue.size > 0) this.#schedule(waitMs);
      return ok;
    });
    this.#flight = flight;
    return flight;
  }

  #expire(): void {
    const oldest = this.#parts.clock.now() - EXPIRY_MS;
    let count = 0;
    while ((this.#queue.at(count)?.time ?? oldest) < oldest) count += 1;
    if (count === 0) return;
    if (this.#dropped.expired === 0) this.#parts.onError(clientError(EVENTS_EXPIRED));
    this.#drop('expired', this.#queue.head(count));
    this.#queue.settle(count);
  }

  #drop(why: 'rejected' | 'expired', items: readonly Item[]): void {
    this.#dropped[why] += items.length;
    for (const item of items) this.#parts.onDropped?.(item, why);
  }

  async #sendBatch(): Promise<{ readonly ok: boolean; readonly waitMs: number }> {
    const items = this.#queue.head(this.#limit);
    const abort = new AbortController();
    this.#abort = abort;
    const sentAt = this.#parts.clock.local();
    try {
      const events = items.map(this.#parts.toEvent);
      const result = await withinTime(this.#parts.send(events, abort.signal), SEND_TIMEOUT_MS, abort);
      if (this.#abort !== abort) return { ok: false, waitMs: 0 };
      this.#parts.clock.observe(Number(result.serverTime), sentAt, this.#parts.clock.local());
      return this.#settle(items, result);
    } catch (cause) {
      if (this.#abort !== abort) return { ok: false, waitMs: 0 };
      return this.#fail(items, cause);
    }
  }

  #settle(items: readonly Item[], result: SendResult): { readonly ok: boolean; readonly waitMs: number } {
    if (result.errors.length === 0) {
      this.#sent += items.length;
      this.#queue.settle(items.length);
      return this.#wentThrough();
    }
    const again = new Set<number>();
    const refused = new Set<number>();
    for (const error of result.errors) {
      if (!(error.index >= 0 && error.index < items.length)) continue;
      if (error.retryable) again.add(error.index);
      else refused.add(error.index);
    }
    for (const error of result.errors) {
      if (!refused.has(error.index)) continue;
      again.delete(error.index);
      this.#parts.onError(clientError(EVENT_REJECTED, { got: `${error.code} ${error.detail}`, cause: error }));
    }
    this.#drop(
      'rejected',
      items.filter((_, index) => refused.has(index)),
    );
    this.#sent += items.length - refused.size - again.size;
    this.#queue.settle(items.length, (index) => again.has(index));
    if (again.size < items.length) return this.#wentThrough();
    this.#failures += 1;
    this.#limit = Math.min(this.#batch, this.#limit * 2);
    return { ok: false, waitMs: this.#wait(undefined) };
  }

  /** The server took the batch, or a part of it. */
  #wentThrough(): { readonly ok: boolean; readonly waitMs: number } {
    this.#failures = 0;
    this.#limit = Math.min(this.#batch, this.#limit * 2);
    return { ok: true, waitMs: this.#queue.size >= this.#batch ? 0 : this.#everyMs };
  }

  #fail(items: readonly Item[], cause: unknown): { readonly ok: boolean; readonly waitMs: number } {
    const error = isArmatureError(cause) ? cause : clientError(UNAVAILABLE, { cause });
    this.#parts.onError(error);
    if (error.retryable) {
      this.#failures += 1;
      return { ok: false, waitMs: this.#wait(error) };
    }
    if (items.length > 1) {
      this.#limit = Math.ceil(items.length / 2);
      return { ok: true, waitMs: 0 };
    }
    this.#drop('rejected', items);
    this.#queue.settle(items.length);
    return { ok: true, waitMs: 0 };
  }
}
