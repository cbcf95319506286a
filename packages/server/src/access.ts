import type { FastifyInstance, FastifyRequest } from 'fastify';
import { serverError } from './errors.js';
import { type ApiKey, KEY_KINDS, type KeyKind } from './keys/api-key.js';
import type { KeyRing } from './keys/key-ring.js';
import { pathOf } from './request-path.js';

/** The kinds of keys that may call a route; `anyone` needs no key. */
export type Access = 'anyone' | readonly KeyKind[];

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may call the route where the server needs keys. A route that does not say is for admin keys. */
    access?: Access;
  }
  interface FastifyRequest {
    /** The key that the request carries; undefined on a server without keys. */
    apiKey: ApiKey | undefined;
  }
}

const UNDECLARED: Access = ['admin'];

/** The route is asked, not the address: the router takes /%761/events and http://host/v1/events for /v1/events too. */
function accessOf(request: FastifyRequest): Access {
  if (request.method === 'OPTIONS') return 'anyone';
  if (request.is404) return pathOf(request.url).startsWith('/v1/') ? KEY_KINDS : 'anyone';
  return request.routeOptions.config.access ?? UNDECLARED;
}

/** Requires, while the ring is closed, a key of a kind that the route names, and of a browser key one of its origins. */
export function requireKeys(app: FastifyInstance, ring: KeyRing): void {
  app.decorateRequest('apiKey', undefined);
  app.addHook('onRequest', async (request, reply) => {
    if (!ring.closed) return;
    const given = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    const key = given === undefined ? undefined : ring.find(given);
    request.apiKey = key;
    const access = accessOf(request);
    if (access === 'anyone') return;
    if (key === undefined) {
      reply.header('www-authenticate', 'Bearer');
      throw serverError('UNAUTHORIZED');
    }
    if (!access.includes(key.kind)) throw serverError('FORBIDDEN', { got: `a ${key.kind} key` });
    if (key.kind !== 'browser') return;
    const { origin } = request.headers;
    if (origin === undefined) throw serverError('ORIGIN_FORBIDDEN', { got: 'no Origin header' });
    if (!key.origins.includes(origin)) throw serverError('ORIGIN_FORBIDDEN', { got: 'one that the key does not name' });
  });
}
