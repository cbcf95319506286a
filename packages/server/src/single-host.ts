import type { FastifyInstance } from 'fastify';
import { serverError } from './errors.js';

/** Refuses a request with two Host headers, which Node lets pass: a proxy before us may have read the other one. */
export function requireSingleHost(app: FastifyInstance): void {
  app.addHook('onRequest', async (request) => {
    const { rawHeaders } = request.raw;
    let hosts = 0;
    for (let i = 0; i < rawHeaders.length; i += 2) if (rawHeaders[i]?.toLowerCase() === 'host') hosts += 1;
    if (hosts > 1) throw serverError('REQUEST_INVALID', { got: `${hosts} Host headers`, todo: 'send one' });
  });
}
