import { env } from 'node:process';
import { serverError } from '../errors.js';
import { type Containers, type Service, startContainers } from './containers.js';
import { startKafka } from './kafka-broker.js';
import { KAFKA_VERSION, kafkaJars } from './kafka-jars.js';
import { FOREIGN, type Provisioned } from './provisioned.js';
import { type Appendonly, startRedis } from './redis.js';
import { findKafka, findRedis, type KafkaSource, type RedisSource, type Variables } from './sources.js';

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

function wantedRedis({ variables }: Start): RedisSource {
  const source = findRedis(variables);
  if (source === undefined) throw serverError('REDIS_NOT_FOUND');
  return source;
}

function wantedKafka({ variables, cache }: Start, brokers: 1 | 3): KafkaSource {
  const source = findKafka(variables, brokers, cache);
  if (source === undefined) throw serverError('KAFKA_NOT_FOUND');
  return source;
}

async function takeRedis(source: RedisSource, appendonly: Appendonly, { variables, tell }: Start): Promise<Held[]> {
  if (source.kind === 'given') {
    tell('Redis: the one in ARMATURE_REDIS_URL'); // the address may hold a password
    return [{ parts: { redisUrl: source.url, redis: FOREIGN }, dispose: FOREIGN.dispose }];
  }
  if (source.kind === 'containers') return [];
  const { url, server } = await startRedis({ ...variables }, appendonly);
  tell(`Redis ${source.version}: started redis-server on ${url.slice('redis://'.length)}`);
  return [{ parts: { redisUrl: url, redis: server }, dispose: server.dispose }];
}

async function takeKafka(source: KafkaSource, count: 1 | 3, { variables, tell, cache }: Start): Promise<Held[]> {
  if (source.kind === 'given') {
    tell(`Kafka: ${source.brokers.join(',')}, from ARMATURE_KAFKA_BROKERS`);
    return [{ parts: { brokers: source.brokers, kafka: [FOREIGN] }, dispose: FOREIGN.dispose }];
  }
  if (source.kind === 'containers') return [];
  const libs = await kafkaJars(variables, tell, cache);
  const { brokers, servers } = await startKafka({ variables: { ...variables }, libs }, count);
  tell(`Kafka ${KAFKA_VERSION}: started from ${libs} on ${brokers.join(',')} with Java ${source.version}`);
  const dispose = async () => void (await Promise.all(servers.map((server) => server.dispose())));
  return [{ parts: { brokers, kafka: servers }, dispose }];
}

function heldContainers({ ports, servers, dispose }: Containers, services: readonly Service[]): Held {
  const redis = { redisUrl: `redis://127.0.0.1:${ports.redis}`, redis: servers.redis };
  const kafka = { brokers: [`127.0.0.1:${ports.kafka}`], kafka: [servers.kafka] };
  const has = (service: Service) => services.includes(service);
  return { parts: { ...(has('redis') ? redis : {}), ...(has('kafka') ? kafka : {}) }, dispose };
}

async function takeContainers(sources: readonly [Service, RedisSource | KafkaSource][], start: Start): Promise<Held[]> {
  const contained = sources.flatMap(([service, source]) => (source.kind === 'containers' ? [{ service, source }] : []));
  const [first] = contained;
  if (first === undefined) return [];
  const services = contained.map(({ service }) => service);
  const containers = await startContainers(first.source, services, start.variables);
  for (const service of services) {
    const { program, file } = first.source;
    start.tell(`${service}: a container of ${program} from ${file} on 127.0.0.1:${containers.ports[service]}`);
  }
  return [heldContainers(containers, services)];
}

/**
 * Finds or starts a real Redis and a real Kafka, in this order: the addresses in ARMATURE_REDIS_URL and
 * ARMATURE_KAFKA_BROKERS, used as they are; containers of the checkout's compose file, where an engine runs;
 * `redis-server`, and Java 17 or newer with Kafka's jars, which Maven fetches once into a cache. What is started is on
 * the loopback interface, has its files in temporary folders and ends with this process, however that ends.
 *
 * @throws REDIS_NOT_FOUND, KAFKA_NOT_FOUND: neither given nor to be started; KAFKA_DOWNLOAD_FAILED; SERVER_NOT_STARTED
 */
export async function provision(options: ProvisionOptions): Promise<Provisioned> {
  const start: Start = { ...options, variables: options.variables ?? env };
  const { redis = false, kafka = false } = options;
  const count = typeof kafka === 'object' ? kafka.brokers : 1;
  const redisSource = redis === false ? undefined : wantedRedis(start);
  const kafkaSource = kafka === false ? undefined : wantedKafka(start, count);
  const held: Held[] = [];
  const dispose = async () => void (await Promise.all(held.map((one) => one.dispose())));
  try {
    if (redisSource !== undefined) {
      held.push(...(await takeRedis(redisSource, typeof redis === 'object' ? redis.appendonly : 'no', start)));
    }
    if (kafkaSource !== undefined) held.push(...(await takeKafka(kafkaSource, count, start)));
    const sources: [Service, RedisSource | KafkaSource][] = [];
    if (redisSource !== undefined) sources.push(['redis', redisSource]);
    if (kafkaSource !== undefined) sources.push(['kafka', kafkaSource]);
    held.push(...(await takeContainers(sources, start)));
  } catch (cause) {
    await dispose();
    throw cause;
  }
  return { ...Object.assign({}, ...held.map(({ parts }) => parts)), dispose };
}
