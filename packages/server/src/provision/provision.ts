import { env } from 'node:process';
import { serverError } from '../errors.js';
import { type Containers, type Service, startContainers } from './containers.js';
import { startKafka } from './kafka-broker.js';
import { KAFKA_VERSION, kafkaJars } from './kafka-jars.js';
import { FOREIGN, type Provisioned } from './provisioned.js';
import { type Appendonly, startRedis } from './redis.js';
import {
  type ContainerEngine,
  type KafkaSource,
  kafkaSources,
  type RedisSource,
  redisSources,
  type Variables,
} from './sources.js';

export interface ProvisionOptions {
  /** @default false; what it keeps when it is killed is nothing */
  readonly redis?: boolean | { readonly appendonly: Appendonly };
  /** @default false; one broker */
  readonly kafka?: boolean | { readonly brokers: 1 | 3 };
  /** Folder for Kafka's jars. @default see `kafkaFolder` */
  readonly cache?: string;
  /** Hears which servers are used, a line each, and of downloads. */
  readonly tell: (line: string) => void;
  /** @default the environment of this process */
  readonly variables?: Variables;
}

/** What was found or started so far, and how it ends. */
interface Held {
  readonly parts: Partial<Omit<Provisioned, 'dispose'>>;
  readonly dispose: () => Promise<void>;
}

type Start = Pick<ProvisionOptions, 'cache' | 'tell'> & { readonly variables: Variables };

/** A source that needs no container engine. */
type Local<Source> = Exclude<Source, ContainerEngine>;

const localOf = <Source extends { readonly kind: string }>(sources: readonly Source[]) =>
  sources.find((source): source is Local<Source> => source.kind !== 'containers');

async function takeRedis(
  source: Local<RedisSource>,
  appendonly: Appendonly,
  { variables, tell }: Start,
): Promise<Held> {
  if (source.kind === 'given') {
    tell('Redis: the one in ARMATURE_REDIS_URL'); // the address may hold a password
    return { parts: { redisUrl: source.url, redis: FOREIGN }, dispose: FOREIGN.dispose };
  }
  const { url, server } = await startRedis({ ...variables }, appendonly);
  tell(`Redis ${source.version}: started redis-server on ${url.slice('redis://'.length)}`);
  return { parts: { redisUrl: url, redis: server }, dispose: server.dispose };
}

async function takeKafka(source: Local<KafkaSource>, count: 1 | 3, { variables, tell, cache }: Start): Promise<Held> {
  if (source.kind === 'given') {
    tell(`Kafka: ${source.brokers.join(',')}, from ARMATURE_KAFKA_BROKERS`);
    return { parts: { brokers: source.brokers, kafka: [FOREIGN] }, dispose: FOREIGN.dispose };
  }
  const libs = await kafkaJars(variables, tell, cache);
  const { brokers, servers } = await startKafka({ variables: { ...variables }, libs }, count);
  tell(`Kafka ${KAFKA_VERSION}: started from ${libs} on ${brokers.join(',')} with Java ${source.version}`);
  const dispose = async () => void (await Promise.all(servers.map((server) => server.dispose())));
  return { parts: { brokers, kafka: servers }, dispose };
}

function heldContainers({ ports, servers, dispose }: Containers, services: readonly Service[]): Held {
  const redis = { redisUrl: `redis://127.0.0.1:${ports.redis}`, redis: servers.redis };
  const kafka = { brokers: [`127.0.0.1:${ports.kafka}`], kafka: [servers.kafka] };
  const has = (service: Service) => services.includes(service);
  return { parts: { ...(has('redis') ? redis : {}), ...(has('kafka') ? kafka : {}) }, dispose };
}

/** Containers of what is to be had from an engine; undefined, and told, where they do not start but programs may. */
async function takeContainers(sources: Sources, start: Start): Promise<Held | undefined> {
  const services = SERVICES.filter((service) => sources[service][0]?.kind === 'containers');
  const engine = [...sources.redis, ...sources.kafka].find((source) => source.kind === 'containers');
  if (engine === undefined) return undefined;
  try {
    const containers = await startContainers(engine, services, start.variables);
    for (const service of services) {
      const where = `127.0.0.1:${containers.ports[service]}`;
      start.tell(`${service}: a container of ${engine.program} from ${engine.file} on ${where}`);
    }
    return heldContainers(containers, services);
  } catch (cause) {
    if (services.some((service) => sources[service].length === 1)) throw cause;
    start.tell(`${engine.program} is not used: ${(cause as Error).message}`);
    return undefined;
  }
}

const SERVICES = ['redis', 'kafka'] as const satisfies readonly Service[];

interface Sources {
  readonly redis: readonly RedisSource[];
  readonly kafka: readonly KafkaSource[];
}

function found<Source>(sources: readonly Source[], code: 'REDIS_NOT_FOUND' | 'KAFKA_NOT_FOUND'): readonly Source[] {
  if (sources.length === 0) throw serverError(code);
  return sources;
}

/**
 * Finds or starts a real Redis and a real Kafka, in this order: the addresses in ARMATURE_REDIS_URL and
 * ARMATURE_KAFKA_BROKERS, used as they are; containers of the checkout's compose file, where an engine runs them;
 * `redis-server`, and Java 17 or newer with Kafka's jars, which Maven fetches once into a cache. What is started is on
 * the loopback interface, has its files in temporary folders and ends with this process, however that ends.
 *
 * @throws REDIS_NOT_FOUND, KAFKA_NOT_FOUND: neither given nor to be started; KAFKA_DOWNLOAD_FAILED; SERVER_NOT_STARTED
 */
export async function provision(options: ProvisionOptions): Promise<Provisioned> {
  const start: Start = { ...options, variables: options.variables ?? env };
  const { variables, cache } = start;
  const { redis = false, kafka = false } = options;
  const count = typeof kafka === 'object' ? kafka.brokers : 1;
  const sources: Sources = {
    redis: redis === false ? [] : found(redisSources(variables), 'REDIS_NOT_FOUND'),
    kafka: kafka === false ? [] : found(kafkaSources(variables, count, cache), 'KAFKA_NOT_FOUND'),
  };
  const held: Held[] = [];
  const dispose = async () => void (await Promise.all(held.map((one) => one.dispose())));
  try {
    const contained = await takeContainers(sources, start);
    if (contained !== undefined) held.push(contained);
    const has = (part: 'redis' | 'kafka') => held.some(({ parts }) => parts[part] !== undefined);
    const [redisSource, kafkaSource] = [localOf(sources.redis), localOf(sources.kafka)];
    if (redisSource !== undefined && !has('redis')) {
      held.push(await takeRedis(redisSource, typeof redis === 'object' ? redis.appendonly : 'no', start));
    }
    if (kafkaSource !== undefined && !has('kafka')) held.push(await takeKafka(kafkaSource, count, start));
  } catch (cause) {
    await dispose();
    throw cause;
  }
  return { ...Object.assign({}, ...held.map(({ parts }) => parts)), dispose };
}
