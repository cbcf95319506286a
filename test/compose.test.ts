/** compose.yaml and what it mounts: read, compared with the sources, and its Redis and Kafka started without an engine. */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { programOf } from '../packages/server/src/cli/run.js';
import { processTerminal } from '../packages/server/src/cli/terminal.js';
import { buildApp } from '../packages/server/src/index.js';
import { freePorts } from '../packages/server/src/provision/free-ports.js';
import { formattedBroker } from '../packages/server/src/provision/kafka-broker.js';
import { kafkaJars } from '../packages/server/src/provision/kafka-jars.js';
import { startedProcess } from '../packages/server/src/provision/started-process.js';
import { workspace } from '../packages/server/test/workspace.js';
import { builtBinary } from './built.js';
import { describeWith } from './environment.js';
import { START_MS, WITHOUT_ADDRESSES } from './provisioned.js';
import { ROOT } from './source-tree.js';

const BINARY = builtBinary();

interface Service {
  readonly image: string;
  readonly build?: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string | number>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly depends_on?: readonly string[] | Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: object;
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: object;
}

interface Dashboard {
  readonly panels: readonly {
    readonly title: string;
    readonly description: string;
    readonly datasource: { readonly uid: string };
    readonly targets: readonly { readonly expr: string }[];
  }[];
}

const text = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const yaml = <Value>(path: string): Value => parse(text(path), { uniqueKeys: true }) as Value;

const compose = yaml<Compose>('compose.yaml');
const services = Object.entries(compose.services);
/** As compose puts them in where the variable is not set. */
const withDefaults = (value: string): string => value.replace(/\$\{\w+:-([^}]*)\}/g, '$1');

test('its services are those of the page on operations, with versions of their own', () => {
  expect(services.map(([name]) => name)).toEqual(['redis', 'kafka', 'topics', 'server', 'prometheus', 'grafana']);
  for (const [name, { image, build }] of services) {
    if (build === undefined) expect(image, name).toMatch(/:v?\d+\.\d/);
    expect(text('docs/operations.md'), name).toContain(name);
  }
});

test('nothing listens beyond this machine', () => {
  const ports = services.flatMap(([, service]) => service.ports ?? []).map(withDefaults);
  expect(ports).toHaveLength(5);
  for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
});

test('what is mounted is there, and volumes are declared', () => {
  for (const mount of services.flatMap(([, service]) => service.volumes ?? []).map(withDefaults)) {
    const [from = ''] = mount.split(':');
    if (from.startsWith('.')) expect(existsSync(join(ROOT, from)), from).toBe(true);
    else expect(Object.keys(compose.volumes)).toContain(from);
  }
});

test('what a service waits for exists, and has a check of its health or an end', () => {
  for (const [, { depends_on: waits = {} }] of services) {
    if (Array.isArray(waits)) for (const name of waits) expect(compose.services[name], name).toBeDefined();
    else {
      for (const [name, { condition }] of Object.entries(waits)) {
        if (condition === 'service_healthy') expect(compose.services[name]?.healthcheck, name).toBeDefined();
        else expect([name, condition]).toEqual(['topics', 'service_completed_successfully']);
      }
    }
  }
});

