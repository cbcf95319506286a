import type { Redis } from 'ioredis';
import { OPTIONS_INVALID } from '../client-errors.js';
import { clientError } from '../errors.js';

/** A connection that is made at first use, and again whenever it breaks. */
export interface RedisConnection {
  /** The client, connected; rejects at once while the server cannot be reached. */
  ready(): Promise<Redis>;
  close(): Promise<void>;
}

const TIMEOUT_MS = 1000;
const LONGEST_WAIT_MS = 2000;

/** The one place that knows ioredis: an optional peer, loaded only where an address is given. */
async function load(): Promise<typeof Redis> {
  try {
    return (await import('ioredis')).Redis;
  } catch (cause) {
    const todo = 'npm install ioredis, or pass a client of your own';
    throw clientError(OPTIONS_INVALID, { got: 'a Redis address without the package ioredis', todo, cause });
  }
}

/**
 * @param url redis:// or rediss://
 * @throws ArmatureError OPTIONS_INVALID
 */
export function connectRedis(url: string): RedisConnection {
  if (!/^rediss?:\/\//.test(url) || !URL.canParse(url)) {
    throw clientError(OPTIONS_INVALID, { got: 'a Redis address that is none', todo: 'write redis://host:6379' });
  }
  let opened: Promise<Redis> | undefined;
  let connecting: Promise<void> | undefined;
  let closed = false;
  const open = async (): Promise<Redis> => {
    const Client = await load();
    const client = new Client(url, {
      lazyConnect: true,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      connectTimeout: TIMEOUT_MS,
      commandTimeout: TIMEOUT_MS,
      retryStrategy: (attempt) => Math.min(LONGEST_WAIT_MS, 50 * 2 ** Math.min(attempt, 10)),
    });
    client.on('error', () => {}); // each command that fails says so itself
    return client;
  };
  return {
    async ready() {
      if (closed) throw new Error('the connection to Redis is closed');
      opened ??= open();
      const client = await opened;
      // The first connection is awaited; later ones are the client's own affair, and commands fail until it is there.
      connecting ??= client.connect().catch(() => {});
      await connecting;
      return client;
    },
    async close() {
      closed = true;
      (await opened)?.disconnect();
    },
  };
}
