import { OPTIONS_INVALID } from './client-errors.js';
import { clientError } from './errors.js';
import type { OutboxOptions } from './outbox.js';

/** @throws ArmatureError OPTIONS_INVALID */
export function refuse(got: string, todo: string): never {
  throw clientError(OPTIONS_INVALID, { got, todo });
}

/** Nothing that was written is passed over. */
export function checkKeys(path: string, got: object, known: readonly string[]): void {
  const tell = (what: unknown): string => `${path} ${String(JSON.stringify(what)).slice(0, 80)}`;
  if (typeof got !== 'object' || got === null) refuse(tell(got), `write an object of ${known.join(', ')}`);
  for (const key of Object.keys(got)) if (!known.includes(key)) refuse(tell(key), `known are ${known.join(', ')}`);
}

export function checkUrl(url: string): void {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const { username, password, search, hash } = parsed ?? {};
  // What is left out of the message would stand in a log.
  if (username || password || search || hash) {
    refuse('url with user, query or fragment', 'write scheme, host and path');
  }
  if (parsed?.protocol !== 'http:' && parsed?.protocol !== 'https:') {
    refuse(`url ${JSON.stringify(url)}`, 'write an address such as http://127.0.0.1:4400');
  }
}

/** A header takes no other text, and says so with the whole of it; a line end would sign tokens that nobody verifies. */
export function checkApiKey(apiKey: unknown): void {
  if (apiKey === undefined || (typeof apiKey === 'string' && /^[!-~]+$/.test(apiKey))) return;
  refuse('apiKey with a blank, a line end or nothing', 'write it as it was made');
}

export function checkInteger(path: string, value: number | undefined, least: number): void {
  if (value === undefined || (Number.isSafeInteger(value) && value >= least)) return;
  refuse(`${path} ${String(value)}`, `write an integer of ${least} or more`);
}

export function checkOutbox(outbox: OutboxOptions | undefined): void {
  checkKeys('outbox', outbox ?? {}, ['capacity', 'batch', 'everyMs']);
  checkInteger('outbox.capacity', outbox?.capacity, 1);
  checkInteger('outbox.batch', outbox?.batch, 1);
  checkInteger('outbox.everyMs', outbox?.everyMs, 0);
}
