import type { ClientOptions } from './client-options.js';
import type { Clock } from './clock.js';
import { httpTransport } from './http-transport.js';
import type { Transport } from './transport.js';

/** The way to the server that a client's options name: by HTTP to `url`, or the given one; undefined for neither. */
export function transportOf(options: ClientOptions, clock: Clock, random: () => number): Transport | undefined {
  if (options.url === undefined) return options.transport;
  const fetch = options.fetch ?? ((...request) => globalThis.fetch(...request));
  return httpTransport({ url: options.url, apiKey: options.apiKey, fetch, clock, random });
}
