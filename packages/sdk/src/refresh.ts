import { backoffMs } from './backoff.js';
import type { Snapshot } from './protocol/snapshot.js';
import { withinTime } from './time-limit.js';
import { after } from './timer.js';
import type { Transport } from './transport.js';

/** How a client learns of new snapshots. */
export const REFRESH = ['stream', 'poll', 'manual'] as const;
export type RefreshMode = (typeof REFRESH)[number];

export interface RefreshParts {
  readonly transport: Transport;
  readonly mode: RefreshMode;
  /** Between two polls, ms; give or take a fifth. */
  readonly pollMs: number;
  /** A stream that brought nothing for this long is checked by one conditional request, ms. */
  readonly checkMs: number;
  readonly random: () => number;
  /** Version of the snapshot in use. */
  readonly version: () => string | undefined;
  readonly onSnapshot: (snapshot: Snapshot) => void;
  /** The server confirmed the snapshot in use. */
  readonly onUnchanged: () => void;
  readonly onDown: (cause: unknown) => void;
}

/** Who has a snapshot does not ask more often for a failure than without one. */
const FIRST_MS = 1000;
const LONGEST_MS = 30_000;
/** A transport of somebody else's may never answer. */
const HANGING_MS = 15_000;

/**
 * Follows a transport's snapshots. In mode `stream` it asks once, then listens; while the stream is down it polls, and a
 * stream that brings nothing is checked now and then, so that a silent one cannot pass for a fresh one.
 */
export class Refresh {
  readonly #parts: RefreshParts;
  #stopped = false;
  #started = false;
  #streaming = false;
  #failures = 0;
  #cause: unknown;
  #abort: AbortController | undefined;
  #flight: Promise<void> | undefined;
  #unsubscribe: (() => void) | undefined;
  #cancel: (() => void) | undefined;

  constructor(parts: RefreshParts) {
    this.#parts = parts;
  }

  /** Begins to follow the server; nothing at all in mode `manual`. */
  start(): void {
    if (this.#started || this.#stopped || this.#parts.mode === 'manual') return;
    this.#started = true;
    void this.#tick().then(() => this.#subscribe());
  }

  /** Asks once, now. Never rejects. */
  once(): Promise<void> {
    this.#flight ??= this.#ask().finally(() => {
      this.#flight = undefined;
    });
    return this.#flight;
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
    this.#unsubscribe?.();
    this.#abort?.abort();
  }

  #tick(): Promise<void> {
    return this.once().then(() => this.#schedule());
  }

  #schedule(): void {
    this.#cancel?.();
    if (this.#stopped) return;
    const { checkMs, pollMs, random, version } = this.#parts;
    const usual = (this.#streaming ? checkMs : pollMs) * (0.8 + 0.4 * random());
    const backoff = { baseMs: version() ? pollMs : FIRST_MS, capMs: LONGEST_MS };
    const wait = this.#failures === 0 ? usual : backoffMs(this.#failures - 1, random(), this.#cause, backoff);
    this.#cancel = after(wait, () => void this.#tick());
  }

  async #ask(): Promise<void> {
    const { transport, version, onSnapshot, onUnchanged, onDown } = this.#parts;
    const abort = new AbortController();
    this.#abort = abort;
    try {
      const answer = await withinTime(transport.fetchSnapshot(version(), abort.signal), HANGING_MS, abort);
      if (this.#stopped) return;
      this.#failures = 0;
      if (answer === 'unchanged') onUnchanged();
      else onSnapshot(answer);
    } catch (error) {
      if (this.#stopped) return;
      this.#failures += 1;
      this.#cause = error;
      onDown(error);
    }
  }

  #subscribe(): void {
    const { transport, mode, onSnapshot, onDown } = this.#parts;
    if (this.#stopped || mode !== 'stream') return;
    this.#unsubscribe = transport.subscribe?.(
      (snapshot) => {
        if (this.#stopped) return;
        this.#streaming = true;
        this.#failures = 0;
        onSnapshot(snapshot);
        this.#schedule();
      },
      (cause) => {
        if (this.#stopped) return;
        const was = this.#streaming;
        this.#streaming = false;
        onDown(cause);
        if (was) this.#schedule();
      },
    );
  }
}
