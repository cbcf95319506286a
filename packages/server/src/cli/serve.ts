import { isArmatureError } from '@armature/sdk';
import { type RedisStickyStore, redisStickyStore } from '@armature/sdk/redis';
import { InvalidArgumentError } from 'commander';
import type { ServeOptions } from '../main.js';
import { cliError } from './cli-errors.js';
import { clusterSettings } from './cluster-settings.js';
import { DATA } from './data-directory.js';
import { EXIT } from './exit-code.js';
import { EXPERIMENTS } from './experiment-paths.js';
import { duration, size } from './quantity.js';
import { reportError } from './report-error.js';
import type { AddCommand } from './run.js';
import type { Terminal } from './terminal.js';

interface ServeFlags {
  readonly experiments: string;
  readonly data: string;
  readonly port: number;
  readonly host: string;
  readonly partitions?: number;
  readonly requestsPerSecond?: number;
  readonly streams?: number;
  readonly streamsPerKey?: number;
  readonly sticky?: string;
  readonly kafka?: string;
  readonly redis?: string;
  readonly prefix?: string;
  readonly segmentBytes?: number;
  readonly segmentAge?: number;
  readonly retainAge?: number;
  readonly retainBytes?: number;
}

/** Reads a whole number of an option. */
export function integer(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(`Write a whole number from ${least} to ${most}.`);
  };
}

/** Keys as the environment gives them: separated by commas or white space, so that they stay out of process lists. */
const keysIn = (text: string | undefined): readonly string[] => text?.split(/[\s,]+/).filter((key) => key !== '') ?? [];

const LEAST_KEY = 16;

/** A variable that was meant to close the server must not leave it open, or ajar. */
function checkKeys(keys: readonly string[], text: string | undefined): void {
  if (text !== undefined && keys.length === 0) throw cliError('API_KEYS_INVALID', { got: 'no key in it' });
  const short = keys.filter((key) => key.length < LEAST_KEY).length;
  if (short > 0) throw cliError('API_KEYS_INVALID', { got: `${short} shorter than ${LEAST_KEY} characters` });
}

/** An address that cannot be listened on is a configuration to change, not a failure of the server. */
function portFault(cause: unknown, { host, port }: ServeFlags): Error | undefined {
  const { code, syscall } = (cause ?? {}) as NodeJS.ErrnoException;
  if (syscall !== 'listen' && syscall !== 'getaddrinfo') return undefined;
  return cliError('ADDRESS_UNUSABLE', { got: `${host}:${port}: ${code}`, cause });
}

const SESSION_MS = 'ARMATURE_KAFKA_SESSION_MS';

/** Where Kafka and Redis are, and what else one of several servers needs; undefined for a server of its own. */
function clusterOf(flags: ServeFlags, terminal: Terminal): ServeOptions['cluster'] {
  const settings = clusterSettings(flags, terminal.variable);
  const own = (['segmentBytes', 'segmentAge', 'retainAge', 'retainBytes'] as const).filter((name) => flags[name]);
  if (settings !== undefined && own.length > 0) {
    const todo = 'leave it out: topics have a retention of their own, see armature topics create';
    throw cliError('CLUSTER_SETTINGS_INVALID', { got: `${own.join(', ')} of a log on disk, beside Kafka`, todo });
  }
  const text = terminal.variable(SESSION_MS);
  if (settings === undefined || text === undefined) return settings;
  const sessionMs = /^\d{4,6}$/.test(text) ? Number(text) : Number.NaN;
  if (sessionMs >= 6000 && sessionMs <= 300_000) return { ...settings, sessionMs };
  throw cliError('CLUSTER_SETTINGS_INVALID', {
    got: `${SESSION_MS}=${text}`,
    todo: 'write milliseconds from 6000 to 300000',
  });
}

/** Where the arms of units are kept: where it is said, else with the other state; files where that is one machine's. */
function stickyOf(url: string | undefined, cluster: ServeOptions['cluster']): RedisStickyStore | undefined {
  if (url !== undefined) return redisStickyStore({ url });
  if (cluster === undefined) return undefined;
  const { redis } = cluster;
  if (/^rediss?:/.test(redis.url)) return redisStickyStore({ url: redis.url, prefix: `${redis.prefix}:sticky:` });
  const got = 'Sentinels or a cluster, and no Redis for sticky arms';
  throw cliError('CLUSTER_SETTINGS_INVALID', {
    got,
    todo: 'give --sticky, or ARMATURE_STICKY_URL, the redis:// address of one node',
  });
}

