import type { Snapshot } from '@armature/sdk/protocol';
import type { FastifyInstance } from 'fastify';
import type { Engine } from '../engine.js';
import { snapshotSchema } from '../openapi.js';

/** The entity tag of a snapshot. */
export function etagOf(snapshot: Snapshot): string {
  return `"${snapshot.version}"`;
}

/** `GET /v1/snapshot`: the whole snapshot, or 304 for whoever has it. */
export function snapshotRoute(app: FastifyInstance, engine: Engine): void {
  let made: Snapshot | undefined;
  let text = '';
  const config = { access: ['server', 'read', 'admin'] } as const;
  app.get('/v1/snapshot', { schema: snapshotSchema, config }, async (request, reply) => {
    const { snapshot } = engine;
    const etag = etagOf(snapshot);
    reply.header('etag', etag).header('cache-control', 'no-cache');
    const wanted = request.headers['if-none-match']?.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
    if (wanted?.includes(etag) || wanted?.includes('*')) return reply.code(304).send();
    if (made !== snapshot) {
      made = snapshot;
      text = JSON.stringify(snapshot);
    }
    return reply.type('application/json; charset=utf-8').send(text);
  });
}
