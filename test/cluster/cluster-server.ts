import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Random } from '@armature/analysis';
import { freePort, type ServerProcess, serverProcess } from '../faults/server-process.js';
import { type TcpProxy, tcpProxy } from './tcp-proxy.js';

/** Loaded into each server, see there. */
const REDIRECT = new URL('./redirect-ports.mjs', import.meta.url);
/** After this long without a sign of life its partitions go to others; brokers allow no less. */
export const SESSION_MS = 6000;
const START_MS = 90_000;

/** One of several `armature serve`, with a proxy of its own before everything that it talks to. */
export interface ClusterServer extends ServerProcess {
  readonly name: string;
  readonly links: { readonly kafka: readonly TcpProxy[]; readonly redis: TcpProxy };
  /** Starts it, and again where it ended before it listened, as a supervisor does. Nothing where it runs. */
  revive(): Promise<void>;
  /** How often it ended of its own accord, other than at a fail point. */
  readonly ends: number;
  dispose(): Promise<void>;
}

export interface ClusterServerOptions {
  readonly name: string;
  readonly random: Random;
  readonly prefix: string;
  readonly partitions: number;
  readonly brokers: readonly string[];
  readonly redisPort: number;
  readonly experiments?: string;
}

const portOf = (broker: string): number => Number(broker.slice(broker.lastIndexOf(':') + 1));

/** A server that is not started yet. */
export async function clusterServer(options: ClusterServerOptions): Promise<ClusterServer> {
  const { name, random, prefix, partitions, brokers, redisPort, experiments } = options;
  const data = await mkdtemp(join(tmpdir(), 'armature-cluster-'));
  const kafka = await Promise.all(brokers.map((broker) => tcpProxy(portOf(broker), random)));
  const redis = await tcpProxy(redisPort, random);
  const links = { kafka, redis };
  const ports = brokers.map((broker, n) => [portOf(broker), kafka[n]?.port]);
  const variables = {
    ARMATURE_KAFKA_BROKERS: brokers.join(','),
    ARMATURE_REDIS_URL: `redis://127.0.0.1:${redis.port}`,
    ARMATURE_PREFIX: prefix,
    ARMATURE_KAFKA_SESSION_MS: String(SESSION_MS),
    ARMATURE_TEST_PORTS: JSON.stringify(ports),
    KAFKAJS_NO_PARTITIONER_WARNING: '1',
  };
  const server = serverProcess({
    ...{ data, port: await freePort(), partitions, preload: REDIRECT, variables },
    ...(experiments === undefined ? {} : { experiments }),
  });
  let ends = 0;
  let wanted = false;
  const revive = async (): Promise<void> => {
    if (server.running) return;
    if (wanted) ends += 1;
    const until = Date.now() + START_MS;
    for (;;) {
      try {
        await server.start();
        wanted = true;
        return;
      } catch (cause) {
        if (Date.now() > until) throw new Error(`${name} does not start`, { cause });
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
    }
  };
  return {
    ...server,
    get running() {
      return server.running;
    },
    get said() {
      return server.said;
    },
    get ends() {
      return ends;
    },
    ...{ name, links, revive },
    async kill() {
      wanted = false;
      await server.kill();
    },
    async stop() {
      wanted = false;
      server.resume();
      return server.stop();
    },
    async ended() {
      const code = await server.ended();
      wanted = false;
      return code;
    },
    async dispose() {
      wanted = false;
      await server.kill();
      await Promise.all([...kafka, redis].map((proxy) => proxy.close()));
      await rm(data, { recursive: true, force: true });
    },
  };
}
