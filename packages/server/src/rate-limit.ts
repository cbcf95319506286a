import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance } from 'fastify';
import { serverError } from './errors.js';

/** Requests of one key in one second, unless it is set otherwise. */
export const REQUESTS_PER_SECOND = 10_000;

/**
 * Limits the requests of each key in each second; of a browser key, which all visitors share, and on a server without
 * keys, of each address. Applies to routes added after it, unless their config says `rateLimit: false`.
 */
export async function limitRequests(app: FastifyInstance, perSecond: number): Promise<void> {
  await app.register(rateLimit, {
    max: perSecond,
    timeWindow: 1000,
    keyGenerator({ apiKey, ip }) {
      if (apiKey === undefined) return ip;
      return apiKey.kind === 'browser' ? `${apiKey.kid} ${ip}` : apiKey.kid;
    },
    errorResponseBuilder: () => serverError('RATE_LIMITED', { got: `more than ${perSecond}` }),
    addHeaders: { 'x-ratelimit-limit': false, 'x-ratelimit-remaining': false, 'x-ratelimit-reset': false },
    addHeadersOnExceeding: { 'x-ratelimit-limit': false, 'x-ratelimit-remaining': false, 'x-ratelimit-reset': false },
  });
}
