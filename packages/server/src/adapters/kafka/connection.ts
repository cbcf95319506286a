import type { ConnectionOptions } from 'node:tls';
import {
  type Admin,
  type Cluster,
  type Consumer,
  type ConsumerConfig,
  Kafka,
  type KafkaConfig,
  type LogEntry,
  logLevel,
  PartitionAssigners,
  type SASLOptions,
} from 'kafkajs';
import type { KafkaSettings, TlsSettings } from '../../cluster/ports.js';
import type { Logger } from '../../ports.js';
import { openSocket } from './socket.js';

export { topicName } from '../../cluster/topic-name.js';

/** How long one question to a broker may take. An outage is waited out by whoever asks. */
export interface ConnectionTimes {
  /** Default 3,000. */
  readonly connectMs?: number;
  /** From a request to its answer. Default 10,000. */
  readonly requestMs?: number;
}

export const REQUEST_MS = 10_000;
const CONNECT_MS = 3_000;
/** How long it may take until partitions that somebody adds to a topic are seen. */
const METADATA_MS = 30_000;

/** Makes what talks to Kafka. Everything has connections of its own, so that a fault in one is not the others'. */
export interface KafkaConnection {
  /** Brokers, who leads which partition, and requests to them; not connected yet. */
  cluster(): Cluster;
  consumer(config: ConsumerConfig): Consumer;
  /** Questions about brokers, topics and groups, each asked a few times: nobody asks them again. */
  admin(): Admin;
}

/** The only place that makes a client of kafkajs. Nothing is connected yet. */
export function kafkaConnection(settings: KafkaSettings, logger: Logger, times: ConnectionTimes = {}): KafkaConnection {
  const config = configOf(settings, logger, times);
  return {
    cluster: () => clusterOf(new Kafka(config)),
    // a client each: kafkajs keeps the offsets of a group by client, and two consumers of a group would share them
    consumer: (options) => new Kafka(config).consumer({ allowAutoTopicCreation: false, ...options }),
    admin: () => new Kafka(config).admin({ retry: { retries: 3, initialRetryTime: 100 } }),
  };
}

function configOf(settings: KafkaSettings, logger: Logger, times: ConnectionTimes): KafkaConfig {
  const { tls, sasl } = settings;
  return {
    clientId: 'armature',
    brokers: [...settings.brokers],
    ...(tls === undefined ? {} : { ssl: tlsOptions(tls) }),
    ...(sasl === undefined ? {} : { sasl: { ...sasl } as SASLOptions }),
    connectionTimeout: times.connectMs ?? CONNECT_MS,
    authenticationTimeout: times.requestMs ?? REQUEST_MS,
    requestTimeout: times.requestMs ?? REQUEST_MS,
    // whoever asks has a deadline and tries again by it; long tries in here would outlive it
    retry: { retries: 1, initialRetryTime: 100, maxRetryTime: 1_000, factor: 0.2, multiplier: 2 },
    socketFactory: openSocket,
    logLevel: logLevel.WARN,
    logCreator: () => (entry) => tell(logger, entry),
  };
}

function tlsOptions(tls: TlsSettings): ConnectionOptions | true {
  const { ca, cert, key } = tls;
  if (ca === undefined && cert === undefined && key === undefined) return true;
  return {
    ...(ca === undefined ? {} : { ca: [ca] }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}

/** What may be told of a log entry of kafkajs: nothing that could hold a secret or a record. */
const TOLD = ['broker', 'groupId', 'topic', 'partition', 'error', 'retryCount'];

/** Errors of kafkajs are warnings here: what they mean is for the caller, who tries again or fails. */
function tell(logger: Logger, { namespace, log }: LogEntry): void {
  const fields = TOLD.flatMap((name) => {
    const value: unknown = log[name];
    if (value instanceof Error) return [[name, value.message]];
    return typeof value === 'string' || typeof value === 'number' ? [[name, value]] : [];
  });
  logger.warn('kafka.client', { from: namespace, message: log.message, ...Object.fromEntries(fields) });
}

/**
 * The part of kafkajs under its producer and its consumer, by which a request goes to the leader of one partition and its
 * answer comes back as it is. `send()` of its producer counts records as written that it never sent when a leader moved,
 * and its consumer reads only as a member of a group. kafkajs hands the cluster to whoever assigns partitions.
 */
function clusterOf(kafka: Kafka): Cluster {
  let made: Cluster | undefined;
  kafka.consumer({
    groupId: 'armature-none',
    allowAutoTopicCreation: false,
    metadataMaxAge: METADATA_MS,
    readUncommitted: true,
    partitionAssigners: [
      (given) => {
        made = given.cluster;
        return PartitionAssigners.roundRobin(given);
      },
    ],
  });
  if (made === undefined) throw new TypeError('kafkajs made no cluster: it is not the version that is pinned');
  return made;
}
