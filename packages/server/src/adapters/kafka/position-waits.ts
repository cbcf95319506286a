import { serverError } from '../../errors.js';
import type { Clock } from '../../ports.js';

/** Those who wait until a reader has come to a position. */
export interface PositionWaits {
  /** Resolves when the position is reached; rejects when it is not in time, or never will be. */
  until(position: number, now: number): Promise<void>;
  reached(position: number): void;
  /** Nobody will come any further. */
  fail(cause: Error): void;
}

/** How long a record that is durable may take to be read. */
const LONGEST_MS = 30_000;

export function positionWaits(clock: Clock): PositionWaits {
  const waiting = new Set<{ readonly position: number; settle(cause?: Error): void }>();
  let failure: Error | undefined;
  return {
    until(position, now) {
      if (failure !== undefined) return Promise.reject(failure);
      if (now >= position) return Promise.resolve();
      return new Promise((resolve, reject) => {
        const entry = {
          position,
          settle(cause?: Error): void {
            waiting.delete(entry);
            cancel();
            if (cause === undefined) resolve();
            else reject(cause);
          },
        };
        const cancel = clock.after(LONGEST_MS, () =>
          entry.settle(serverError('LOG_UNAVAILABLE', { got: `no record ${position - 1} within ${LONGEST_MS} ms` })),
        );
        waiting.add(entry);
      });
    },
    reached(position) {
      for (const entry of [...waiting]) if (entry.position <= position) entry.settle();
    },
    fail(cause) {
      failure = cause;
      for (const entry of [...waiting]) entry.settle(cause);
    },
  };
}
