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
  /** Whether Kafka answers others: what Kafka's absence explains is no reason to give up. */
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

/** Replaces a client that stands still or has ended. A client that lived for a while makes good for those before it. */
export function watch(options: WatchdogOptions): Watchdog {
  const { clock, logger, stallMs, attempts } = options;
  let restarts = 0;
  let vain = 0;
  let builtAt = clock.now();
  let reason: string | undefined;
  let stopped = false;

  const look = async (): Promise<void> => {
    const now = clock.now();
    const silent = now - Math.max(options.aliveAt(), builtAt);
    if (silent > stallMs) reason ??= `no sign of life for ${silent} ms`;
    if (reason === undefined) {
      if (now - builtAt > 2 * stallMs) vain = 0;
      return;
    }
    const why = reason;
    if (await options.isReachable()) vain += 1;
    if (stopped) return;
    if (vain > attempts) {
      stop();
      options.onGivenUp(why);
      return;
    }
    reason = undefined;
    restarts += 1;
    logger.warn('kafka.rebuild', { reason: why, restarts, vain });
    await options.rebuild().catch((cause: unknown) => {
      reason = cause instanceof Error ? cause.message : String(cause);
    });
    builtAt = clock.now();
  };
  const cancel = clock.every(LOOK_MS, look);
  const stop = (): void => {
    stopped = true;
    cancel();
  };
  return {
    get restarts() {
      return restarts;
    },
    ended(why) {
      reason ??= why;
    },
    stop,
  };
}
