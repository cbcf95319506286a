import { after } from './timer.js';

/** How long to wait. */
export interface ReadyOptions {
  /** @default 5000 */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Those who wait for something to become true. */
export interface Readiness {
  /** Looks again. */
  check(): void;
  /** Resolves when it is true, at the time-out, or with the signal. Never rejects. */
  wait(options: ReadyOptions): Promise<void>;
}

export function readiness(isReady: () => boolean): Readiness {
  const waiting = new Set<() => void>();
  return {
    check() {
      if (isReady()) for (const finish of [...waiting]) finish();
    },
    wait: ({ timeoutMs = 5000, signal }) =>
      new Promise((resolve) => {
        if (isReady() || signal?.aborted) return resolve();
        const finish = (): void => {
          cancel();
          waiting.delete(finish);
          signal?.removeEventListener('abort', finish);
          resolve();
        };
        const cancel = after(timeoutMs, finish, true);
        waiting.add(finish);
        signal?.addEventListener('abort', finish, { once: true });
      }),
  };
}
