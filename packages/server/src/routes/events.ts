import type { FastifyInstance } from 'fastify';
import type { Engine } from '../engine.js';
import { serverError } from '../errors.js';
import { browserIngest } from '../ingest/browser-ingest.js';
import { eventsSchema } from '../openapi.js';
import { RequestFault } from '../problem.js';

/** Most events in one request. */
export const MAX_ITEMS = 1000;

/** `POST /v1/events`: one event or a batch; answers when the fate of each is known. */
export function eventsRoute(app: FastifyInstance, engine: Engine): void {
  const config = { access: ['server', 'browser', 'admin'], bulk: true } as const;
  app.post('/v1/events', { schema: eventsSchema, config }, async (request) => {
    const { body } = request;
    if (body === undefined) throw serverError('CONTENT_TYPE', { got: 'no body' });
    if (typeof body !== 'object' || body === null) {
      throw new RequestFault(
        400,
        'EVENT_INVALID',
        'the body is no event',
        'the body is neither an object nor an array',
      );
    }
    const items: readonly unknown[] = Array.isArray(body) ? body : [body];
    if (items.length > MAX_ITEMS) throw serverError('TOO_MANY_ITEMS', { got: `${items.length}` });
    const ingest = request.apiKey?.kind === 'browser' ? browserIngest(engine) : engine.ingest;
    const { accepted, rejected, errors } = await ingest(items);
    return { accepted, rejected, errors };
  });
}
