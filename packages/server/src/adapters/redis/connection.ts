import { Cluster, type CommonRedisOptions, Redis, type RedisOptions } from 'ioredis';
import type { RedisSettings } from '../../cluster/ports.js';
import { serverError } from '../../errors.js';
import type { Clock, Logger } from '../../ports.js';
import { COMMIT_SCRIPT, PIECE_SCRIPT } from './commit-script.js';
import { parseRedisAddress, type RedisAddress, shownAddress } from './redis-address.js';

/** What the scripts are as commands: the number of keys, the keys, the arguments. */
interface ScriptCommands {
  armatureCommit(keys: number, ...args: readonly (string | Buffer)[]): Promise<readonly string[]>;
  armaturePiece(keys: number, ...args: readonly (string | Buffer)[]): Promise<number>;
}

export type RedisClient = (Redis | Cluster) & ScriptCommands;

/** A connection that is made again whenever it breaks. Commands fail at once while it is not there. */
export interface RedisConnection {
  /**
   * Runs commands.
   *
   * @throws ArmatureError STATE_UNAVAILABLE; what was sent may have been done
   */
  run<T>(commands: (client: RedisClient) => Promise<T>): Promise<T>;
  /** Called when the connection is there again, be it to the same server or to another. */
  onReconnect(listener: () => void): void;
  close(): void;
}

const CONNECT_MS = 2000;
const ANSWER_MS = 5000;
const LONGEST_WAIT_MS = 2000;
/** How often the nodes of a cluster are asked which of them has what, beside every time that one says it has moved. */
const REFRESH_MS = 10_000;
/** Answers that no second attempt will change. */
const REFUSED = /WRONGPASS|NOAUTH|NOPERM|invalid password|DB index|not allowed in cluster|cluster support disabled/i;

const waitMs = (attempt: number): number => Math.min(LONGEST_WAIT_MS, 50 * 2 ** Math.min(attempt, 10));

/**
 * Nothing is sent twice by the client itself: who gives a commit again knows why. A server that says nothing for as long
 * as an answer may take is taken for dead.
 */
function optionsOf(
  { username, password, tls }: RedisAddress,
  settings: RedisSettings,
): CommonRedisOptions & RedisOptions {
  const { ca, cert, key } = settings.tls ?? {};
  const pem = { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
  return {
    lazyConnect: true,
    connectionName: 'armature',
    disableClientInfo: true,
    connectTimeout: CONNECT_MS,
    commandTimeout: ANSWER_MS,
    socketTimeout: ANSWER_MS,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    enableAutoPipelining: false,
    retryStrategy: waitMs,
    // what was a master and is a replica now: the address may lead elsewhere by this time
    reconnectOnError: ({ message }) => message.startsWith('READONLY'),
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(tls ? { tls: pem } : {}),
  };
}

function clientOf(address: RedisAddress, settings: RedisSettings): Redis | Cluster {
  const { kind, hosts, name, db } = address;
  const scripts = { armatureCommit: { lua: COMMIT_SCRIPT }, armaturePiece: { lua: PIECE_SCRIPT } };
  const options = optionsOf(address, settings);
  if (kind === 'cluster') {
    const { retryStrategy: _, enableOfflineQueue: __, lazyConnect: ___, ...redisOptions } = options;
    return new Cluster([...hosts], {
      scripts,
      lazyConnect: true,
      enableOfflineQueue: false,
      clusterRetryStrategy: waitMs,
      slotsRefreshTimeout: CONNECT_MS,
      slotsRefreshInterval: REFRESH_MS,
      redisOptions,
    });
  }
  if (kind === 'node') return new Redis({ ...options, ...hosts[0], db, scripts });
  return new Redis({
    ...options,
    ...{ sentinels: [...hosts], name, db, scripts, failoverDetector: true, sentinelCommandTimeout: CONNECT_MS },
    ...(options.tls === undefined ? {} : { sentinelTLS: options.tls, enableTLSForSentinelMode: true }),
  });
}

function messageOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const last = (cause as { lastNodeError?: unknown }).lastNodeError;
  return last === undefined ? cause.message : messageOf(last);
}

