import { join } from 'node:path';
import { isArmatureError } from '@armature/sdk';
import { describe, expect, test } from 'vitest';
import { type ClusterFlags, clusterSettings } from '../../src/cli/cluster-settings.js';
import { folderOf } from './recorded-terminal.js';

type Variables = { readonly [name: string]: string };

const both: Variables = { ARMATURE_KAFKA_BROKERS: 'kafka-1:9092, kafka-2:9093', ARMATURE_REDIS_URL: 'redis://cache' };
const PEM = '-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n';
const folder = folderOf({
  'ca.pem': PEM,
  'key.pem': PEM,
  password: 'hush\n',
  empty: ' \n',
  url: 'rediss://:pa%20ss@cache:6380/2\n',
});

const read = (variables: Variables, flags: ClusterFlags = {}) => clusterSettings(flags, (name) => variables[name]);

/** The faults, one a line. */
function faultsOf(variables: Variables, flags: ClusterFlags = {}): readonly string[] {
  try {
    read(variables, flags);
  } catch (cause) {
    if (!isArmatureError(cause) || cause.code !== 'CLUSTER_SETTINGS_INVALID') throw cause;
    return cause.message.split('\n').slice(1);
  }
  return [];
}

describe('settings of Kafka and Redis', () => {
  test('neither is none: the server keeps its data in a directory', () => {
    expect(read({})).toBeUndefined();
  });

  test('two addresses are enough', () => {
    expect(read(both)).toEqual({
      kafka: { brokers: ['kafka-1:9092', 'kafka-2:9093'], prefix: 'armature', group: 'armature.owners' },
      redis: { url: 'redis://cache', prefix: 'armature' },
    });
  });

  test('options stand for the variables of addresses and prefix', () => {
    expect(read(both, { kafka: 'k:1', redis: 'rediss://r:2/3', prefix: 'shop' })).toEqual({
      kafka: { brokers: ['k:1'], prefix: 'shop', group: 'shop.owners' },
      redis: { url: 'rediss://r:2/3', prefix: 'shop', tls: {} },
    });
  });

  test('TLS, SASL and passwords come from variables and files', () => {
    const settings = read({
      ...both,
      ARMATURE_PREFIX: 'shop',
      ARMATURE_KAFKA_GROUP: 'shop-owners',
      ARMATURE_KAFKA_TLS: 'true',
      ARMATURE_KAFKA_TLS_CA: join(folder, 'ca.pem'),
      ARMATURE_KAFKA_TLS_CERT: join(folder, 'ca.pem'),
      ARMATURE_KAFKA_TLS_KEY: join(folder, 'key.pem'),
      ARMATURE_KAFKA_SASL_MECHANISM: 'scram-sha-512',
      ARMATURE_KAFKA_SASL_USERNAME: 'armature',
      ARMATURE_KAFKA_SASL_PASSWORD_FILE: join(folder, 'password'),
      ARMATURE_REDIS_USERNAME: 'me',
      ARMATURE_REDIS_PASSWORD: 'p@ss/word',
      ARMATURE_REDIS_TLS_CA: join(folder, 'ca.pem'),
    });
    expect(settings).toEqual({
      kafka: {
        brokers: ['kafka-1:9092', 'kafka-2:9093'],
        prefix: 'shop',
        group: 'shop-owners',
        tls: { ca: PEM, cert: PEM, key: PEM },
        sasl: { mechanism: 'scram-sha-512', username: 'armature', password: 'hush' },
      },
      redis: { url: 'redis://me:p%40ss%2Fword@cache', prefix: 'shop', tls: { ca: PEM } },
    });
  });

  test('an address of Redis may lie in a file', () => {
    const { ARMATURE_KAFKA_BROKERS } = both as { ARMATURE_KAFKA_BROKERS: string };
    const settings = read({ ARMATURE_KAFKA_BROKERS, ARMATURE_REDIS_URL_FILE: join(folder, 'url') });
    expect(settings?.redis).toEqual({ url: 'rediss://:pa%20ss@cache:6380/2', prefix: 'armature', tls: {} });
  });

  test.each([
    'redis://127.0.0.1:6379',
    'redis://[::1]:6379/1',
    'redis+sentinel://a:26379,b:26379/main',
    'redis+cluster://u:p@a:1,b:2',
    'rediss+sentinel://:p@a/main/3',
  ])('%s is an address of Redis', (url) => {
    expect(read({ ...both, ARMATURE_REDIS_URL: url })?.redis.url).toBe(url);
  });

  test.each([
    'cache:6379',
    'http://cache',
    'redis://',
    'redis://a:0',
    'redis://a:70000',
    'redis://a,b',
    'redis://a/name',
    'redis+sentinel://a:26379',
    'redis+cluster://a:1/2',
    'redis://a b',
  ])('%s is none', (url) => {
    expect(faultsOf({ ...both, ARMATURE_REDIS_URL: url })).toEqual([
      expect.stringMatching(/^ARMATURE_REDIS_URL: not an address of Redis, got .*, (write|leave|begin) /),
    ]);
  });

  test.each(['kafka', 'kafka:', ':9092', 'kafka:0', 'kafka:70000', 'http://kafka:9092', 'kafka:9092,', 'a:1 b:2'])(
    'brokers "%s" are refused',
    (brokers) => {
      expect(faultsOf({ ...both, ARMATURE_KAFKA_BROKERS: brokers })).toEqual([
        expect.stringMatching(/^ARMATURE_KAFKA_BROKERS: not a host and a port, got ".*", write host:port/),
      ]);
    },
  );

  test('one without the other is refused with what to set', () => {
    expect(faultsOf({ ARMATURE_KAFKA_BROKERS: 'kafka:9092' })).toEqual([
      'ARMATURE_REDIS_URL: not set, though Kafka is, set it to redis://host:6379, or unset ARMATURE_KAFKA_BROKERS',
    ]);
    expect(faultsOf({ ARMATURE_REDIS_URL: 'redis://cache' })).toEqual([
      'ARMATURE_KAFKA_BROKERS: not set, though Redis is, set it to host:port of the brokers, or unset ARMATURE_REDIS_URL',
    ]);
  });

  test('all faults are told at once, and no secret with them', () => {
    const faults = faultsOf({
      ARMATURE_KAFKA_BROKERS: 'user:topsecret@kafka',
      ARMATURE_REDIS_URL: 'https://:topsecret@cache',
      ARMATURE_PREFIX: 'Shop',
      ARMATURE_KAFKA_GROUP: 'a b',
      ARMATURE_KAFKA_TLS: 'yes',
      ARMATURE_KAFKA_TLS_CA: join(folder, 'absent'),
      ARMATURE_KAFKA_TLS_KEY: join(folder, 'password'),
      ARMATURE_KAFKA_SASL_MECHANISM: 'gssapi',
      ARMATURE_KAFKA_SASL_PASSWORD: 'topsecret',
      ARMATURE_KAFKA_SASL_PASSWORD_FILE: join(folder, 'password'),
      ARMATURE_REDIS_PASSWORD_FILE: join(folder, 'empty'),
    });
    expect(faults.map((fault) => fault.replaceAll(folder, '…'))).toEqual([
      'ARMATURE_PREFIX: not a prefix for the names of topics and keys, got "Shop", write up to 64 of a-z 0-9 . _ - that begin with a letter or digit',
      'ARMATURE_KAFKA_BROKERS: not a host and a port, got an address with an @ in it, write host:port, separated by commas, such as kafka-1:9092,kafka-2:9092',
      'ARMATURE_KAFKA_GROUP: not a name for a consumer group, got "a b", write up to 249 of a-z A-Z 0-9 . _ -',
      'ARMATURE_KAFKA_TLS: neither true nor false, got "yes", write true or false',
      'ARMATURE_KAFKA_TLS_CA: the file cannot be read, got "…/absent": ENOENT, name a PEM file',
      'ARMATURE_KAFKA_TLS_KEY: the file is no PEM, got "…/password", name a PEM file',
      'ARMATURE_KAFKA_TLS_KEY: set without ARMATURE_KAFKA_TLS_CERT, set both, or neither',
      'ARMATURE_KAFKA_SASL_MECHANISM: an unknown mechanism, got "gssapi", write one of plain, scram-sha-256, scram-sha-512',
      'ARMATURE_KAFKA_SASL_USERNAME: not set, though other SASL variables are, set it, or ARMATURE_KAFKA_SASL_USERNAME_FILE',
      'ARMATURE_KAFKA_SASL_PASSWORD: it and ARMATURE_KAFKA_SASL_PASSWORD_FILE are set, set one of them',
      expect.stringMatching(/^ARMATURE_REDIS_URL: not an address of Redis, got an address with an @ in it, write/),
      'ARMATURE_REDIS_PASSWORD_FILE: the file is empty, got "…/empty", name the file that holds it',
    ]);
    expect(faults.join()).not.toContain('topsecret');
  });

  test('a password has no place on the command line', () => {
    expect(faultsOf(both, { redis: 'redis://:topsecret@cache' })).toEqual([
      '--redis: a password, which process lists would show, give the address without it, and the password as ARMATURE_REDIS_PASSWORD',
    ]);
  });

  test('a password stands in one place', () => {
    const variables = { ...both, ARMATURE_REDIS_URL: 'redis://:one@cache', ARMATURE_REDIS_PASSWORD: 'two' };
    expect(faultsOf(variables)).toEqual([
      'ARMATURE_REDIS_PASSWORD: set, and the address holds a user or password too, leave it in one of the two',
    ]);
    expect(faultsOf({ ...both, ARMATURE_REDIS_USERNAME: 'me' })).toEqual([
      'ARMATURE_REDIS_USERNAME: set without a password, set ARMATURE_REDIS_PASSWORD or ARMATURE_REDIS_PASSWORD_FILE',
    ]);
  });

  test('TLS is not switched off where something asks for it', () => {
    const variables = { ...both, ARMATURE_REDIS_URL: 'rediss://cache', ARMATURE_REDIS_TLS: 'false' };
    expect(faultsOf(variables)).toEqual([expect.stringMatching(/^ARMATURE_REDIS_TLS: false, and the address begins/)]);
    const ca = { ...both, ARMATURE_KAFKA_TLS: 'false', ARMATURE_KAFKA_TLS_CA: join(folder, 'ca.pem') };
    expect(faultsOf(ca)).toEqual([expect.stringMatching(/^ARMATURE_KAFKA_TLS: false, and ARMATURE_KAFKA_TLS_CA/)]);
  });
});
