import type { Clock, Logger } from '../../ports.js';

export interface WatchdogOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long a client may give no sign of life, ms. */
  readonly stallMs: number;
  /** Clients that are built in vain before it is given up. */
  readonly attempts: number;
  /** Time of the last sign of life. */
  readonly aliveAt: () => number;
  /** Whether Kafka answers others: what Kafka's absence explains is no reason to replace anything. */
  readonly isReachable: () => Promise<boolean>;
  /** Replaces the client by a new one. */
  readonly rebuild: () => Promise<void>;
  readonly onGivenUp: (reason: string) => void;
}

export interface Watchdog {
  /** How often the client was replaced. */
  readonly restarts: number;
  /** The client said itself that it has ended. */
  ended(reason: string): void;
  stop(): void;
}

const LOOK_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;

/**
 * Replaces a client that stands still or has ended, the first at once and each one after it later than the one before:
 * a group takes a while to come back after its broker. A client that lived for a while makes good for those before it.
 */
export function watch(options: WatchdogOptions): Watchdog {
  return new Watching(options);
}

class Watching implements Watchdog {
  readonly #options: WatchdogOptions;
  readonly #cancel: () => void;
  #restarts = 0;
  /** Clients in a row that did not live for a while. */
  #vain = 0;
  #builtAt: number;
  #away = false;
  #awayAt: number;
  /** Why the client is to be replaced. */
  #reason: string | undefined;
  /** Whether it is known to have ended, which no return of Kafka mends. */
  #hasEnded = false;
  #stopped = false;

  constructor(options: WatchdogOptions) {
    this.#options = options;
    this.#builtAt = options.clock.now();
    this.#awayAt = this.#builtAt;
    this.#cancel = options.clock.every(LOOK_MS, () => this.#look());
  }

  get restarts(): number {
    return this.#restarts;
  }

  ended(reason: string): void {
    this.#reason ??= reason;
    this.#hasEnded = true;
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  async #look(): Promise<void> {
    const { clock, stallMs, aliveAt, isReachable } = this.#options;
    const age = clock.now() - this.#builtAt;
    const silent = clock.now() - Math.max(aliveAt(), this.#builtAt, this.#awayAt);
    if (silent > stallMs) this.#reason ??= `no sign of life for ${silent} ms`;
    if (this.#reason === undefined && !this.#away) {
      if (age > 2 * stallMs) this.#vain = 0;
      return;
    }
    if (this.#vain > 0 && age < Math.min(LONGEST_WAIT_MS, 1_000 * 2 ** this.#vain)) return;
    const reachable = await isReachable();
    if (this.#stopped) return;
    if (this.#away || !reachable) {
      // a client that has not ended comes back by itself, and has its time for it from now on
      this.#awayAt = clock.now();
      this.#away = !reachable;
      if (!this.#hasEnded) this.#reason = undefined;
    }
    if (!this.#away && this.#reason !== undefined) await this.#replace(this.#reason);
  }

  async #replace(reason: string): Promise<void> {
    const { clock, logger, attempts, rebuild, onGivenUp } = this.#options;
    this.#vain += 1;
    if (this.#vain > attempts) {
      this.stop();
      onGivenUp(reason);
      return;
    }
    this.#reason = undefined;
    this.#hasEnded = false;
    this.#restarts += 1;
    logger.warn('kafka.rebuild', { reason, restarts: this.#restarts, vain: this.#vain });
    await rebuild().catch((cause: unknown) => this.ended(cause instanceof Error ? cause.message : String(cause)));
    this.#builtAt = clock.now();
  }
}
