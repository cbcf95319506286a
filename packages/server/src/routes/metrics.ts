import type { FastifyInstance } from 'fastify';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { aheadMs } from '../aggregation/log-ahead.js';
import type { Engine } from '../engine.js';
import { metricsSchema } from '../openapi.js';

type Labels = { readonly [label: string]: string | number };
/** Sets the values of a gauge when it is read. */
type Collect = (set: (value: number, labels?: Labels) => void) => void;

type Figure = readonly [name: string, help: string, labels: readonly string[], collect: Collect];

/** The figures that are read from the engine. No label ever holds a unit, an id or anything else of a caller's. */
function engineFigures(engine: Engine, stream: { readonly readers: number }): readonly Figure[] {
  return [
    ...logFigures(engine),
    ...experimentFigures(engine),
    [
      'snapshot_age_seconds',
      'How long ago the snapshot that is served was made',
      [],
      (set) => set((engine.clock.now() - Date.parse(engine.snapshot.issued)) / 1000),
    ],
    ...clusterFiguresOf(engine),
    ['stream_readers', 'Open snapshot streams', [], (set) => set(stream.readers)],
    ['api_keys', 'API keys that are not revoked', [], (set) => set(engine.keys.keys.length)],
  ];
}

function logFigures(engine: Engine): readonly Figure[] {
  return [
    [
      'log_end_offset',
      'Records in the log by partition',
      ['partition'],
      (set) => {
        for (const { index, state } of engine.partitions) set(state.offset, { partition: index });
      },
    ],
    [
      'log_time_seconds',
      'Log time by partition',
      ['partition'],
      (set) => {
        for (const { index, state } of engine.partitions) set(state.watermark / 1000, { partition: index });
      },
    ],
    [
      'log_ahead_seconds',
      'How far log time is ahead of the clock: a clock was wrong',
      [],
      (set) => set(aheadMs(engine.partitions, engine.clock.now()) / 1000),
    ],
    ['log_failed', '1 when the log takes nothing more', [], (set) => set(engine.failure === undefined ? 0 : 1)],
  ];
}

/** Figures that only one of several servers has. */
function clusterFiguresOf({ cluster }: Engine): readonly Figure[] {
  if (cluster === undefined) return [];
  return [
    ['partitions_owned', 'Partitions that this server folds', [], (set) => set(cluster.owned())],
    ['partitions_stopped', 'Partitions of this server that stand still', [], (set) => set(cluster.stopped())],
    [
      'partition_lag',
      'Records of a partition that are not folded yet',
      ['partition'],
      (set) => {
        for (const { partition, position, end } of cluster.lag()) set(Math.max(0, end - position), { partition });
      },
    ],
    [
      'state_unreachable',
      '1 while the shared state cannot be reached',
      [],
      (set) => set(cluster.stateReached() ? 0 : 1),
    ],
    ['commits_total', 'Commits to the shared state since start', [], (set) => set(cluster.counts.commits)],
    ['state_stale_total', 'Commits that found another one, since start', [], (set) => set(cluster.counts.stale)],
    ['dead_letters_total', 'Records put to the dead letters since start', [], (set) => set(cluster.counts.deadLetters)],
    ['consumer_restarts_total', 'Times the consumer was built anew since start', [], (set) => set(cluster.restarts())],
  ];
}

function experimentFigures(engine: Engine): readonly Figure[] {
  return [
    [
      'trials_open',
      'Trials whose window has not closed, by experiment',
      ['experiment'],
      (set) => {
        for (const [experiment, { open }] of engine.openTrials()) set(open, { experiment });
      },
    ],
    [
      'experiment_health_events',
      'What the fold counted, by experiment and kind',
      ['experiment', 'kind'],
      (set) => {
        for (const [experiment, health] of engine.health()) {
          for (const [kind, count] of Object.entries(health)) {
            if (typeof count === 'number') set(count, { experiment, kind });
          }
        }
      },
    ],
    [
      'experiment_files_refused',
      '1 while an edit of the experiment files is refused',
      [],
      (set) => set(engine.reloadFault === undefined ? 0 : 1),
    ],
    [
      'versions_failed',
      '1 while the next version of an experiment cannot be made or written',
      ['experiment'],
      (set) => {
        for (const experiment of engine.versionFaults().keys()) set(1, { experiment });
      },
    ],
  ];
}

/** `GET /metrics`: figures of this app alone. */
export function metricsRoute(app: FastifyInstance, engine: Engine, stream: { readonly readers: number }): void {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry, prefix: 'armature_' });
  for (const [name, help, labelNames, collect] of engineFigures(engine, stream)) {
    new Gauge({
      ...{ name: `armature_${name}`, help, labelNames, registers },
      collect() {
        this.reset();
        collect((value, labels = {}) => this.set(labels, value));
      },
    });
  }
  const requests = new Histogram({
    name: 'armature_http_request_seconds',
    help: 'Duration of requests by route and status',
    labelNames: ['route', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
    registers,
  });
  const published = new Counter({ name: 'armature_snapshots_total', help: 'Snapshots served since start', registers });
  published.inc();
  const unlisten = engine.onSnapshot(() => published.inc());
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'unknown';
    requests.observe({ route, status: reply.statusCode }, reply.elapsedTime / 1000);
  });
  app.addHook('onClose', async () => unlisten());
  const config = { access: ['read', 'admin'] } as const;
  app.get('/metrics', { schema: metricsSchema, config }, async (_request, reply) => {
    return reply.type(registry.contentType).send(await registry.metrics());
  });
}
