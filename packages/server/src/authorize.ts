import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { serverError } from './errors.js';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/**
 * Requires one of the keys on every route under /v1. The route is asked, not the address: the router takes /%761/events
 * and http://host/v1/events for /v1/events too. Digests are compared, all of them, in constant time.
 */
export function requireKeys(app: FastifyInstance, apiKeys: readonly string[]): void {
  const digests = apiKeys.map(digest);
  app.addHook('onRequest', async (request, reply) => {
    if (!(request.routeOptions.url ?? request.url).startsWith('/v1/')) return;
    const given = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    const mine = digest(given ?? '');
    let known = false;
    for (const key of digests) known = timingSafeEqual(key, mine) || known;
    if (given !== undefined && known) return;
    reply.header('www-authenticate', 'Bearer');
    throw serverError('UNAUTHORIZED');
  });
}
