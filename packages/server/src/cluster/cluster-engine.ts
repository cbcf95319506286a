import { createRegistry, type Registry } from '@armature/analysis/fold';
import { definitionOf, type Experiment, type Snapshot } from '@armature/sdk/protocol';
import { systemClock } from '../adapters/clock.js';
import { disk } from '../adapters/disk.js';
import { readExperimentFiles, watchExperimentFiles } from '../adapters/experiment-files.js';
import { silent } from '../adapters/loggers.js';
import { configTaker } from '../aggregation/config-replay.js';
import { type ServedSnapshot, servedSnapshot } from '../aggregation/served-snapshot.js';
import { viewsOf } from '../aggregation/views.js';
import { createDecider } from '../decide/decider.js';
import { keptArms } from '../decide/kept-arms.js';
import type { Engine, EngineOptions } from '../engine.js';
import { serverError } from '../errors.js';
import { loadExperiments } from '../experiments/load-experiments.js';
import { planDefinitions } from '../experiments/plan-definitions.js';
import { createReloader, type Reloader } from '../experiments/reloader.js';
import { failPoint } from '../fail-point.js';
import { createIngest } from '../ingest/ingest.js';
import { type KnownExperiments, knownExperiments } from '../ingest/known-experiments.js';
import { KEYS_MS, type KeyRing } from '../keys/key-ring.js';
import type { Clock, Logger } from '../ports.js';
import { type Appender, createAppender } from './appender.js';
import { applyDefinitions } from './apply-definitions.js';
import { type ClusterDuties, clusterDuties, unlessMoved } from './cluster-duties.js';
import { clusterFigures, standingFault } from './cluster-figures.js';
import { clusterKeys } from './cluster-keys.js';
import { type Connections, openConnections } from './connections.js';
import { Owners } from './owners.js';
import type { GroupConsumer, KafkaSettings, RedisSettings } from './ports.js';
import { createPublishDuty, type PublishDuty } from './publish-duty.js';

export interface ClusterOptions
  extends Pick<EngineOptions, 'experiments' | 'data' | 'partitions' | 'apiKeys' | 'watch' | 'capacity'> {
  readonly kafka: KafkaSettings;
  readonly redis: RedisSettings;
  /** Keeps the arms of units for `assign: sticky`, for all servers. */
  readonly sticky: NonNullable<EngineOptions['sticky']>;
  /** After this long without a sign of life a server's partitions go to others, ms. @default 10000 */
  readonly sessionMs?: number;
  readonly clock?: Clock;
  readonly logger?: Logger;
}

/**
 * Opens one of several servers over the same Kafka and Redis: reads the definitions, takes part in folding, and serves
 * what the owner of partition 0 publishes. When it resolves, everything works.
 *
 * @throws EXPERIMENTS_INVALID, NOT_SUPPORTED_YET, EXPERIMENTS_MISSING, KAFKA_UNREACHABLE, TOPIC_MISSING,
 *   TOPIC_UNSUITABLE, PARTITIONS_FROZEN, LOG_MISMATCH, STATE_UNAVAILABLE, KEY_FILE_INVALID
 */
export async function openClusterEngine(options: ClusterOptions): Promise<Engine> {
  const { clock = systemClock(), logger = silent } = options;
  const experiments = loadExperiments(await readExperimentFiles(options.experiments));
  await disk().mkdir(options.data);
  const keys = await clusterKeys(options.apiKeys ?? [], options.data, logger);
  const registry = createRegistry();
  const known = knownExperiments();
  const links = await openConnections({ ...options, clock, logger }, configTaker(registry, known));
  try {
    await applyDefinitions(links.config, () => planDefinitions(experiments, known, clock.now(), links.config.end));
    return await start({ ...options, clock, logger }, { ...links, registry, known, keys, loaded: experiments });
  } catch (cause) {
    await links.close();
    throw cause;
  }
}

type StartOptions = ClusterOptions & { readonly clock: Clock; readonly logger: Logger };
type Parts = Connections & {
  readonly registry: Registry;
  readonly known: KnownExperiments;
  readonly keys: KeyRing;
  readonly loaded: readonly Experiment[];
};

