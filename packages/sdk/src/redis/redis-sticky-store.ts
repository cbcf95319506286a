import { OPTIONS_INVALID } from '../client-errors.js';
import { clientError } from '../errors.js';
import { storedUnit } from '../node/stored-unit.js';
import type { StickyRecord, StickyStore } from '../sticky.js';
import { connectRedis, type RedisConnection } from './redis-connection.js';

/** The two commands that are used: an ioredis client has them, for one node or a cluster. */
export interface RedisCommands {
  hgetall(key: string): Promise<{ readonly [field: string]: string }>;
  eval(script: string, keys: number, ...args: (string | number)[]): Promise<unknown>;
}

export interface RedisStickyOptions {
  /** Such as redis://127.0.0.1:6379; the connection is made at first use, with the package `ioredis`. */
  readonly url?: string;
  /** A client of yours, instead of `url`. It stays yours to close. */
  readonly client?: RedisCommands;
  /** Begins every key. @default 'armature:sticky:' */
  readonly prefix?: string;
  /** A unit is forgotten this long after its last new record, ms; 0 for never. @default 180 days */
  readonly ttlMs?: number;
  /** Makes the names of units in the keys those of HMAC-SHA-256, so that nobody without it can look for one. */
  readonly secret?: string;
}

export interface RedisStickyStore extends StickyStore {
  /** Closes the connection that was made from `url`. */
  close(): Promise<void>;
}

const DAY_MS = 86_400_000;

/** One step on the server: of two callers at the same time one is first, and both get its record. */
const SET_IF_ABSENT = `
if redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[2]) == 1 and tonumber(ARGV[3]) > 0 then
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
end
return redis.call('HGET', KEYS[1], ARGV[1])`;

/** What is no JSON comes back as it is: the assignment checks every record, and tells this one from the others. */
function parse(text: unknown): StickyRecord {
  try {
    return JSON.parse(String(text)) as StickyRecord;
  } catch {
    return text as never;
  }
}

/**
 * Keeps the arms of units in Redis, one hash for each unit with a field for each record, so that experiments never
 * overwrite each other. Set-if-absent runs on the server in one step; a repeated call finds its own record.
 *
 * @returns a store for `stickyAssignment` of `@armature/sdk/sticky`
 * @throws ArmatureError OPTIONS_INVALID
 * @example
 * typeof redisStickyStore({ url: 'redis://127.0.0.1:6379' }).close // => 'function'
 */
export function redisStickyStore(options: RedisStickyOptions): RedisStickyStore {
  const { url, client, secret, prefix = 'armature:sticky:', ttlMs = 180 * DAY_MS } = options;
  if ((url === undefined) === (client === undefined)) {
    throw clientError(OPTIONS_INVALID, {
      got: 'a Redis store with not exactly one of url and client',
      todo: 'give one',
    });
  }
  if (!(Number.isSafeInteger(ttlMs) && ttlMs >= 0)) {
    throw clientError(OPTIONS_INVALID, { got: `ttlMs ${String(ttlMs)}`, todo: 'write whole milliseconds, or 0' });
  }
  const connection: RedisConnection | undefined = url === undefined ? undefined : connectRedis(url);
  const redis = async (): Promise<RedisCommands> => client ?? (await connection!.ready());
  const keyOf = (unit: string): string => `${prefix}${storedUnit(unit, secret)}`;
  return {
    async get(unit) {
      const fields = await (await redis()).hgetall(keyOf(unit));
      return Object.values(fields).map(parse);
    },
    async setIfAbsent(unit, record) {
      const value = JSON.stringify(record);
      return parse(await (await redis()).eval(SET_IF_ABSENT, 1, keyOf(unit), record.key, value, ttlMs));
    },
    async close() {
      await connection?.close();
    },
  };
}
