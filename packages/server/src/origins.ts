import cors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';
import { serverError } from './errors.js';
import type { KeyRing } from './keys/key-ring.js';

/** Names by which only this machine is meant. */
const OWN_NAME = /^(localhost|[a-z0-9-]+\.localhost|127(\.\d{1,3}){3}|\[::1\])$/i;

const hostOf = (host: string): string => host.replace(/:\d*$/, '');
const isOwnOrigin = (origin: string): boolean => URL.canParse(origin) && OWN_NAME.test(new URL(origin).hostname);

/**
 * Which pages may call the server. With keys: those of the origins that a live browser key names, exactly. Without: pages
 * of this machine, and requests under its own names only. A page of anywhere can let its name point to 127.0.0.1
 * (DNS rebinding) and would then be of the same origin as this server; the name in Host gives it away.
 */
export async function registerOrigins(app: FastifyInstance, ring: KeyRing): Promise<void> {
  const isAllowed = (origin: string): boolean =>
    ring.closed ? ring.keys.some((key) => key.origins.includes(origin)) : isOwnOrigin(origin);
  await app.register(cors, {
    origin: (origin, done) => done(null, origin !== undefined && isAllowed(origin) ? origin : false),
    methods: ['GET', 'HEAD', 'POST'],
    allowedHeaders: ['authorization', 'content-type', 'if-none-match', 'last-event-id'],
    exposedHeaders: ['date', 'etag', 'retry-after'],
    maxAge: 600,
    strictPreflight: false,
  });
  app.addHook('onRequest', async (request) => {
    if (ring.closed) return;
    const { host, origin } = request.headers;
    if (host !== undefined && !OWN_NAME.test(hostOf(host))) throw serverError('HOST_FORBIDDEN');
    if (origin !== undefined && !isOwnOrigin(origin)) throw serverError('ORIGIN_FORBIDDEN');
  });
}
