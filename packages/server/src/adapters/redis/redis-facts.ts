import { Cluster, type Redis } from 'ioredis';
import type { RedisSettings } from '../../cluster/ports.js';
import type { Clock, Logger } from '../../ports.js';
import { redisConnection } from './connection.js';

/** What one Redis tells of itself. */
export interface RedisFacts {
  /** `host:port`. */
  readonly node: string;
  /** Fields of INFO. */
  readonly info: ReadonlyMap<string, string>;
  /** Answers to CONFIG GET; empty where that is forbidden, as it is with many providers. */
  readonly config: ReadonlyMap<string, string>;
  /** How far its clock is ahead of ours, ms, give or take half the time that the answer took. */
  readonly aheadMs: number;
  readonly answerMs: number;
}

const ASKED = ['appendfsync', 'min-replicas-to-write', 'min-replicas-max-lag', 'maxmemory-policy'];

async function factsOf(client: Redis, clock: Clock): Promise<RedisFacts> {
  const text = await client.info();
  const info = new Map(
    text.split(/\r?\n/).flatMap((line) => {
      const colon = line.indexOf(':');
      return colon > 0 ? [[line.slice(0, colon), line.slice(colon + 1)] as const] : [];
    }),
  );
  const config = new Map<string, string>();
  for (const name of ASKED) {
    const pair = (await client.config('GET', name).catch(() => [])) as readonly string[];
    if (pair[1] !== undefined) config.set(name, pair[1]);
  }
  const sent = clock.now();
  const [seconds = 0, micros = 0] = (await client.time()).map(Number);
  const received = clock.now();
  const { host = '', port = '' } = client.options;
  return {
    ...{ node: `${host}:${port}`, info, config },
    aheadMs: seconds * 1000 + micros / 1000 - (sent + received) / 2,
    answerMs: received - sent,
  };
}

/**
 * Asks the server, or each master of a cluster, what it is and how it is set up. Nothing is written.
 *
 * @throws REDIS_SETTINGS_INVALID, STATE_UNAVAILABLE
 */
export async function redisFacts(
  settings: RedisSettings,
  outside: { readonly logger: Logger; readonly clock: Clock },
): Promise<readonly RedisFacts[]> {
  const connection = await redisConnection(settings, outside);
  try {
    return await connection.run(async (client) => {
      if (!(client instanceof Cluster)) return [await factsOf(client, outside.clock)];
      await client.ping(); // knows its nodes from then on
      return Promise.all(client.nodes('master').map((node) => factsOf(node, outside.clock)));
    });
  } finally {
    connection.close();
  }
}