async function start(options: StartOptions, parts: Parts): Promise<Engine> {
  const { clock, logger } = options;
  const { config, shared, registry, known, health } = parts;
  const appender = createAppender(parts.producer, clock);
  let consumer: GroupConsumer | undefined;
  const owners = new Owners({
    ...{ log: config.id, partitions: config.partitions, registry, shared, clock, logger, config },
    ...{ checkpoints: parts.checkpoints, topics: parts.topics, deadLetter: parts.deadLetter, consumer: () => consumer },
  });
  const isPublisher = (): boolean => owners.owned().some(({ index, held }) => index === 0 && held !== undefined);
  const publisher = createPublishDuty({ config, shared, registry, known, clock, logger, isPublisher });
  const served = servedSnapshot({ created: config.created, config }, registry, clock);
  parts.onConfig(() => served.refresh());
  // before anybody appends here: where no other server runs, the log was shut until now
  const all = Array.from({ length: config.partitions }, (_, index) => index);
  await Promise.all(all.map((index) => appender.tick(index, true)));
  await publisher.publish(true).catch(unlessMoved);
  served.refresh();
  consumer = await parts.startConsumer(owners);
  consumer.onFailure((cause) => void health.poison(cause));
  const duties = clusterDuties({ owners, appender, publisher, served, clock, logger, registry });
  parts.onConfig(duties.restart);
  shared.onReconnect(duties.verify);
  try {
    return await clusterEngine(options, {
      ...{ ...parts, appender, owners, publisher, served, consumer, duties, closing: false },
    });
  } catch (cause) {
    duties.stop();
    await owners.close();
    await consumer.stop();
    throw cause;
  }
}

type Running = Parts & {
  readonly appender: Appender;
  readonly owners: Owners;
  readonly publisher: PublishDuty;
  readonly served: ServedSnapshot;
  readonly consumer: GroupConsumer;
  readonly duties: ClusterDuties;
  /** Whether it takes nothing more. */
  closing: boolean;
};

type Owned = () => Engine['partitions'];

/** What takes events: judged by what was read of the config log so far, and once more when that may be too little. */
function doorOf(options: StartOptions, running: Running, keys: KeyRing, owned: Owned): Engine['ingest'] {
  const { config, registry, known, appender, health } = running;
  const { clock, capacity } = options;
  const append = createIngest({
    log: {
      partitions: config.partitions,
      append: appender.append,
      logTime: () => Math.max(0, ...owned().map(({ state }) => state.watermark)),
      catchUp: () => config.catchUp(),
    },
    ...{ registry, known, keys, clock, capacity },
  });
  return async (items) => {
    if (running.closing) throw serverError('CLOSED');
    if (health.failure !== undefined) throw health.failure;
    const result = await append(items);
    failPoint('before-ack');
    return result;
  };
}

/** What a set of experiments says, to tell whether it was edited. */
const textOf = (experiments: readonly Experiment[]): string =>
  experiments.map((each) => `${each.id} ${definitionOf(each).hash}`).join();

/** Only an edit of this server's files counts: otherwise two servers with different files would take turns for ever. */
function reloaderOf({ experiments, clock, logger }: StartOptions, running: Running): Reloader {
  const { config, known, duties } = running;
  let { loaded } = running;
  let applied = textOf(loaded);
  const plan = () => (textOf(loaded) === applied ? [] : planDefinitions(loaded, known, clock.now(), config.end));
  return createReloader({
    async load() {
      loaded = loadExperiments(await readExperimentFiles(experiments));
      return loaded;
    },
    plan,
    async apply() {
      await applyDefinitions(config, plan);
      applied = textOf(loaded);
      await duties.publish();
    },
    logger,
  });
}

async function clusterEngine(options: StartOptions, running: Running): Promise<Engine> {
  const { clock, logger, data } = options;
  const { registry, known, keys, owners, served, duties, health, consumer } = running;
  const sticky = keptArms(options.sticky, data, logger);
  const owned: Owned = () =>
    owners
      .owned()
      .flatMap(({ index, held }) => (held === undefined ? [] : [{ index, state: held.state, totals: held.totals }]));
  const ingest = doorOf(options, running, keys, owned);
  const { onChange } = served;
  const snapshot = (): Snapshot => served.current;
  const decider = await createDecider({ snapshot, onSnapshot: onChange, ingest, keys, sticky, clock, logger });
  const stopLooking = clock.every(KEYS_MS, keys.refresh);
  const reloader = reloaderOf(options, running);
  const reload = async (): Promise<void> => void (await reloader.reload());
  const unwatch = options.watch === false ? () => {} : watchExperimentFiles(options.experiments, clock, reload);
  const views = viewsOf(owned, clock);
  let closed: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    running.closing = true;
    unwatch();
    duties.stop();
    stopLooking();
    await decider.close();
    await reloader.settled();
    await owners.close();
    await consumer.stop();
    await running.close();
  };
  return {
    ...{ ingest, decide: decider.decide, onSnapshot: onChange, reload: reloader.reload },
    ...{ registry, known, keys, sticky, clock, logger },
    ...{ publish: duties.publish, checkpoint: duties.checkpoint, versionFaults: running.publisher.faults },
    ...views,
    cluster: clusterFigures(owners, consumer),
    logFault: () => standingFault(owners) ?? views.logFault(),
    get partitions() {
      return owned();
    },
    get snapshot() {
      return served.current;
    },
    get reloadFault() {
      return reloader.fault;
    },
    get failure() {
      return health.failure;
    },
    onFailure: (listener) => health.onFailure(listener),
    close() {
      closed ??= close();
      return closed;
    },
  };
}
