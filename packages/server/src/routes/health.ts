import type { FastifyInstance } from 'fastify';
import type { Engine } from '../engine.js';
import { healthSchema, readySchema } from '../openapi.js';

/** `GET /healthz`: the process answers. `GET /readyz`: it takes events and serves a snapshot. */
export function healthRoutes(app: FastifyInstance, engine: Engine, draining: () => boolean): void {
  const config = { access: 'anyone', rateLimit: false } as const;
  app.get('/healthz', { schema: healthSchema, config }, async () => ({ status: 'ok' }));
  app.get('/readyz', { schema: readySchema, config }, async (request, reply) => {
    const status = engine.failure !== undefined ? 'failed' : draining() ? 'draining' : 'ready';
    reply.code(status === 'ready' ? 200 : 503);
    const fault = engine.reloadFault;
    const logFault = engine.logFault();
    // The details quote experiment files, which are nobody's business without a key that may read them.
    const told = !engine.keys.closed || (request.apiKey !== undefined && request.apiKey.kind !== 'browser');
    const versions = [...engine.versionFaults()].map(([experiment, cause]) => {
      const code = 'code' in cause ? String(cause.code) : 'INTERNAL';
      return { code, ...(told ? { experiment, detail: cause.message } : {}) };
    });
    return {
      status,
      snapshot: engine.snapshot.version,
      ...(logFault === undefined ? {} : { log: { code: logFault.code, detail: logFault.message } }),
      ...(versions.length === 0 ? {} : { versions }),
      ...(fault === undefined ? {} : { experiments: { code: fault.code, ...(told ? { detail: fault.message } : {}) } }),
    };
  });
}
