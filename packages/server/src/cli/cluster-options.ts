import type { Command } from 'commander';
import type { KafkaSettings, RedisSettings } from '../cluster/ports.js';
import { cliError } from './cli-errors.js';
import {
  type ClusterFlags,
  type ClusterSettings,
  clusterSettings,
  kafkaSettings,
  redisSettings,
} from './cluster-settings.js';
import type { Variable } from './variable-reading.js';

/** Adds the options by which a command finds Kafka. */
export const withKafka = (command: Command): Command =>
  command
    .option('--kafka <brokers>', 'host:port, separated by commas (default: ARMATURE_KAFKA_BROKERS)')
    .option('--prefix <prefix>', 'how the names of topics begin (default: ARMATURE_PREFIX, or armature)');

/** Adds the options by which a command finds Kafka and Redis. */
export const withCluster = (command: Command): Command =>
  withKafka(command).option('--redis <url>', 'address without a password (default: ARMATURE_REDIS_URL)');

/** Adds the options by which a command finds Redis. */
export const withRedis = (command: Command): Command =>
  command
    .option('--redis <url>', 'address without a password (default: ARMATURE_REDIS_URL)')
    .option('--prefix <prefix>', 'how the names of keys begin (default: ARMATURE_PREFIX, or armature)');

export const CLUSTER_HELP = 'TLS, SASL and passwords come from the environment: see docs/operations.md.';

/**
 * The settings of a command that is of no use without Kafka.
 *
 * @throws CLUSTER_SETTINGS_INVALID, CLUSTER_NOT_SET
 */
export function requireKafka(flags: ClusterFlags, variable: Variable): KafkaSettings {
  const settings = kafkaSettings(flags, variable);
  if (settings === undefined) {
    throw cliError('CLUSTER_NOT_SET', { todo: 'give --kafka host:port, or set ARMATURE_KAFKA_BROKERS' });
  }
  return settings;
}

/**
 * The settings of a command that is of no use without Kafka and Redis.
 *
 * @throws CLUSTER_SETTINGS_INVALID, CLUSTER_NOT_SET
 */
export function requireCluster(flags: ClusterFlags, variable: Variable): ClusterSettings {
  const settings = clusterSettings(flags, variable);
  if (settings === undefined) throw cliError('CLUSTER_NOT_SET');
  return settings;
}

/**
 * The settings of a command that is of no use without Redis.
 *
 * @throws CLUSTER_SETTINGS_INVALID, CLUSTER_NOT_SET
 */
export function requireRedis(flags: ClusterFlags, variable: Variable): RedisSettings {
  const settings = redisSettings(flags, variable);
  if (settings === undefined) {
    throw cliError('CLUSTER_NOT_SET', { todo: 'give --redis redis://host:6379, or set ARMATURE_REDIS_URL' });
  }
  return settings;
}
