import { backoffMs } from '../backoff.js';
import { RESPONSE_INVALID } from '../client-errors.js';
import { clientError } from '../errors.js';
import { asUnavailable, type Connection, requestJson } from '../http-request.js';
import type { Context } from '../protocol/experiment.js';
import { after } from '../timer.js';
import { type GivenDecision, isGiven } from './page-decision.js';

/** For whom a page's decisions are made. */
export interface PrefetchOptions {
  /** Who: needed where experiments are assigned by unit. */
  readonly unit?: string | undefined;
  /** Key of the draw where each request is randomised. */
  readonly requestId?: string | undefined;
  /** What audience and overrides ask about. */
  readonly context?: Context | undefined;
  /** Names of experiments. @default all that the server has */
  readonly experiments?: readonly string[] | undefined;
  /** Longest wait, ms. @default 5000 */
  readonly timeoutMs?: number | undefined;
}

const BACKOFF = { baseMs: 250, capMs: 2000 };

function given(answer: unknown): readonly GivenDecision[] {
  const { decisions } = (answer ?? {}) as { readonly decisions?: unknown };
  if (Array.isArray(decisions) && decisions.every(isGiven)) return decisions;
  throw clientError(RESPONSE_INVALID, { got: 'an answer without decisions' });
}

/**
 * Asks the server to decide. The decisions do not count yet: that takes their exposure, so that asking for all, and
 * asking again after a lost answer, distorts nothing.
 *
 * @param signal ends the attempts
 * @throws ArmatureError the last failure, when the signal came
 */
export async function fetchDecisions(
  connection: Connection,
  options: PrefetchOptions,
  signal: AbortSignal,
): Promise<readonly GivenDecision[]> {
  const { timeoutMs: _, ...request } = options;
  const init = {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...request, expose: false }),
  };
  for (let attempt = 0; ; attempt += 1) {
    try {
      return given(await requestJson(connection, '/v1/decide', init, signal));
    } catch (cause) {
      const error = asUnavailable(cause);
      if (!error.retryable || signal.aborted) throw error;
      await pause(backoffMs(attempt, connection.random(), error, BACKOFF), signal);
      if (signal.aborted) throw error;
    }
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const cancel = after(ms, resolve);
    signal.addEventListener('abort', () => {
      cancel();
      resolve();
    });
  });
}
