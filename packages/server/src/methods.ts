import type { FastifyInstance } from 'fastify';
import { serverError } from './errors.js';
import { pathOf } from './request-path.js';

/**
 * Answers what no route takes: 405 with Allow where the path has other methods, 404 where there is no such path, and
 * OPTIONS with the methods there are. Call it before the routes are added.
 */
export function answerOtherMethods(app: FastifyInstance): void {
  const methodsOf = new Map<string, Set<string>>();
  app.addHook('onRoute', ({ url, method }) => {
    if (url === '*') return;
    const methods = methodsOf.get(url) ?? new Set(['OPTIONS']);
    for (const name of [method].flat()) methods.add(name);
    methodsOf.set(url, methods);
  });
  app.setNotFoundHandler(async (request, reply) => {
    const methods = methodsOf.get(pathOf(request.url));
    if (methods === undefined) throw serverError('NOT_FOUND');
    reply.header('allow', [...methods].sort().join(', '));
    if (request.method === 'OPTIONS') return reply.code(204).send();
    throw serverError('METHOD_NOT_ALLOWED');
  });
}