/** What is asked of the log's files, as the engine takes it. */
function keeping(flags: { readonly [name in 'segmentAge' | 'retainAge' | 'retainBytes']: number | undefined }) {
  const { segmentAge, retainAge, retainBytes } = flags;
  const retention = {
    ...(retainAge === undefined ? {} : { ageMs: retainAge }),
    ...(retainBytes === undefined ? {} : { bytes: retainBytes }),
  };
  return {
    ...(segmentAge === undefined ? {} : { segmentAgeMs: segmentAge }),
    ...(Object.keys(retention).length === 0 ? {} : { retention }),
  };
}

/** `armature serve`: the server, until a signal ends it. */
export const serveCommand: AddCommand = (program, terminal) => {
  program
    .command('serve')
    .description('run the server: decisions, rewards, learning, snapshots')
    .option('--experiments <folder>', 'folder of experiment files', EXPERIMENTS)
    .option('--data <folder>', 'data directory', DATA)
    .option('--port <number>', '0 takes any free port', integer(0, 65_535), 4400)
    .option('--host <address>', 'an address other than loopback needs API keys', '127.0.0.1')
    .option('--partitions <number>', 'fixed when the log is made (default: 4)', integer(1, 1024))
    .option('--requests-per-second <number>', 'of one key, then 429 (default: 10000)', integer(1, 10_000_000))
    .option('--streams <number>', 'open snapshot streams (default: 10000)', integer(0, 1_000_000))
    .option('--streams-per-key <number>', 'of one key (default: 1000)', integer(0, 1_000_000))
    .option('--sticky <url>', 'Redis that keeps the arms of units (default: files in the data directory)')
    .option('--kafka <brokers>', 'one of several servers: host:port of Kafka, separated by commas')
    .option('--redis <url>', 'and the Redis that they share')
    .option('--prefix <name>', 'of their topics and keys (default: armature)')
    .option(
      '--segment-bytes <size>',
      'a file of the log is followed by another at (default: 64MiB)',
      size(4096, '4KiB'),
    )
    .option('--segment-age <duration>', 'or when it is as old as (default: 1d)', duration(1000, '1s'))
    .option('--retain-age <duration>', 'delete events older than this (default: keep all)', duration(21_600_000, '6h'))
    .option('--retain-bytes <size>', 'delete the oldest while there are more (default: keep all)', size(1024, '1KiB'))
    .addHelpText(
      'after',
      '\nAPI keys are made by `armature keys`; more come from ARMATURE_API_KEYS, separated by commas.\nWithout any, the server is open to this machine alone.\nAn address for --sticky that holds a password comes from ARMATURE_STICKY_URL.\nARMATURE_KAFKA_BROKERS and ARMATURE_REDIS_URL make it one of several servers: see docs/operations.md.\n\nExample:\n  $ armature serve --experiments experiments --data .armature --port 4400',
    )
    .action(async (flags: ServeFlags) => {
      let store: RedisStickyStore | undefined;
      let cluster: ServeOptions['cluster'];
      try {
        const { serve } = await import('../main.js');
        cluster = clusterOf(flags, terminal);
        store = stickyOf(flags.sticky ?? terminal.variable('ARMATURE_STICKY_URL'), cluster);
        const sticky = store === undefined ? {} : { sticky: store };
        const { exited } = await serve({ ...optionsOf(flags, terminal), ...sticky, ...(cluster && { cluster }) });
        terminal.exit((await exited) === 0 ? EXIT.ok : EXIT.error);
      } catch (cause) {
        reportError(portFault(cause, flags) ?? cause, terminal);
        // Kafka or Redis may come back by themselves: a supervisor should try again
        const outage = cluster !== undefined && isArmatureError(cause) && cause.retryable;
        terminal.exit(outage ? EXIT.error : EXIT.refused);
      } finally {
        await store?.close();
      }
    });
};

/** What every server is asked for, on one machine or among several. */
function optionsOf(flags: ServeFlags, terminal: Terminal): ServeOptions {
  const { experiments, data, port, host, partitions, requestsPerSecond } = flags;
  const { streams: all, streamsPerKey: perKey, segmentBytes, segmentAge, retainAge, retainBytes } = flags;
  const apiKeys = keysIn(terminal.variable('ARMATURE_API_KEYS'));
  checkKeys(apiKeys, terminal.variable('ARMATURE_API_KEYS'));
  return {
    ...{ experiments, data, port, host, apiKeys, print: terminal.out },
    ...(partitions === undefined ? {} : { partitions }),
    ...(requestsPerSecond === undefined ? {} : { requestsPerSecond }),
    ...(segmentBytes === undefined ? {} : { segmentBytes }),
    ...keeping({ segmentAge, retainAge, retainBytes }),
    streams: { ...(all === undefined ? {} : { all }), ...(perKey === undefined ? {} : { perKey }) },
  };
}
