/** What a machine may or may not have, and how a suite that wants it says so. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, inject } from 'vitest';
import { kafkaSources, redisSources } from '../packages/server/src/provision/sources.js';
import { WITHOUT_ADDRESSES } from './provisioned.js';

/** The environment as it was given: `vitest.config.ts` keeps addresses from the servers that tests start. */
const GIVEN = {
  ...process.env,
  ARMATURE_KAFKA_BROKERS: process.env.ARMATURE_TEST_KAFKA_BROKERS,
  ARMATURE_REDIS_URL: process.env.ARMATURE_TEST_REDIS_URL,
};

/** Things a suite may want beside Node. Each finder returns where the thing is, or of what kind. */
const FINDERS = {
  /** Python with the packages that work out oracles; `ARMATURE_PYTHON` names another interpreter than `python3`. */
  python: findPython,
  /** The folder of real logs that stands beside the checkout, or inside it; `ARMATURE_DATA` names another. */
  data: findData,
  /** A Redis to talk to: the address in `ARMATURE_REDIS_URL`, or one that can be started; see `sharedRedis`. */
  redis: () => redisSources(GIVEN)[0]?.kind,
  /** A Kafka to talk to: the addresses in `ARMATURE_KAFKA_BROKERS`, or one that can be started; see `sharedKafka`. */
  kafka: () => startable(kafkaSources(GIVEN)[0]?.kind),
  /** A Redis that can be started here, so that it may be killed; see `ownServers`. */
  ownRedis: () => redisSources(WITHOUT_ADDRESSES)[0]?.kind,
  /** The program `redis-server`, for suites that start it with flags of their own: replicas, Sentinels, a cluster. */
  redisServer: findRedisServer,
  /** Three brokers of Kafka that can be started here, so that they may be killed; see `ownServers`. */
  ownKafka: () => startable(kafkaSources(WITHOUT_ADDRESSES, 3)[0]?.kind),
  /** A browser to drive: the program in `CHROMIUM`, or `chromium`. */
  chromium: findChromium,
  /** Other versions of Node: their programs in `ARMATURE_TEST_NODES`, separated by colons. */
  nodes: findNodes,
  /** The right to mount a small file system in memory: a disk that can be full. */
  mount: findMount,
} as const satisfies Record<string, () => string | undefined>;

export type Tool = keyof typeof FINDERS;

const TOOLS = Object.keys(FINDERS) as Tool[];
const found = new Map<Tool, string | undefined>();

/** Java without Kafka's jars starts no Kafka. */
function startable(kind: string | undefined): string | undefined {
  return kind === 'java' && inject('kafkaFault') !== '' ? undefined : kind;
}

function findRedisServer(): string | undefined {
  const probe = spawnSync('redis-server', ['--version'], { stdio: 'ignore', timeout: 20_000 });
  return probe.status === 0 ? 'redis-server' : undefined;
}

function findPython(): string | undefined {
  const python = process.env.ARMATURE_PYTHON ?? 'python3';
  const probe = spawnSync(python, ['-c', 'import mpmath, numpy, scipy'], { stdio: 'ignore', timeout: 20_000 });
  return probe.status === 0 ? python : undefined;
}

function findData(): string | undefined {
  const beside = ['../../shared/data', '../shared/data'].map((path) => fileURLToPath(new URL(path, import.meta.url)));
  const named = process.env.ARMATURE_DATA;
  return (named === undefined ? beside : [named]).find((folder) => existsSync(folder));
}

function findMount(): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'armature-mount-'));
  const probe = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'armature', folder], { stdio: 'ignore' });
  if (probe.status === 0) spawnSync('umount', [folder], { stdio: 'ignore' });
  rmSync(folder, { recursive: true, force: true });
  return probe.status === 0 ? 'mount' : undefined;
}

function findNodes(): string | undefined {
  const nodes = process.env.ARMATURE_TEST_NODES?.split(delimiter) ?? [];
  return nodes.length > 0 && nodes.every((node) => existsSync(node)) ? nodes.join(delimiter) : undefined;
}

function findChromium(): string | undefined {
  const named = process.env.CHROMIUM;
  const folders = (process.env.PATH ?? '').split(delimiter);
  const places = folders.flatMap((folder) => ['chromium', 'chromium-browser'].map((name) => join(folder, name)));
  return (named === undefined || named === '' ? places : [named]).find((place) => existsSync(place));
}

function required(): readonly string[] {
  const names = (process.env.ARMATURE_TEST_REQUIRE ?? '').split(',').filter((name) => name !== '');
  const unknown = names.filter((name) => !TOOLS.includes(name as Tool));
  if (unknown.length === 0) return names;
  throw new Error(`ARMATURE_TEST_REQUIRE: unknown tool, got "${unknown.join(', ')}", known: ${TOOLS.join(', ')}`);
}

/** Where `tool` is on this machine, or undefined. Throws when `ARMATURE_TEST_REQUIRE` names it and it is absent. */
export function available(tool: Tool): string | undefined {
  if (!found.has(tool)) found.set(tool, FINDERS[tool]());
  const where = found.get(tool);
  if (where === undefined && required().includes(tool)) {
    throw new Error(`ARMATURE_TEST_REQUIRE names ${tool}, which is not on this machine`);
  }
  return where;
}

/**
 * A suite that needs `tool`: `body` receives where it is. On a machine without it the suite is named as not run in the
 * closing lines of `npm test`.
 */
export function describeWith(tool: Tool, title: string, body: (where: string) => void): void {
  const where = available(tool);
  describe.skipIf(where === undefined)(`${title} [needs ${tool}]`, () => body(where ?? ''));
}
