/** What compose.yaml starts, started without a container engine: its Redis, its Kafka, the topics and the server. */
import { execFile } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePorts } from '../packages/server/src/provision/free-ports.js';
import { formattedBroker } from '../packages/server/src/provision/kafka-broker.js';
import { kafkaJars } from '../packages/server/src/provision/kafka-jars.js';
import type { StartedServer } from '../packages/server/src/provision/provisioned.js';
import { startedProcess } from '../packages/server/src/provision/started-process.js';
import { builtBinary } from './built.js';
import { CLUSTER_FIGURES, compose, withDefaults } from './compose.js';
import { describeWith } from './environment.js';
import { START_MS, WITHOUT_ADDRESSES } from './provisioned.js';
import { ROOT } from './source-tree.js';

const BINARY = builtBinary();
const KEY = 'a-key-for-compose-only';
const newFolder = (): string => mkdtempSync(join(tmpdir(), 'armature-compose-'));

/** The Redis of the file, on a port of its own. */
function redisOn(port: number): StartedServer {
  const folder = newFolder();
  const [program = '', ...args] = compose.services.redis?.command ?? [];
  return startedProcess({
    ...{ name: 'redis', program, args: [...args, '--port', `${port}`, '--bind', '127.0.0.1', '--dir', folder] },
    ...{ folder, variables: process.env, ready: /Ready to accept connections/, startMs: 20_000 },
  });
}

interface BrokerPorts {
  readonly internal: number;
  readonly external: number;
  readonly controller: number;
}

/** The Kafka of the file, with the properties that its image makes of the environment. */
async function kafkaOn({ internal, external, controller }: BrokerPorts): Promise<StartedServer> {
  const { CLUSTER_ID: cluster, ...rest } = compose.services.kafka?.environment ?? {};
  const here = (value: string): string =>
    withDefaults(value)
      .replace(/kafka:9093|:9093/g, `127.0.0.1:${controller}`)
      .replace(/kafka:19092|:19092/g, `127.0.0.1:${internal}`)
      .replace(/127\.0\.0\.1:9092|:9092/g, `127.0.0.1:${external}`);
  const property = (name: string): string =>
    name
      .replace(/^KAFKA_/, '')
      .toLowerCase()
      .replaceAll('_', '.');
  const properties = (data: string): string =>
    // a heap as small as that of the tests needs the small buffer
    Object.entries({ ...rest, KAFKA_LOG_DIRS: data, KAFKA_LOG_CLEANER_DEDUPE_BUFFER_SIZE: 10_485_760 })
      .map(([name, value]) => `${property(name)}=${here(`${value}`)}\n`)
      .join('');
  const java = { variables: process.env, libs: await kafkaJars(process.env, () => {}) };
  return formattedBroker(java, `${cluster}`, 'kafka', properties);
}

/** The server of the file, with folders of this machine. */
function serverOn(port: number, variables: NodeJS.ProcessEnv): StartedServer {
  const folder = newFolder();
  const here: Readonly<Record<string, string>> = {
    ...{ '/experiments': join(ROOT, 'examples/service/experiments'), '/data': join(folder, 'data') },
    ...{ '4400': `${port}`, '0.0.0.0': '127.0.0.1' },
  };
  const args = (compose.services.server?.command ?? []).map((word) => here[word] ?? word);
  return startedProcess({
    ...{ name: 'server', program: process.execPath, args: [BINARY, ...args], variables, folder },
    ...{ ready: /listening on/, startMs: 60_000 },
  });
}

describeWith('ownRedis', "compose's Redis", () => {
  test('starts, evicts nothing and writes each second', async () => {
    const [port = 0] = await freePorts(1);
    const server = redisOn(port);
    await server.start();
    const redis = new Redis(port, '127.0.0.1');
    const pairs = (await redis.config('GET', 'maxmemory-policy', 'appendonly', 'appendfsync', 'save')) as string[];
    redis.disconnect();
    await server.dispose();
    const got = Object.fromEntries(pairs.flatMap((name, i) => (i % 2 === 0 ? [[name, pairs[i + 1]]] : [])));
    expect(got).toEqual({ 'maxmemory-policy': 'noeviction', appendonly: 'yes', appendfsync: 'everysec', save: '' });
  });
});

describeWith('ownKafka', "compose's Kafka, topics and server", () => {
  const servers: StartedServer[] = [];
  let port = 0;
  let variables: NodeJS.ProcessEnv;
  beforeAll(async () => {
    const [internal = 0, external = 0, controller = 0, redisPort = 0, own = 0] = await freePorts(5);
    port = own;
    servers.push(redisOn(redisPort), await kafkaOn({ internal, external, controller }));
    for (const server of servers) await server.start();
    variables = {
      ...WITHOUT_ADDRESSES,
      ARMATURE_KAFKA_BROKERS: `127.0.0.1:${external}`,
      ARMATURE_REDIS_URL: `redis://127.0.0.1:${redisPort}`,
      ARMATURE_API_KEYS: KEY,
    };
  }, START_MS);
  afterAll(async () => {
    for (const server of servers.reverse()) await server.dispose();
  });

  test('the topics are made, and a second time they are there', async () => {
    const create = async () => {
      const words = compose.services.topics?.command ?? [];
      return (await promisify(execFile)(process.execPath, [BINARY, ...words], { env: variables })).stdout;
    };
    const [first, second] = [await create(), await create()];
    for (const topic of ['events', 'config', 'checkpoints', 'dead-letters']) {
      expect(first).toMatch(new RegExp(`armature\\.${topic} .* made`));
      expect(second).toMatch(new RegExp(`armature\\.${topic} .* there`));
    }
  });

  test('the server starts over them, and has the figures of the dashboard', async () => {
    const server = serverOn(port, variables);
    servers.push(server);
    await server.start();
    const headers = { authorization: `Bearer ${KEY}` };
    const url = `http://127.0.0.1:${port}`;
    await expect.poll(async () => (await fetch(`${url}/readyz`)).status, { timeout: 20_000 }).toBe(200);
    const figures = await (await fetch(`${url}/metrics`, { headers })).text();
    for (const name of CLUSTER_FIGURES) expect(figures).toContain(`# TYPE ${name} `);
    expect((await fetch(`${url}/metrics`)).status).toBe(401);
  }, 90_000);
});
