import { ACCESS_REFUSED, REQUEST_REFUSED, RESPONSE_INVALID, UNAVAILABLE } from './client-errors.js';
import type { Clock } from './clock.js';
import { type ArmatureError, clientError, isArmatureError } from './errors.js';
import { after } from './timer.js';

/** What every request to one server has in common. */
export interface Connection {
  /** Where the server listens, such as http://127.0.0.1:4400. A path is kept. */
  readonly url: string;
  readonly apiKey?: string | undefined;
  readonly fetch: typeof globalThis.fetch;
  /** Corrected by the Date of every answer that is the server's. */
  readonly clock: Clock;
  /** A fraction in [0, 1), for jitter. */
  readonly random: () => number;
  /** Longest wait for a whole answer, ms. @default 10000 */
  readonly timeoutMs?: number | undefined;
  /** A stream without a byte for this long is broken, ms. @default 15000 */
  readonly silenceMs?: number | undefined;
}

/** Above any snapshot: a thousand experiments have less. */
const MOST_BYTES = 16 * 1024 * 1024;

/** The body of an answer, which may be anybody's and of any size. */
async function readText(response: Response): Promise<string> {
  if (!response.body) return response.text();
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    size += value.length;
    if (size > MOST_BYTES) throw clientError(RESPONSE_INVALID, { got: `more than ${MOST_BYTES} bytes` });
    text += decoder.decode(value, { stream: true });
  }
}

/** The code and detail of a problem document; nothing of other bodies. */
async function problemOf(response: Response): Promise<string> {
  if (!response.headers.get('content-type')?.includes('problem+json')) {
    await response.body?.cancel();
    return '';
  }
  const { code, detail } = (JSON.parse(await readText(response)) ?? {}) as { readonly [name: string]: unknown };
  return [code, detail].filter((part) => typeof part === 'string').join(': ');
}

/** What is wrong with the request itself, whoever says so: a proxy too has a largest body. */
const ABOUT_THE_REQUEST: readonly number[] = [400, 413, 415, 422];

/** What Retry-After asks for, ms: whole seconds, or the time to wait for, by the clock of who says so. */
function retryAfterMs({ headers }: Response): number {
  const text = headers.get('retry-after') ?? '';
  return Number(text) * 1000 || Date.parse(text) - Date.parse(headers.get('date') ?? '');
}

/** A refusal in the server's own words, with its Retry-After as `retryAfterMs`. */
async function refusal(response: Response): Promise<ArmatureError> {
  const { status } = response;
  // A redirect is not followed: after one, what was posted would be asked for, and the answer would be about nothing.
  if (status < 400) return clientError(RESPONSE_INVALID, { got: 'a redirect' });
  const problem = await problemOf(response).catch(() => '');
  const got = `${status} ${problem}`.trim();
  if (status === 401 || status === 403) return clientError(ACCESS_REFUSED, { got });
  // Such as the 404 of a proxy whose server is being replaced: no event may be given up for it.
  const strange = status >= 400 && status < 500 && problem === '' && !ABOUT_THE_REQUEST.includes(status);
  if (strange && status !== 408 && status !== 425 && status !== 429) return clientError(RESPONSE_INVALID, { got });
  const refused = status >= 400 && status < 500 && status !== 408 && status !== 425 && status !== 429;
  const error = clientError(refused ? REQUEST_REFUSED : UNAVAILABLE, { got });
  const ms = retryAfterMs(response);
  return ms > 0 ? Object.assign(error, { retryAfterMs: ms }) : error;
}

/** Any failure as an ArmatureError. */
export function asUnavailable(cause: unknown): ArmatureError {
  if (isArmatureError(cause)) return cause;
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  return clientError(UNAVAILABLE, { got: inner instanceof Error ? inner.message : String(inner), cause });
}

/** Corrects the clock by the Date of an answer that proved to be the server's: that of a proxy's page may be any. */
export function learnTime({ clock }: Connection, response: Response, sentAt: number): void {
  clock.observe(Date.parse(response.headers.get('date') ?? ''), sentAt, clock.local());
}

/**
 * Sends one request. Nothing of the answer's body is read, and no redirect followed.
 *
 * @returns the answer, 2xx or 304
 * @throws ArmatureError UNAVAILABLE, ACCESS_REFUSED, REQUEST_REFUSED or RESPONSE_INVALID
 */
export async function open(connection: Connection, path: string, init: RequestInit): Promise<Response> {
  const { url, apiKey, fetch } = connection;
  const headers = { ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }), ...init.headers };
  try {
    const response = await fetch(`${url.replace(/\/+$/, '')}${path}`, { ...init, headers, redirect: 'manual' });
    if (!response.ok && response.status !== 304) throw await refusal(response);
    return response;
  } catch (cause) {
    throw asUnavailable(cause);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw clientError(RESPONSE_INVALID, { got: JSON.stringify(text.slice(0, 40)), cause });
  }
}

/**
 * Sends one request and reads its answer as JSON, all within `timeoutMs`.
 *
 * @returns the parsed body; undefined for 304
 * @throws ArmatureError as `open`
 */
export async function requestJson(
  connection: Connection,
  path: string,
  init: RequestInit,
  outer?: AbortSignal,
): Promise<unknown> {
  const { timeoutMs = 10_000 } = connection;
  const controller = new AbortController();
  const late = clientError(UNAVAILABLE, { got: `no answer in ${timeoutMs} ms` });
  const cancel = after(timeoutMs, () => controller.abort(late));
  const abort = (): void => controller.abort(outer?.reason);
  if (outer?.aborted) abort();
  outer?.addEventListener('abort', abort, { once: true });
  try {
    const sentAt = connection.clock.local();
    const response = await open(connection, path, { ...init, signal: controller.signal });
    const answer = response.status === 304 ? undefined : parsed(await readText(response));
    learnTime(connection, response, sentAt);
    return answer;
  } catch (cause) {
    controller.abort();
    throw asUnavailable(cause);
  } finally {
    cancel();
    outer?.removeEventListener('abort', abort);
  }
}
