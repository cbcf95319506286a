import fastifySwagger from '@fastify/swagger';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { requireKeys } from './access.js';
import { strictBodies } from './body.js';
import type { Engine } from './engine.js';
import { closeIdleConnections } from './idle-connections.js';
import type { TurnLimits } from './loop-turn.js';
import { answerOtherMethods } from './methods.js';
import { openapiSchema, SECURITY_SCHEMES } from './openapi.js';
import { registerOrigins } from './origins.js';
import { problemOf } from './problem.js';
import { limitRequests, REQUESTS_PER_SECOND } from './rate-limit.js';
import { decideRoute } from './routes/decide.js';
import { eventsRoute } from './routes/events.js';
import { healthRoutes } from './routes/health.js';
import { metricsRoute } from './routes/metrics.js';
import { snapshotRoute } from './routes/snapshot.js';
import { streamRoute } from './routes/stream.js';
import type { StreamLimits } from './routes/stream-readers.js';
import { requireSingleHost } from './single-host.js';

export interface AppOptions {
  /** Largest body, bytes. @default 1 MiB */
  readonly bodyLimit?: number;
  /** How long a request may take to arrive, ms; its head may take half. @default 10000 */
  readonly requestMs?: number;
  /** Requests of one key in one second; then 429. @default 10000 */
  readonly requestsPerSecond?: number;
  /** What of one turn of the event loop goes to batches of events. @default 100 ms, and 4 MiB in any case */
  readonly turn?: Partial<TurnLimits>;
  /** Open snapshot streams, of one key and in all. @default 1000 and 10000 */
  readonly streams?: Partial<StreamLimits>;
  /** Whether the server is about to close: then it is not ready. */
  readonly draining?: () => boolean;
}

const REQUEST_MS = 10_000;
const CHECK_MS = 1000;
const IDLE_MS = 72_000;

/**
 * The HTTP server of an engine: all routes, no port yet. Requests need a key where the engine has any.
 *
 * @param engine from openEngine; it stays open when the app is closed
 */
export async function buildApp(engine: Engine, options: AppOptions = {}): Promise<FastifyInstance> {
  const requestTimeout = options.requestMs ?? REQUEST_MS;
  const answerProblem = (cause: unknown, request: FastifyRequest, reply: FastifyReply): void => {
    const problem = problemOf(cause, request.id);
    if (problem.status >= 500)
      engine.logger.error('request failed', { route: request.routeOptions.url, cause: String(cause) });
    if (problem.status === 429 || problem.status === 503) reply.header('retry-after', '1');
    reply.code(problem.status).type('application/problem+json').send(JSON.stringify(problem));
  };
  const app = Fastify({
    bodyLimit: options.bodyLimit ?? 1024 * 1024,
    requestTimeout,
    keepAliveTimeout: IDLE_MS,
    // Both are needed: with one of them a stalled body stays open for minutes.
    http: { headersTimeout: requestTimeout / 2, requestTimeout, connectionsCheckingInterval: CHECK_MS },
    forceCloseConnections: 'idle',
    trustProxy: false,
    // of a target that is no URL, which no route's handler sees
    frameworkErrors: answerProblem,
  });
  // Schemas document; the parsers of the protocol judge, and nothing is coerced or left out.
  app.setValidatorCompiler(() => () => true);
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  app.setErrorHandler(answerProblem);
  app.addHook('onSend', async (_request, reply) => {
    if (options.draining?.() === true) reply.header('connection', 'close');
  });
  answerOtherMethods(app);
  closeIdleConnections(app);
  requireSingleHost(app);
  await registerOrigins(app, engine.keys);
  requireKeys(app, engine.keys);
  strictBodies(app, options.turn);
  await limitRequests(app, options.requestsPerSecond ?? REQUESTS_PER_SECOND);
  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Armature', description: 'Decisions, rewards and snapshots.', version: '1' },
      components: { securitySchemes: SECURITY_SCHEMES },
    },
  });
  eventsRoute(app, engine);
  decideRoute(app, engine);
  snapshotRoute(app, engine);
  const stream = streamRoute(app, engine, options.streams);
  healthRoutes(app, engine, options.draining ?? (() => false));
  metricsRoute(app, engine, stream);
  app.get('/openapi.json', { schema: openapiSchema, config: { access: 'anyone' } }, async () => app.swagger());
  return app;
}
