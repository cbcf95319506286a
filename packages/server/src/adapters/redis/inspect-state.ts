import { Cluster, type Redis } from 'ioredis';
import type { RedisSettings } from '../../cluster/ports.js';
import type { Clock, Logger } from '../../ports.js';
import { type RedisClient, redisConnection } from './connection.js';
import { readHead, stateKeys } from './stored-head.js';

/** A partition's state as it stands in Redis, without being loaded. */
export interface ShownPartition {
  readonly partition: number;
  readonly revision: string;
  /** Whether the head can be read; without it nothing below is known. */
  readonly readable: boolean;
  readonly log: string | null;
  /** Offset of the next record to be folded. */
  readonly offset: number | null;
  /** Log time, ms since the epoch. */
  readonly watermark: number | null;
  /** Ids that are remembered: of events, trials and units. */
  readonly ids: number | null;
  readonly parts: number | null;
  /** Of head and parts. */
  readonly bytes: number | null;
}

/** What is known of an experiment's arms, as it was written last. */
export interface ShownPosterior {
  readonly experiment: string;
  readonly updatedAt: string | null;
  /** As `showPosteriors` was given them. */
  readonly fields: { readonly [field: string]: string };
}

export interface ShownState {
  readonly partitions: readonly ShownPartition[];
  readonly posteriors: readonly ShownPosterior[];
}

/** Bytes of a remembered id. */
const ID_BYTES = 12;
const ID_PARTS = /^(ids|uncounted|rewardIds|exposureIds|units)\./;
const KEYS_AT_ONCE = 1000;

/** Names of keys, on all nodes. */
async function keysLike(client: RedisClient, pattern: string): Promise<readonly string[]> {
  const nodes: readonly Redis[] = client instanceof Cluster ? client.nodes('master') : [client];
  const names = new Set<string>();
  for (const node of nodes) {
    let cursor = '0';
    do {
      const [next, found] = await node.scan(cursor, 'MATCH', pattern, 'COUNT', KEYS_AT_ONCE);
      for (const name of found) names.add(name);
      cursor = next;
    } while (cursor !== '0');
  }
  return [...names];
}

function watermarkOf(head: string): number | null {
  try {
    const { watermark } = JSON.parse(head) as { readonly watermark?: unknown };
    return typeof watermark === 'number' ? watermark : null;
  } catch {
    return null;
  }
}

function shownPartition(partition: number, fields: { readonly [field: string]: string }): ShownPartition {
  const stored = readHead(fields);
  const { revision = '' } = fields;
  const unknown = { log: null, offset: null, watermark: null, ids: null, parts: null, bytes: null };
  if (stored === undefined) return { partition, revision, readable: false, ...unknown };
  let [ids, bytes] = [0, Object.values(fields).reduce((sum, text) => sum + Buffer.byteLength(text), 0)];
  for (const [name, { length }] of stored.ends) {
    bytes += length;
    if (ID_PARTS.test(name)) ids += length / ID_BYTES;
  }
  const { log, offset, ends } = stored;
  const watermark = watermarkOf(stored.head);
  return { partition, revision, readable: true, log, offset, watermark, ids, parts: ends.size, bytes };
}

function shownPosterior(experiment: string, fields: { readonly [field: string]: string }): ShownPosterior {
  const { updated_at: updatedAt = null, ...rest } = fields;
  return { experiment, updatedAt, fields: rest };
}

/**
 * Looks at what is in Redis: heads and posteriors alone, not the state itself. It walks over the names of all keys.
 *
 * @throws ArmatureError REDIS_SETTINGS_INVALID, STATE_UNAVAILABLE
 */
export async function inspectState(
  settings: RedisSettings,
  outside: { readonly logger: Logger; readonly clock: Clock },
): Promise<ShownState> {
  const connection = await redisConnection(settings, outside);
  const keys = stateKeys(settings.prefix);
  try {
    return await connection.run(async (client) => {
      const partitions: ShownPartition[] = [];
      for (const key of await keysLike(client, keys.head('*'))) {
        const partition = Number(/\{(\d+)\}:state$/.exec(key)?.[1] ?? Number.NaN);
        const fields = await client.hgetall(key);
        if (Number.isSafeInteger(partition) && fields.revision !== undefined) {
          partitions.push(shownPartition(partition, fields));
        }
      }
      const posteriors: ShownPosterior[] = [];
      for (const key of await keysLike(client, keys.posterior('*'))) {
        posteriors.push(shownPosterior(key.slice(keys.posterior('').length), await client.hgetall(key)));
      }
      return {
        partitions: partitions.sort((a, b) => a.partition - b.partition),
        posteriors: posteriors.sort((a, b) => (a.experiment < b.experiment ? -1 : 1)),
      };
    });
  } finally {
    connection.close();
  }
}