/** The failure of a command. Its cause goes no further: it holds what was sent. */
function unavailable(cause: unknown): Error {
  const message = messageOf(cause);
  const got = /isn't writeable|isn't ready|Connection is closed|None of startup nodes/.test(message)
    ? 'no connection'
    : /max retries per request/.test(message)
      ? 'a connection that broke before the answer came'
      : message;
  if (/^OOM|OOM command not allowed/.test(message)) {
    const todo = 'give Redis more memory (maxmemory); nothing was written, and it is tried again';
    return serverError('STATE_UNAVAILABLE', { got, todo, cause: new Error(message) });
  }
  return serverError('STATE_UNAVAILABLE', { got, cause: new Error(message) });
}

/** Which server is at the other end, and what its data goes back to. */
async function identityOf(client: Redis | Cluster): Promise<string> {
  if (client instanceof Cluster) return '';
  const info = `${await client.info('server')}${await client.info('replication')}`;
  return ['run_id', 'master_replid'].map((name) => new RegExp(`^${name}:(\\w+)`, 'm').exec(info)?.[1] ?? '').join(' ');
}

/** Tells of losses and returns, each once. */
function watch(client: Redis | Cluster, shown: string, logger: Logger) {
  const listeners: (() => void)[] = [];
  let opened = false;
  let closed = false;
  let lost = false;
  let identity = '';
  let lastError: string | undefined;
  const onError = (cause: unknown): void => {
    lastError = messageOf(cause);
  };
  const onClose = (): void => {
    if (!opened || lost || closed) return;
    lost = true;
    logger.warn('connection to Redis lost', { redis: shown, cause: lastError ?? 'closed' });
  };
  const onReady = async (): Promise<void> => {
    const before = identity;
    identity = await identityOf(client).catch(() => '');
    if (!opened) return;
    lost = false;
    lastError = undefined;
    logger.info('connected to Redis again', { redis: shown, sameServer: before !== '' && before === identity });
    for (const listener of listeners) listener();
  };
  client.on('error', onError);
  client.on('close', onClose);
  client.on('ready', onReady);
  // the nodes of a cluster break and come back one by one
  client.on('+node', (node: Redis) => {
    node.on('error', onError);
    node.on('close', onClose);
    node.on('ready', onReady);
  });
  return {
    listeners,
    lastError: () => lastError,
    async open(): Promise<void> {
      identity = await identityOf(client).catch(() => '');
      opened = true;
    },
    close(): void {
      closed = true;
    },
  };
}

/**
 * Connects. Where the server does not answer it is tried again for ever, and commands fail until it is there.
 *
 * @throws ArmatureError REDIS_SETTINGS_INVALID when the address is none, or the server refuses user, password or database
 */
export async function redisConnection(
  settings: RedisSettings,
  { logger, clock }: { readonly logger: Logger; readonly clock: Clock },
): Promise<RedisConnection> {
  const client = clientOf(parseRedisAddress(settings), settings) as RedisClient;
  const shown = shownAddress(settings.url);
  const watched = watch(client, shown, logger);
  let stop = (): void => {};
  const patience = new Promise<void>((resolve) => {
    stop = clock.after(ANSWER_MS, resolve);
  });
  const failure = await Promise.race([
    client.connect().then(() => undefined, messageOf),
    patience.then(() => 'no answer'),
  ]);
  stop();
  const said = watched.lastError() ?? failure;
  if (said !== undefined && REFUSED.test(said)) {
    client.disconnect();
    const todo = 'check user, password and database in the address';
    throw serverError('REDIS_SETTINGS_INVALID', { got: `"${said}" from ${shown}`, todo });
  }
  if (failure !== undefined) logger.warn('Redis does not answer yet', { redis: shown, cause: said });
  await watched.open();
  return {
    async run(commands) {
      try {
        return await commands(client);
      } catch (cause) {
        throw unavailable(cause);
      }
    },
    onReconnect(listener) {
      watched.listeners.push(listener);
    },
    close() {
      watched.close();
      client.disconnect();
    },
  };
}
