import { randomBytes } from 'node:crypto';
import type { Random } from '@armature/analysis';
import { Redis } from 'ioredis';
import { type Admin, Kafka, logLevel } from 'kafkajs';
import type { TopicKind } from '../../packages/server/src/cluster/ports.js';
import { TOPIC_KINDS } from '../../packages/server/src/cluster/topic-name.js';
import { LEAST_RETENTION_MS, topicPlans } from '../../packages/server/src/cluster/topic-plan.js';
import type { Provisioned, StartedServer } from '../../packages/server/src/provision/provisioned.js';
import { ownServers } from '../provisioned.js';
import { type ClusterServer, clusterServer } from './cluster-server.js';

process.env.KAFKAJS_NO_PARTITIONER_WARNING = '1';

/** One broker or three, which scenarios use one after the other, each with topics of its own. */
export interface Brokers {
  readonly addresses: readonly string[];
  readonly servers: readonly StartedServer[];
  dispose(): Promise<void>;
}

export async function startBrokers(count: 1 | 3): Promise<Brokers> {
  const { brokers = [], kafka = [], dispose } = await ownServers({ kafka: { brokers: count } });
  return { addresses: brokers, servers: kafka, dispose };
}

/** A Redis of a world. */
export interface RedisNode {
  readonly port: number;
  readonly server: StartedServer;
  /** A connection past all proxies. */
  readonly client: Redis;
}

export type Appendonly = 'no' | 'everysec' | 'always';

export interface WorldOptions {
  readonly brokers: Brokers;
  readonly random: Random;
  /** How many servers are started. */
  readonly servers: number;
  readonly partitions?: number;
  /** What Redis keeps when it is killed. @default 'always' */
  readonly appendonly?: Appendonly;
  /** Whether a second Redis follows the first. */
  readonly replica?: boolean;
}

/** Servers over one Kafka and one Redis, under a prefix of their own. */
export interface World {
  readonly prefix: string;
  readonly partitions: number;
  readonly random: Random;
  readonly brokers: Brokers;
  /** The first one is the one that servers talk to, until `failOver`. */
  readonly redis: readonly RedisNode[];
  readonly servers: readonly ClusterServer[];
  readonly kafka: Kafka;
  readonly admin: Admin;
  /** Whether it was disposed of: clients need not go on. */
  readonly over: boolean;
  /** The node that servers talk to. */
  readonly master: RedisNode;
  /** Makes the other node the one that servers talk to, as an address that moves does. */
  failOver(): Promise<void>;
  /** A server more, not started yet. */
  add(): Promise<ClusterServer>;
  /** Ends everything but the brokers, and deletes the topics. */
  dispose(): Promise<void>;
}

/** Makes a topic of a world as `armature topics create` does, also anew. */
export async function createTopic(
  { admin, prefix, partitions, brokers }: Pick<World, 'admin' | 'prefix' | 'partitions' | 'brokers'>,
  kind: TopicKind,
): Promise<void> {
  const replication = brokers.addresses.length;
  const plans = topicPlans(prefix, { partitions, replication, retentionMs: LEAST_RETENTION_MS });
  const plan = plans.find((each) => each.kind === kind);
  if (plan === undefined) throw new Error(`no topic ${kind}`);
  const configEntries = Object.entries(plan.settings).map(([name, value]) => ({ name, value }));
  const { topic } = plan;
  await admin.createTopics({
    waitForLeaders: true,
    topics: [{ topic, numPartitions: plan.partitions, replicationFactor: replication, configEntries }],
  });
}

async function redisNode(appendonly: Appendonly): Promise<RedisNode & Pick<Provisioned, 'dispose'>> {
  const { redisUrl = '', redis, dispose } = await ownServers({ redis: { appendonly } });
  if (redis === undefined) throw new Error('no Redis was started');
  const port = Number(new URL(redisUrl).port);
  const client = new Redis({ port, maxRetriesPerRequest: null, retryStrategy: () => 100 });
  client.on('error', () => {}); // it is killed on purpose
  return { port, server: redis, client, dispose };
}

/** Makes a node the copy of another, and waits until it is one. */
async function follow({ client }: RedisNode, master: RedisNode): Promise<void> {
  await master.client.config('SET', 'repl-diskless-sync-delay', '0');
  await client.replicaof('127.0.0.1', master.port);
  for (let n = 0; !(await client.info('replication')).includes('master_link_status:up'); n += 1) {
    if (n === 200) throw new Error('the second Redis does not follow the first');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export async function createWorld(options: WorldOptions): Promise<World> {
  const { brokers, random, servers: count, partitions = 3, appendonly = 'always' } = options;
  const prefix = `faults-${randomBytes(4).toString('hex')}`;
  const kafka = new Kafka({ brokers: [...brokers.addresses], logLevel: logLevel.NOTHING, clientId: prefix });
  const admin = kafka.admin();
  await admin.connect();
  const redis = await Promise.all((options.replica === true ? [1, 2] : [1]).map(() => redisNode(appendonly)));
  const servers: ClusterServer[] = [];
  let master = 0;
  const world = {
    ...{ prefix, partitions, random, brokers, redis, servers, kafka, admin, over: false },
    get master() {
      const node = redis[master];
      if (node === undefined) throw new Error('no Redis');
      return node;
    },
    async failOver() {
      master = 1 - master;
      const { client, port } = world.master;
      await client.replicaof('NO', 'ONE');
      for (const { links } of servers) {
        links.redis.lead(port);
        links.redis.reset();
      }
    },
    async add() {
      const server = await clusterServer({
        ...{ name: `server ${servers.length + 1}`, random, prefix, partitions },
        ...{ brokers: brokers.addresses, redisPort: world.master.port },
      });
      servers.push(server);
      return server;
    },
    async dispose() {
      world.over = true;
      await Promise.all(servers.map((server) => server.dispose()));
      for (const { client } of redis) client.disconnect();
      await Promise.all(redis.map((node) => node.dispose()));
      const topics = (await admin.listTopics()).filter((topic) => topic.startsWith(`${prefix}.`));
      await admin.deleteTopics({ topics }).catch(() => {});
      await admin.disconnect();
    },
  };
  for (const kind of TOPIC_KINDS) await createTopic(world, kind);
  const [first, second] = redis;
  if (first !== undefined && second !== undefined) await follow(second, first);
  for (let n = 0; n < count; n += 1) await world.add();
  await Promise.all(servers.map((server) => server.revive()));
  return world;
}
