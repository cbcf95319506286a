import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { kafkaFolder } from './kafka-jars.js';

/** Environment variables. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** A container engine that runs, with the compose file of a checkout. */
export interface ContainerEngine {
  readonly kind: 'containers';
  readonly program: 'docker' | 'podman';
  readonly file: string;
}

/** Where a Redis is to be had. */
export type RedisSource =
  | { readonly kind: 'given'; readonly url: string }
  | ContainerEngine
  | { readonly kind: 'program'; readonly version: string };

/** Where a Kafka is to be had. */
export type KafkaSource =
  | { readonly kind: 'given'; readonly brokers: readonly string[] }
  | ContainerEngine
  | { readonly kind: 'java'; readonly version: number };

const PROBE_MS = 20_000;
const OLDEST_JAVA = 17;

const named = (value: string | undefined): string | undefined => (value === '' ? undefined : value);

function isOnPath(program: string, variables: Variables): boolean {
  return (variables.PATH ?? '').split(delimiter).some((folder) => folder !== '' && existsSync(join(folder, program)));
}

/** What a program says on both channels; undefined where it is absent or fails. */
function answerOf(program: string, args: readonly string[], variables: Variables): string | undefined {
  if (!isOnPath(program, variables)) return undefined;
  const { status, stdout, stderr } = spawnSync(program, args, {
    ...{ encoding: 'utf8', timeout: PROBE_MS, env: { ...variables }, stdio: ['ignore', 'pipe', 'pipe'] },
  });
  return status === 0 ? `${stdout}${stderr}` : undefined;
}

function redisVersion(variables: Variables): string | undefined {
  return /\bv=(\S+)/.exec(answerOf('redis-server', ['--version'], variables) ?? '')?.[1];
}

function javaVersion(variables: Variables): number | undefined {
  const major = /version "(\d+)/.exec(answerOf('java', ['-version'], variables) ?? '')?.[1];
  return major === undefined ? undefined : Number(major);
}

/** An engine whose daemon answers; the compose file stands in a checkout only, not in the package. */
function containerEngine(variables: Variables): ContainerEngine | undefined {
  const file = fileURLToPath(new URL('../../../../compose.yaml', import.meta.url));
  if (!existsSync(file)) return undefined;
  const runs = (program: string): boolean =>
    answerOf(program, ['info'], variables) !== undefined &&
    answerOf(program, ['compose', 'version'], variables) !== undefined;
  const program = (['docker', 'podman'] as const).find(runs);
  return program === undefined ? undefined : { kind: 'containers', program, file };
}

/** In the order in which they are tried: the address in ARMATURE_REDIS_URL alone; a container engine; `redis-server`. */
export function redisSources(variables: Variables): readonly RedisSource[] {
  const url = named(variables.ARMATURE_REDIS_URL);
  if (url !== undefined) return [{ kind: 'given', url }];
  const [engine, version] = [containerEngine(variables), redisVersion(variables)];
  return [
    ...(engine === undefined ? [] : [engine]),
    ...(version === undefined ? [] : [{ kind: 'program', version } as const]),
  ];
}

function javaSource(variables: Variables, cache: string | undefined): readonly KafkaSource[] {
  if (!existsSync(kafkaFolder(variables, cache)) && !isOnPath('mvn', variables)) return [];
  const version = javaVersion(variables);
  return version === undefined || version < OLDEST_JAVA ? [] : [{ kind: 'java', version }];
}

/**
 * In the order in which they are tried: the addresses in ARMATURE_KAFKA_BROKERS alone; a container engine, for one
 * broker; Java 17 or newer, with Kafka's jars in the cache or Maven to fetch them.
 */
export function kafkaSources(variables: Variables, brokers: 1 | 3 = 1, cache?: string): readonly KafkaSource[] {
  const given = named(variables.ARMATURE_KAFKA_BROKERS);
  if (given !== undefined) return [{ kind: 'given', brokers: given.split(',').map((broker) => broker.trim()) }];
  const engine = brokers === 1 ? containerEngine(variables) : undefined;
  return [...(engine === undefined ? [] : [engine]), ...javaSource(variables, cache)];
}
