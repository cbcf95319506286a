import { isArmatureError } from '@armature/sdk';
import { parseRedisAddress } from '../adapters/redis/redis-address.js';
import type { KafkaSettings, RedisSettings, TlsSettings } from '../cluster/ports.js';
import { readVariables, type Variable, type VariableFault, type VariableReading } from './variable-reading.js';

/** How to reach Kafka and Redis: both or neither. */
export interface ClusterSettings {
  readonly kafka: KafkaSettings;
  readonly redis: RedisSettings;
}

/** Options of a command that stand for variables; what is secret has none, since process lists show command lines. */
export interface ClusterFlags {
  /** Instead of ARMATURE_KAFKA_BROKERS. */
  readonly kafka?: string;
  /** Instead of ARMATURE_REDIS_URL; without a password. */
  readonly redis?: string;
  /** Instead of ARMATURE_PREFIX. */
  readonly prefix?: string;
}

const DEFAULT_PREFIX = 'armature';
const PREFIX = /^[a-z0-9][a-z0-9._-]{0,63}$/;
const BROKER = /^([^\s:/@,[\]"']+):(\d{1,5})$/;
const SCHEMES = /^(rediss?(?:\+sentinel|\+cluster)?):\/\/(.*)$/s;
const MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512'] as const;
const LAST_PORT = 65_535;

type Sasl = NonNullable<KafkaSettings['sasl']>;

/** Text that may be shown: what looks like an address with a password in it is not. */
const shown = (text: string): string => (text.includes('@') ? 'an address with an @ in it' : JSON.stringify(text));

function brokersOf(reading: VariableReading, text: string, name: string): readonly string[] {
  const todo = 'write host:port, separated by commas, such as kafka-1:9092,kafka-2:9092';
  const brokers = text.split(',').map((broker) => broker.trim());
  for (const broker of brokers) {
    const port = Number(BROKER.exec(broker)?.[2] ?? 0);
    if (port > 0 && port <= LAST_PORT) continue;
    reading.fault({ variable: name, what: 'not a host and a port', got: shown(broker), todo });
  }
  return brokers;
}

/** Prefix of the names of topics and keys. */
function prefixOf(reading: VariableReading, flag: string | undefined): string {
  const prefix = flag ?? reading.text('ARMATURE_PREFIX') ?? DEFAULT_PREFIX;
  if (PREFIX.test(prefix)) return prefix;
  reading.fault({
    variable: flag === undefined ? 'ARMATURE_PREFIX' : '--prefix',
    what: 'not a prefix for the names of topics and keys',
    got: JSON.stringify(prefix),
    todo: 'write up to 64 of a-z 0-9 . _ - that begin with a letter or digit',
  });
  return DEFAULT_PREFIX;
}

/** TLS as `<name>_TLS`, `_TLS_CA`, `_TLS_CERT` and `_TLS_KEY` ask for it. A certificate alone asks for it too. */
function tlsOf(reading: VariableReading, name: string, implied: boolean): TlsSettings | undefined {
  const flag = reading.flag(`${name}_TLS`);
  const [ca, cert, key] = ['CA', 'CERT', 'KEY'].map((part) => reading.pem(`${name}_TLS_${part}`));
  const files = ['CA', 'CERT', 'KEY'].filter((part) => reading.text(`${name}_TLS_${part}`) !== undefined);
  for (const [one, other] of [
    ['CERT', 'KEY'],
    ['KEY', 'CERT'],
  ] as const) {
    if (!files.includes(one) || files.includes(other)) continue;
    const [variable, what] = [`${name}_TLS_${one}`, `set without ${name}_TLS_${other}`];
    reading.fault({ variable, what, todo: 'set both, or neither' });
  }
  if (flag === false && (files.length > 0 || implied)) {
    const what = implied ? 'false, and the address begins with rediss://' : `false, and ${name}_TLS_${files[0]} is set`;
    reading.fault({ variable: `${name}_TLS`, what, todo: 'leave it out to have TLS, or take the other away' });
  }
  if (flag !== true && files.length === 0 && !implied) return undefined;
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}

function saslOf(reading: VariableReading): Sasl | undefined {
  const name = 'ARMATURE_KAFKA_SASL';
  const given = ['MECHANISM', 'USERNAME', 'PASSWORD', 'USERNAME_FILE', 'PASSWORD_FILE'].some(
    (part) => reading.text(`${name}_${part}`) !== undefined,
  );
  if (!given) return undefined;
  const text = reading.text(`${name}_MECHANISM`);
  const mechanism = MECHANISMS.find((known) => known === text);
  if (mechanism === undefined) {
    const [variable, todo] = [`${name}_MECHANISM`, `write one of ${MECHANISMS.join(', ')}`];
    if (text === undefined) reading.fault({ variable, what: 'not set, though other SASL variables are', todo });
    else reading.fault({ variable, what: 'an unknown mechanism', got: JSON.stringify(text), todo });
  }
  const [username, password] = ['USERNAME', 'PASSWORD'].map((part) => {
    const set = [`${name}_${part}`, `${name}_${part}_FILE`].some((variable) => reading.text(variable) !== undefined);
    if (set) return reading.secret(`${name}_${part}`);
    const [variable, todo] = [`${name}_${part}`, `set it, or ${name}_${part}_FILE`];
    reading.fault({ variable, what: 'not set, though other SASL variables are', todo });
    return undefined;
  });
  if (mechanism === undefined || username === undefined || password === undefined) return undefined;
  return { mechanism, username, password };
}

const GROUP = /^[\w.-]{1,249}$/;

function groupOf(reading: VariableReading, prefix: string): string {
  const group = reading.text('ARMATURE_KAFKA_GROUP') ?? `${prefix}.owners`;
  if (!GROUP.test(group)) {
    const [variable, got] = ['ARMATURE_KAFKA_GROUP', JSON.stringify(group)];
    const todo = 'write up to 249 of a-z A-Z 0-9 . _ -';
    reading.fault({ variable, what: 'not a name for a consumer group', got, todo });
  }
  return group;
}

/** Puts user and password into an address that has none. */
function withPassword(reading: VariableReading, scheme: string, rest: string): string {
  const name = 'ARMATURE_REDIS';
  const [username = '', password] = [reading.text(`${name}_USERNAME`), reading.secret(`${name}_PASSWORD`)];
  if (password === undefined) {
    if (username !== '' && reading.text(`${name}_PASSWORD_FILE`) === undefined) {
      const [variable, todo] = [`${name}_USERNAME`, `set ${name}_PASSWORD or ${name}_PASSWORD_FILE`];
      reading.fault({ variable, what: 'set without a password', todo });
    }
    return `${scheme}://${rest}`;
  }
  if (rest.includes('@')) {
    const what = 'set, and the address holds a user or password too';
    reading.fault({ variable: `${name}_PASSWORD`, what, todo: 'leave it in one of the two' });
  }
  return `${scheme}://${encodeURIComponent(username)}:${encodeURIComponent(password)}@${rest}`;
}

const ADDRESS_FORMS =
  'write redis://host:6379, rediss://host:6379 (TLS), redis+sentinel://host:26379,host:26379/name or redis+cluster://host:6379,host:6379';

/** What is wrong with an address, in the words of the one who reads it later. */
function addressFault(settings: RedisSettings): Pick<VariableFault, 'got' | 'todo'> | undefined {
  try {
    parseRedisAddress(settings);
    return undefined;
  } catch (cause) {
    if (!isArmatureError(cause)) throw cause;
    return { got: cause.got ?? '', todo: cause.todo };
  }
}

function redisOf(reading: VariableReading, flags: ClusterFlags, prefix: string): RedisSettings | undefined {
  const text = flags.redis ?? reading.secret('ARMATURE_REDIS_URL');
  const name = flags.redis === undefined ? 'ARMATURE_REDIS_URL' : '--redis';
  if (text === undefined) return undefined;
  const [, scheme = '', rest = ''] = SCHEMES.exec(text) ?? [];
  const refused = scheme === '' ? { got: shown(text), todo: ADDRESS_FORMS } : addressFault({ url: text, prefix });
  if (refused !== undefined) reading.fault({ variable: name, what: 'not an address of Redis', ...refused });
  if (name === '--redis' && /:[^@/]*@/.test(rest)) {
    const todo = 'give the address without it, and the password as ARMATURE_REDIS_PASSWORD';
    reading.fault({ variable: name, what: 'a password, which process lists would show', todo });
  }
  const tls = tlsOf(reading, 'ARMATURE_REDIS', scheme.startsWith('rediss'));
  return { url: withPassword(reading, scheme, rest), prefix, ...(tls === undefined ? {} : { tls }) };
}

function kafkaOf(reading: VariableReading, flags: ClusterFlags, prefix: string): KafkaSettings | undefined {
  const text = flags.kafka ?? reading.text('ARMATURE_KAFKA_BROKERS');
  if (text === undefined) return undefined;
  const brokers = brokersOf(reading, text, flags.kafka === undefined ? 'ARMATURE_KAFKA_BROKERS' : '--kafka');
  const group = groupOf(reading, prefix);
  const [tls, sasl] = [tlsOf(reading, 'ARMATURE_KAFKA', false), saslOf(reading)];
  return {
    ...{ brokers, prefix, group },
    ...(tls === undefined ? {} : { tls }),
    ...(sasl === undefined ? {} : { sasl }),
  };
}

/** Both addresses or none: one alone is a mistake. */
function checkPair(reading: VariableReading, kafka: boolean, redis: boolean): void {
  if (redis && !kafka) {
    const [variable, what] = ['ARMATURE_KAFKA_BROKERS', 'not set, though Redis is'];
    reading.fault({ variable, what, todo: 'set it to host:port of the brokers, or unset ARMATURE_REDIS_URL' });
  }
  if (kafka && !redis) {
    const [variable, what] = ['ARMATURE_REDIS_URL', 'not set, though Kafka is'];
    reading.fault({ variable, what, todo: 'set it to redis://host:6379, or unset ARMATURE_KAFKA_BROKERS' });
  }
}

/**
 * How to reach Kafka and Redis, from options and the environment; undefined where neither is named.
 *
 * @throws CLUSTER_SETTINGS_INVALID with all faults; secrets are never shown
 */
export function clusterSettings(flags: ClusterFlags, variable: Variable): ClusterSettings | undefined {
  const reading = readVariables(variable);
  const prefix = prefixOf(reading, flags.prefix);
  const kafka = kafkaOf(reading, flags, prefix);
  const redisNamed = [flags.redis, variable('ARMATURE_REDIS_URL'), variable('ARMATURE_REDIS_URL_FILE')];
  checkPair(
    reading,
    kafka !== undefined,
    redisNamed.some((name) => name !== undefined),
  );
  const redis = redisOf(reading, flags, prefix);
  reading.end();
  return kafka === undefined || redis === undefined ? undefined : { kafka, redis };
}

/**
 * How to reach Kafka alone, for commands that have nothing to do with Redis.
 *
 * @throws CLUSTER_SETTINGS_INVALID
 */
export function kafkaSettings(flags: ClusterFlags, variable: Variable): KafkaSettings | undefined {
  const reading = readVariables(variable);
  const kafka = kafkaOf(reading, flags, prefixOf(reading, flags.prefix));
  reading.end();
  return kafka;
}

/**
 * How to reach Redis alone, for commands that have nothing to do with Kafka.
 *
 * @throws CLUSTER_SETTINGS_INVALID
 */
export function redisSettings(flags: ClusterFlags, variable: Variable): RedisSettings | undefined {
  const reading = readVariables(variable);
  const redis = redisOf(reading, flags, prefixOf(reading, flags.prefix));
  reading.end();
  return redis;
}