test('the variables it reads stand on the page on operations', () => {
  const names = new Set([...text('compose.yaml').matchAll(/\$\{(\w+)/g)].map((found) => found[1] ?? ''));
  expect([...names].sort()).toEqual([
    'ARMATURE_API_KEYS',
    'ARMATURE_EXPERIMENTS',
    'ARMATURE_KAFKA_PORT',
    'ARMATURE_REDIS_PORT',
  ]);
  for (const name of names) expect(text('docs/operations.md')).toContain(name);
});

test('its command line of the server and that of the Dockerfile are options of the command', () => {
  const { commands } = programOf(processTerminal());
  const [, line = '[]'] = /^CMD (.*)$/m.exec(text('Dockerfile')) ?? [];
  for (const words of [compose.services.server?.command ?? [], JSON.parse(line) as string[]]) {
    const command = commands.find((one) => one.name() === words[0]);
    const known = command?.options.map(({ long }) => long);
    expect(known).toEqual(expect.arrayContaining(words.filter((word) => word.startsWith('--'))));
  }
});

test('what the Dockerfile copies is there', () => {
  const copied = [...text('Dockerfile').matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap((found) =>
    found[1]?.split(' '),
  );
  expect(copied.length).toBeGreaterThan(3);
  for (const path of copied) expect(existsSync(join(ROOT, path ?? '')), path).toBe(true);
});

/** Figures of a server with Kafka and Redis; the others are read from one without. */
const CLUSTER_FIGURES = [
  ...['armature_partition_lag', 'armature_partitions_owned', 'armature_dead_letters_total'],
  ...['armature_commits_total', 'armature_state_stale_total', 'armature_consumer_restarts_total'],
];

test('every figure of the dashboard is one of the server', async () => {
  const space = await workspace({ 'a.yaml': 'experiment: a\narms: [x, y]\nreward: z\n' });
  const app = await buildApp(await space.open());
  const { body } = await app.inject({ url: '/metrics' });
  await app.close();
  await space.dispose();
  const figures = new Set([...body.matchAll(/^# TYPE (\w+)/gm)].map((found) => found[1]));
  for (const figure of CLUSTER_FIGURES) figures.add(figure);
  const { panels } = JSON.parse(text('deploy/grafana/dashboards/armature.json')) as Dashboard;
  const used = panels.flatMap(({ targets }) =>
    targets.flatMap(({ expr }) => [...expr.matchAll(/armature_\w+/g)].map(([name]) => name)),
  );
  expect(used.length).toBeGreaterThan(12);
  for (const name of used) expect(figures).toContain(name.replace(/_(bucket|count|sum)$/, ''));
  for (const figure of CLUSTER_FIGURES) expect(used).toContain(figure);
});

test('the dashboard reads from the source that is set up, which reads the server', () => {
  const sources = yaml<{ datasources: { uid: string; url: string }[] }>('deploy/grafana/datasources.yml').datasources;
  const { panels } = JSON.parse(text('deploy/grafana/dashboards/armature.json')) as Dashboard;
  expect(new Set(panels.map(({ datasource }) => datasource.uid))).toEqual(new Set(sources.map(({ uid }) => uid)));
  expect(sources[0]?.url).toBe('http://prometheus:9090');
  const scraped = yaml<{ scrape_configs: { static_configs: { targets: string[] }[] }[] }>('deploy/prometheus.yml');
  expect(scraped.scrape_configs[0]?.static_configs[0]?.targets).toEqual(['server:4400']);
  expect(text('deploy/grafana/dashboards.yml')).toContain('/var/lib/grafana/dashboards');
});

describeWith('ownRedis', "compose's Redis", () => {
  test('starts, evicts nothing and writes each second', async () => {
    const [port] = await freePorts(1);
    const folder = mkdtempSync(join(tmpdir(), 'armature-compose-'));
    const [program = '', ...args] = compose.services.redis?.command ?? [];
    const server = startedProcess({
      ...{ name: 'redis', program, args: [...args, '--port', `${port}`, '--bind', '127.0.0.1', '--dir', folder] },
      ...{ folder, variables: process.env, ready: /Ready to accept connections/, startMs: 20_000 },
    });
    await server.start();
    const redis = new Redis(port ?? 0, '127.0.0.1');
    const settings = await redis.config('GET', 'maxmemory-policy', 'appendonly', 'appendfsync', 'save');
    redis.disconnect();
    await server.dispose();
    const pairs = settings as string[];
    const got = Object.fromEntries(pairs.flatMap((name, i) => (i % 2 === 0 ? [[name, pairs[i + 1]]] : [])));
    expect(got).toEqual({ 'maxmemory-policy': 'noeviction', appendonly: 'yes', appendfsync: 'everysec', save: '' });
  });
});

describeWith('ownKafka', "compose's Kafka", () => {
  test(
    'starts with the properties that its image makes of the environment, and takes the topics',
    async () => {
      const [internal = 0, external = 0, controller = 0] = await freePorts(3);
      const { CLUSTER_ID: cluster, ...rest } = compose.services.kafka?.environment ?? {};
      const here = (value: string): string =>
        withDefaults(value)
          .replace(/kafka:9093|:9093/g, `127.0.0.1:${controller}`)
          .replace(/kafka:19092|:19092/g, `127.0.0.1:${internal}`)
          .replace(/127\.0\.0\.1:9092|:9092/g, `127.0.0.1:${external}`);
      const properties = (data: string): string =>
        Object.entries({ ...rest, KAFKA_LOG_DIRS: data, 'log.cleaner.dedupe.buffer.size': 10_485_760 })
          .map(
            ([name, value]) =>
              `${name
                .replace(/^KAFKA_/, '')
                .toLowerCase()
                .replaceAll('_', '.')}=${here(`${value}`)}\n`,
          )
          .join('');
      const java = { variables: process.env, libs: await kafkaJars(process.env, () => {}) };
      const broker = await formattedBroker(java, `${cluster}`, 'kafka', properties);
      try {
        await broker.start();
        const made = await promisify(execFile)(
          process.execPath,
          [BINARY, ...(compose.services.topics?.command ?? [])],
          {
            env: { ...WITHOUT_ADDRESSES, ARMATURE_KAFKA_BROKERS: `127.0.0.1:${external}` },
          },
        );
        for (const topic of ['events', 'config', 'checkpoints', 'dead-letters']) {
          expect(made.stdout).toMatch(new RegExp(`armature\\.${topic} .* made`));
        }
      } finally {
        await broker.dispose();
      }
    },
    START_MS,
  );
});
