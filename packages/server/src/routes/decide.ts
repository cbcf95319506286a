import type { FastifyInstance } from 'fastify';
import { parseDecideRequest } from '../decide/decide-request.js';
import type { Engine } from '../engine.js';
import { decideSchema } from '../openapi.js';

/** `POST /v1/decide`: decisions that are in the log before they are answered. */
export function decideRoute(app: FastifyInstance, engine: Engine): void {
  app.post('/v1/decide', { schema: decideSchema }, async (request) => engine.decide(parseDecideRequest(request.body)));
}
