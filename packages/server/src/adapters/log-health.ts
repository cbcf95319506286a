import { serverError } from '../errors.js';

/** Whether a log may still be appended to. All its streams share one: a disk that lost a page is not asked again. */
export interface LogHealth {
  readonly failure: Error | undefined;
  /** From now on every append rejects. The first cause stands. */
  poison(cause: unknown): Error;
  onFailure(listener: (cause: Error) => void): void;
}

/** A log in good health. */
export function logHealth(): LogHealth {
  let failure: Error | undefined;
  const listeners: ((cause: Error) => void)[] = [];
  return {
    get failure() {
      return failure;
    },
    poison(cause) {
      if (failure !== undefined) return failure;
      const got = cause instanceof Error ? cause.message : String(cause);
      const first = serverError('LOG_UNAVAILABLE', { got, cause });
      failure = first;
      for (const listener of listeners) listener(first);
      return first;
    },
    onFailure(listener) {
      listeners.push(listener);
    },
  };
}
