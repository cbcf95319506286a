import type { FastifyInstance } from 'fastify';
import type { Engine } from '../engine.js';
import { healthSchema, readySchema } from '../openapi.js';

/** `GET /healthz`: the process answers. `GET /readyz`: it takes events and serves a snapshot. */
export function healthRoutes(app: FastifyInstance, engine: Engine, draining: () => boolean): void {
  app.get('/healthz', { schema: healthSchema }, async () => ({ status: 'ok' }));
  app.get('/readyz', { schema: readySchema }, async (_request, reply) => {
    const status = engine.failure !== undefined ? 'failed' : draining() ? 'draining' : 'ready';
    reply.code(status === 'ready' ? 200 : 503);
    const fault = engine.reloadFault;
    return {
      status,
      snapshot: engine.snapshot.version,
      ...(fault === undefined ? {} : { experiments: { code: fault.code, detail: fault.message } }),
    };
  });
}
