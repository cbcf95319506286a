import type { FastifyInstance } from 'fastify';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Engine } from '../engine.js';
import { metricsSchema } from '../openapi.js';

/** `GET /metrics`: figures of this app alone. No label ever holds a unit, an id or anything else of a caller's. */
export function metricsRoute(app: FastifyInstance, engine: Engine, stream: { readonly readers: number }): void {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry, prefix: 'armature_' });
  const requests = new Histogram({
    name: 'armature_http_request_seconds',
    help: 'Duration of requests by route and status',
    labelNames: ['route', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
    registers,
  });
  new Gauge({
    name: 'armature_log_end_offset',
    help: 'Records in the log by partition',
    labelNames: ['partition'],
    registers,
    collect() {
      for (const { index, state } of engine.partitions) this.set({ partition: index }, state.offset);
    },
  });
  new Gauge({
    name: 'armature_log_time_seconds',
    help: 'Log time by partition',
    labelNames: ['partition'],
    registers,
    collect() {
      for (const { index, state } of engine.partitions) this.set({ partition: index }, state.watermark / 1000);
    },
  });
  new Gauge({
    name: 'armature_trials_open',
    help: 'Trials whose window has not closed, by experiment',
    labelNames: ['experiment'],
    registers,
    collect() {
      this.reset();
      for (const [experiment, { open }] of engine.openTrials()) this.set({ experiment }, open);
    },
  });
  new Gauge({
    name: 'armature_experiment_health_events',
    help: 'What the fold counted, by experiment and kind',
    labelNames: ['experiment', 'kind'],
    registers,
    collect() {
      this.reset();
      for (const [experiment, health] of engine.health()) {
        for (const [kind, count] of Object.entries(health)) {
          if (typeof count === 'number') this.set({ experiment, kind }, count);
        }
      }
    },
  });
  new Gauge({
    name: 'armature_log_failed',
    help: '1 when the log takes nothing more',
    registers,
    collect() {
      this.set(engine.failure === undefined ? 0 : 1);
    },
  });
  new Gauge({
    name: 'armature_experiment_files_refused',
    help: '1 while an edit of the experiment files is refused',
    registers,
    collect() {
      this.set(engine.reloadFault === undefined ? 0 : 1);
    },
  });
  new Gauge({
    name: 'armature_stream_readers',
    help: 'Open snapshot streams',
    registers,
    collect() {
      this.set(stream.readers);
    },
  });
  const published = new Counter({ name: 'armature_snapshots_total', help: 'Snapshots served since start', registers });
  published.inc();
  const unlisten = engine.onSnapshot(() => published.inc());
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'unknown';
    requests.observe({ route, status: reply.statusCode }, reply.elapsedTime / 1000);
  });
  app.addHook('onClose', async () => unlisten());
  app.get('/metrics', { schema: metricsSchema }, async (_request, reply) => {
    return reply.type(registry.contentType).send(await registry.metrics());
  });
}
