import { RESPONSE_INVALID } from './client-errors.js';
import { clientError } from './errors.js';
import { type Connection, requestJson } from './http-request.js';
import type { ItemError, SendResult } from './transport.js';

export const isObject = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === 'object' && value !== null;
const isItemError = (value: unknown): value is ItemError =>
  isObject(value) && Number.isInteger(value.index) && typeof value.code === 'string';

/** Any other 200, such as a proxy's login page, must not count as an acknowledgement. */
function sendResult(answer: unknown): SendResult {
  if (!isObject(answer) || typeof answer.accepted !== 'number') {
    throw clientError(RESPONSE_INVALID, { got: 'an acknowledgement without the number of accepted events' });
  }
  const errors = answer.errors ?? [];
  if (!Array.isArray(errors) || !errors.every(isItemError)) {
    throw clientError(RESPONSE_INVALID, { got: 'an acknowledgement with unreadable errors' });
  }
  return { accepted: answer.accepted, rejected: errors.length, errors };
}

/**
 * Sends a batch of events, as JSON.
 *
 * @param keepalive whether the request outlives its page: at most 64 KiB of such bodies may be under way
 * @throws ArmatureError as `requestJson`, or RESPONSE_INVALID
 */
export async function postEvents(
  connection: Connection,
  body: string,
  signal?: AbortSignal,
  keepalive = false,
): Promise<SendResult> {
  const headers = { 'content-type': 'application/cloudevents-batch+json' };
  return sendResult(await requestJson(connection, '/v1/events', { method: 'POST', headers, body, keepalive }, signal));
}
