import { writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort } from '../../../../test/faults/server-process.js';
import { startedProcess } from '../../src/provision/started-process.js';

/** A real Redis of a test's own, which it may kill, set up as it likes, and look into. */
export interface RedisProcess {
  readonly port: number;
  readonly url: string;
  readonly folder: string;
  /** A plain client beside the one under test. */
  readonly client: Redis;
  start(): Promise<void>;
  /** kill -9. */
  kill(): Promise<void>;
  dispose(): Promise<void>;
}

const READY = /Ready to accept connections|Sentinel ID is/;

/** A Redis that keeps nothing. */
const plainArgs = (port: number, folder: string): readonly string[] => [
  ...['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--dir', folder, '--repl-diskless-sync-delay', '0'],
];

/**
 * Starts `redis-server` on a free port.
 *
 * @param flags such as `--appendonly yes`
 * @param begin what stands before them; by default, that nothing is kept
 */
export async function redisProcess(flags: readonly string[] = [], begin = plainArgs): Promise<RedisProcess> {
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), 'armature-redis-'));
  const password = flags[flags.indexOf('--requirepass') + 1];
  const client = new Redis({
    ...(flags.includes('--requirepass') && password !== undefined ? { password } : {}),
    port,
    lazyConnect: true,
    retryStrategy: () => 50,
    maxRetriesPerRequest: 100,
  });
  client.on('error', () => {});
  const started = startedProcess({
    ...{ name: 'redis-server', program: 'redis-server', args: [...begin(port, folder), ...flags] },
    ...{ variables: process.env, folder, ready: READY, startMs: 20_000 },
  });
  const server: RedisProcess = {
    ...{ port, folder, client, start: started.start, kill: started.kill },
    url: `redis://127.0.0.1:${port}`,
    async dispose() {
      client.disconnect();
      await started.dispose();
    },
  };
  await server.start();
  return server;
}

/** A Sentinel that watches a master under the name `main`, and is quick to think it dead. */
export function sentinelOf(master: RedisProcess): Promise<RedisProcess> {
  return redisProcess(['--sentinel'], (port, folder) => {
    const file = join(folder, 'sentinel.conf');
    const lines = [
      `port ${port}`,
      'bind 127.0.0.1',
      `dir ${folder}`,
      `sentinel monitor main 127.0.0.1 ${master.port} 1`,
      'sentinel down-after-milliseconds main 400',
      'sentinel failover-timeout main 3000',
    ];
    writeFileSync(file, `${lines.join('\n')}\n`);
    return [file];
  });
}

/** A replica, once it has everything that its master has. */
export async function replicaOf(master: RedisProcess): Promise<RedisProcess> {
  const replica = await redisProcess(['--replicaof', '127.0.0.1', `${master.port}`]);
  for (;;) {
    if ((await replica.client.info('replication')).includes('master_link_status:up')) return replica;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Everything that is in a Redis, byte for byte: lists, and the fields of hashes in order of their names. */
export async function contentOf({ client }: RedisProcess): Promise<ReadonlyMap<string, readonly string[]>> {
  const content = new Map<string, readonly string[]>();
  for (const name of (await client.keys('*')).sort()) {
    const isHash = (await client.type(name)) === 'hash';
    const list = isHash ? [] : (await client.lrangeBuffer(name, 0, -1)).map((piece) => piece.toString('base64'));
    const fields = isHash ? Object.entries(await client.hgetall(name)).map((field) => field.join('=')) : [];
    content.set(name, [...list, ...fields.sort()]);
  }
  return content;
}
