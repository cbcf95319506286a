import type { Clock } from './clock.js';
import { type ArmatureError, clientError, isArmatureError } from './errors.js';
import { after } from './timer.js';

/** What every request to one server has in common. */
export interface Connection {
  /** Where the server listens, such as http://127.0.0.1:4400. A path is kept. */
  readonly url: string;
  readonly apiKey?: string | undefined;
  readonly fetch: typeof globalThis.fetch;
  /** Corrected by the Date of every answer. */
  readonly clock: Clock;
  /** A fraction in [0, 1), for jitter. */
  readonly random: () => number;
  /** Longest wait for a whole answer, ms. @default 10000 */
  readonly timeoutMs?: number | undefined;
  /** A stream without a byte for this long is broken, ms. @default 15000 */
  readonly silenceMs?: number | undefined;
}

/** The code and detail of a problem document; nothing of other bodies, which may be anybody's. */
async function problemOf(response: Response): Promise<string> {
  if (!response.headers.get('content-type')?.includes('problem+json')) {
    await response.body?.cancel();
    return '';
  }
  const { code, detail } = ((await response.json()) ?? {}) as { readonly code?: unknown; readonly detail?: unknown };
  return [code, detail].filter((part) => typeof part === 'string').join(': ');
}

/** What is wrong with the request itself, whoever says so: a proxy too has a largest body. */
const ABOUT_THE_REQUEST: readonly number[] = [400, 413, 415, 422];

/** A refusal in the server's own words, with its Retry-After as `retryAfterMs`. */
async function refusal(response: Response): Promise<ArmatureError> {
  const { status } = response;
  const problem = await problemOf(response).catch(() => '');
  const got = `${status} ${problem}`.trim();
  if (status === 401 || status === 403) return clientError('ACCESS_REFUSED', { got });
  // Such as the 404 of a proxy whose server is being replaced: no event may be given up for it.
  const strange = status >= 400 && status < 500 && problem === '' && !ABOUT_THE_REQUEST.includes(status);
  if (strange && status !== 408 && status !== 425 && status !== 429) return clientError('RESPONSE_INVALID', { got });
  const refused = status >= 400 && status < 500 && status !== 408 && status !== 425 && status !== 429;
  const error = clientError(refused ? 'REQUEST_REFUSED' : 'UNAVAILABLE', { got });
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  return seconds > 0 ? Object.assign(error, { retryAfterMs: seconds * 1000 }) : error;
}

/** Any failure as an ArmatureError. */
export function asUnavailable(cause: unknown): ArmatureError {
  if (isArmatureError(cause)) return cause;
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  return clientError('UNAVAILABLE', { got: inner instanceof Error ? inner.message : String(inner), cause });
}

/**
 * Sends one request. Nothing of the answer's body is read.
 *
 * @returns the answer, 2xx or 304
 * @throws ArmatureError UNAVAILABLE, ACCESS_REFUSED or REQUEST_REFUSED
 */
export async function open(connection: Connection, path: string, init: RequestInit): Promise<Response> {
  const { url, apiKey, fetch, clock } = connection;
  const headers = { ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }), ...init.headers };
  const sentAt = clock.local();
  try {
    const response = await fetch(`${url.replace(/\/+$/, '')}${path}`, { ...init, headers });
    clock.observe(Date.parse(response.headers.get('date') ?? ''), sentAt, clock.local());
    if (!response.ok && response.status !== 304) throw await refusal(response);
    return response;
  } catch (cause) {
    throw asUnavailable(cause);
  }
}

/**
 * Sends one request and reads its answer as JSON, all within `timeoutMs`.
 *
 * @returns the parsed body; undefined for 304
 * @throws ArmatureError as `open`, or RESPONSE_INVALID
 */
export async function requestJson(
  connection: Connection,
  path: string,
  init: RequestInit,
  outer?: AbortSignal,
): Promise<unknown> {
  const { timeoutMs = 10_000 } = connection;
  const controller = new AbortController();
  const late = clientError('UNAVAILABLE', { got: `no answer in ${timeoutMs} ms` });
  const cancel = after(timeoutMs, () => controller.abort(late));
  const abort = (): void => controller.abort(outer?.reason);
  if (outer?.aborted) abort();
  outer?.addEventListener('abort', abort, { once: true });
  try {
    const response = await open(connection, path, { ...init, signal: controller.signal });
    if (response.status === 304) return undefined;
    const text = await response.text();
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw clientError('RESPONSE_INVALID', { got: JSON.stringify(text.slice(0, 40)), cause });
    }
  } catch (cause) {
    throw asUnavailable(cause);
  } finally {
    cancel();
    outer?.removeEventListener('abort', abort);
  }
}
