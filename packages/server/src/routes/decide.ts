import type { FastifyInstance } from 'fastify';
import { parseDecideRequest } from '../decide/decide-request.js';
import type { Engine } from '../engine.js';
import { decideSchema } from '../openapi.js';

/** `POST /v1/decide`: decisions that are in the log before they are answered. A browser is not told the weights. */
export function decideRoute(app: FastifyInstance, engine: Engine): void {
  const config = { access: ['server', 'browser', 'admin'] } as const;
  app.post('/v1/decide', { schema: decideSchema, config }, async (request) => {
    const { snapshot, decisions } = await engine.decide(parseDecideRequest(request.body));
    if (request.apiKey?.kind !== 'browser') return { snapshot, decisions };
    return { snapshot, decisions: decisions.map(({ propensities: _weights, ...told }) => told) };
  });
}
