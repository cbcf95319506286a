/** Waits between attempts: full jitter, the longest wait doubling from `baseMs` to `capMs`. */
export interface BackoffOptions {
  readonly baseMs: number;
  readonly capMs: number;
}

/** What an error may say about trying again. */
interface Hints {
  readonly retryAfterMs?: unknown;
  readonly code?: unknown;
}

/** A refused key is tried again this slowly, for ever: a key that is restored must work without a restart. */
const ACCESS_REFUSED_MS = 30_000;
/** No server may silence a client for longer than this. */
const LONGEST_HINT_MS = 300_000;

/**
 * The wait before attempt `attempt` + 1, in ms: random * min(cap, base 2^attempt), after the server's Retry-After
 * where the error carries `retryAfterMs`, and 30 to 60 s where it refused the key.
 *
 * @param attempt failures so far, less one: 0 after the first
 * @param random a fraction in [0, 1)
 * @see Brooker, Exponential Backoff And Jitter (full jitter)
 */
export function backoffMs(attempt: number, random: number, cause: unknown, options: BackoffOptions): number {
  const hints: Hints = typeof cause === 'object' && cause !== null ? cause : {};
  if (hints.code === 'ACCESS_REFUSED') return ACCESS_REFUSED_MS * (1 + random);
  const wait = random * Math.min(options.capMs, options.baseMs * 2 ** Math.min(attempt, 30));
  const hint = typeof hints.retryAfterMs === 'number' && hints.retryAfterMs > 0 ? hints.retryAfterMs : 0;
  return Math.min(hint, LONGEST_HINT_MS) + wait;
}
