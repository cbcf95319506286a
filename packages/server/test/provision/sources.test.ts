import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { KAFKA_VERSION, kafkaFolder, kafkaJars } from '../../src/provision/kafka-jars.js';
import { kafkaProperties } from '../../src/provision/kafka-properties.js';
import { provision } from '../../src/provision/provision.js';
import { kafkaSources, redisSources } from '../../src/provision/sources.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'armature-sources-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A machine on which these programs are installed: scripts that say what the real ones would, or fail. */
function machine(programs: Record<string, string>, more: Record<string, string> = {}) {
  for (const [name, script] of Object.entries(programs)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  return { PATH: folder, HOME: folder, ...more };
}

const JAVA_17 = `echo 'openjdk version "17.0.15" 2025-04-15' >&2`;

test('addresses in the environment come before everything, and brokers are told apart', () => {
  const variables = machine({}, { ARMATURE_REDIS_URL: 'redis://r:1', ARMATURE_KAFKA_BROKERS: 'a:9092, b:9092' });
  expect(redisSources(variables)[0]).toEqual({ kind: 'given', url: 'redis://r:1' });
  expect(kafkaSources(variables, 3)[0]).toEqual({ kind: 'given', brokers: ['a:9092', 'b:9092'] });
});

test('an empty variable is none', () => {
  const variables = machine({}, { ARMATURE_REDIS_URL: '', ARMATURE_KAFKA_BROKERS: '' });
  expect([redisSources(variables)[0], kafkaSources(variables)[0]]).toEqual([undefined, undefined]);
});

test('an engine that runs is used for Redis and one broker, three brokers need Java', () => {
  const engine = { docker: 'exit 0', java: JAVA_17, mvn: 'exit 0', 'redis-server': 'echo v=7.0.15' };
  const variables = machine(engine);
  expect(redisSources(variables)[0]).toMatchObject({ kind: 'containers', program: 'docker' });
  expect(kafkaSources(variables)[0]).toMatchObject({ kind: 'containers', program: 'docker' });
  expect(kafkaSources(variables, 3)[0]).toEqual({ kind: 'java', version: 17 });
});

test('an engine that cannot start its containers is told of, and the program takes its place', async () => {
  const docker = 'case "$*" in *" up "*) echo no such image >&2; exit 1 ;; esac';
  const redis = '[ "$1" = --version ] && echo v=7.0.15 && exit; echo Ready to accept connections; exec sleep 60';
  const variables = machine({ docker, 'redis-server': redis });
  for (const tool of ['sh', 'sleep', 'rm']) symlinkSync(`/bin/${tool}`, join(folder, tool));
  const told: string[] = [];
  const servers = await provision({ redis: true, tell: (line) => told.push(line), variables });
  await servers.dispose();
  expect(told[0]).toMatch(/^docker is not used: .* docker compose up -d redis: no such image/);
  expect(told[1]).toMatch(/^Redis 7\.0\.15: started redis-server on 127\.0\.0\.1:\d+$/);
  const alone = machine({ docker });
  rmSync(join(folder, 'redis-server'));
  await expect(provision({ redis: true, tell: () => {}, variables: alone })).rejects.toMatchObject({
    code: 'SERVER_NOT_STARTED',
  });
});

test.each([
  ['whose daemon is down', '[ "$1" = compose ]'],
  ['without compose', '[ "$1" = info ]'],
])('an engine %s is passed over', (_, docker) => {
  const variables = machine({ docker, 'redis-server': 'echo Redis server v=7.0.15 sha=0' });
  expect(redisSources(variables)[0]).toEqual({ kind: 'program', version: '7.0.15' });
});

test.each([
  ['1.8', undefined],
  ['11.0.2', undefined],
  ['17', 17],
  ['21.0.1', 21],
])('Java %s gives %s', (version, found) => {
  const variables = machine({ java: `echo 'openjdk version "${version}"' >&2`, mvn: 'exit 0' });
  expect(kafkaSources(variables)[0]?.kind).toBe(found === undefined ? undefined : 'java');
});

test('Java needs Maven, or the jars in the cache', () => {
  const variables = machine({ java: JAVA_17 });
  expect(kafkaSources(variables)[0]).toBeUndefined();
  mkdirSync(kafkaFolder(variables), { recursive: true });
  expect(kafkaSources(variables)[0]).toEqual({ kind: 'java', version: 17 });
});

test('the cache is the folder that is named nearest', () => {
  const all = { HOME: '/h', XDG_CACHE_HOME: '/x', ARMATURE_CACHE: '/a' };
  const version = `kafka-${KAFKA_VERSION}`;
  expect(kafkaFolder(all, '/c')).toBe(`/c/${version}`);
  expect(kafkaFolder(all)).toBe(`/a/${version}`);
  expect(kafkaFolder({ ...all, ARMATURE_CACHE: '' })).toBe(`/x/armature/${version}`);
  expect(kafkaFolder({ HOME: '/h' })).toBe(`/h/.cache/armature/${version}`);
});

test('a machine that has nothing is told what to set or install', async () => {
  const variables = machine({});
  const told: string[] = [];
  const tell = (line: string) => told.push(line);
  await expect(provision({ redis: true, tell, variables })).rejects.toMatchObject({
    code: 'REDIS_NOT_FOUND',
    message: expect.stringContaining('set ARMATURE_REDIS_URL, or install redis-server'),
  });
  await expect(provision({ kafka: true, tell, variables })).rejects.toMatchObject({
    code: 'KAFKA_NOT_FOUND',
    message: expect.stringContaining('install Java 17 or newer and Maven'),
  });
  expect(told).toEqual([]);
});

test('servers that are given are left alone', async () => {
  const told: string[] = [];
  const variables = machine({}, { ARMATURE_REDIS_URL: 'redis://u:secret@r:1', ARMATURE_KAFKA_BROKERS: 'a:1' });
  const servers = await provision({ redis: true, kafka: true, tell: (line) => told.push(line), variables });
  expect(servers).toMatchObject({ redisUrl: 'redis://u:secret@r:1', brokers: ['a:1'], redis: { own: false } });
  await servers.redis?.kill();
  await servers.dispose();
  expect(told).toEqual(['Redis: the one in ARMATURE_REDIS_URL', 'Kafka: a:1, from ARMATURE_KAFKA_BROKERS']);
});

test('what a program said is told when it ends before it serves', async () => {
  const script = '[ "$1" = --version ] && echo v=7.0.15 && exit; echo "Fatal: bad option"; exit 1';
  const variables = machine({ 'redis-server': script, sh: 'exit 0' });
  await expect(provision({ redis: true, tell: () => {}, variables })).rejects.toMatchObject({
    code: 'SERVER_NOT_STARTED',
    got: 'redis-server, which ended: Fatal: bad option',
  });
});

/** A Maven that takes a while and then has one jar, or fails. */
const MAVEN = `for flag in "$@"; do case $flag in -DoutputDirectory=*) to=\${flag#*=} ;; esac; done
sleep 0.3; mkdir -p "$to"; echo $$ > "$to/kafka.jar"`;

test('processes that fetch the jars at once end with one whole folder, and nothing beside it', async () => {
  const variables = machine({ mvn: MAVEN });
  for (const tool of ['sleep', 'mkdir']) symlinkSync(`/bin/${tool}`, join(folder, tool));
  const cache = join(folder, 'cache');
  const told: string[] = [];
  const fetch = () => kafkaJars(variables, (line) => told.push(line), cache);
  const libs = await Promise.all([fetch(), fetch(), fetch()]);
  expect(new Set(libs)).toEqual(new Set([join(cache, `kafka-${KAFKA_VERSION}`, 'libs')]));
  expect(readdirSync(cache)).toEqual([`kafka-${KAFKA_VERSION}`]);
  expect(readdirSync(libs[0] ?? '')).toEqual(['kafka.jar']);
  expect(told).toHaveLength(3);
  await fetch();
  expect(told).toHaveLength(3);
});

test('a download that fails says why, and leaves nothing', async () => {
  const variables = machine({ mvn: `echo '[ERROR] '; echo '[ERROR] central is not reachable'; exit 1` });
  const cache = join(folder, 'cache');
  await expect(kafkaJars(variables, () => {}, cache)).rejects.toMatchObject({
    code: 'KAFKA_DOWNLOAD_FAILED',
    retryable: true,
    got: 'central is not reachable',
  });
  expect(readdirSync(cache)).toEqual([]);
});

test('a broker of three needs two copies for an acknowledgement, one alone needs its own', () => {
  const places = [1, 2, 3].map((id) => ({ id, port: 20_000 + id, controllerPort: 21_000 + id }));
  const three = kafkaProperties(places, places[1]!, '/data');
  expect(three).toContain('node.id=2\n');
  expect(three).toContain('controller.quorum.voters=1@127.0.0.1:21001,2@127.0.0.1:21002,3@127.0.0.1:21003\n');
  expect(three).toContain('default.replication.factor=3\nmin.insync.replicas=2\n');
  const alone = kafkaProperties(places.slice(0, 1), places[0]!, '/data');
  expect(alone).toContain('offsets.topic.replication.factor=1\n');
  expect(alone).toContain('min.insync.replicas=1\n');
});
