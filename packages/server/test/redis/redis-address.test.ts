import { expect, test } from 'vitest';
import { parseRedisAddress, shownAddress } from '../../src/adapters/redis/redis-address.js';

const parse = (url: string, prefix = 'armature') => parseRedisAddress({ url, prefix });
const plain = { kind: 'node', name: '', db: 0, username: undefined, password: undefined, tls: false };

test.each([
  ['redis://localhost', { ...plain, hosts: [{ host: 'localhost', port: 6379 }] }],
  ['rediss://[::1]:7000/5', { ...plain, hosts: [{ host: '::1', port: 7000 }], db: 5, tls: true }],
  [
    'redis://ann:p%40ss:w/o#rd@host:1',
    { ...plain, hosts: [{ host: 'host', port: 1 }], username: 'ann', password: 'p@ss:w/o#rd' },
  ],
  ['redis://:secret@host', { ...plain, hosts: [{ host: 'host', port: 6379 }], password: 'secret' }],
  [
    'redis+sentinel://u:p@s1:26380,s2/main/2',
    {
      ...{ ...plain, kind: 'sentinel', name: 'main', db: 2, username: 'u', password: 'p' },
      hosts: [
        { host: 's1', port: 26380 },
        { host: 's2', port: 26379 },
      ],
    },
  ],
  [
    'rediss+cluster://c1:7001,c2:7002,[fe80::1]:7003',
    {
      ...{ ...plain, kind: 'cluster', tls: true },
      hosts: [
        { host: 'c1', port: 7001 },
        { host: 'c2', port: 7002 },
        { host: 'fe80::1', port: 7003 },
      ],
    },
  ],
])('%s is read', (url, expected) => {
  expect(parse(url)).toEqual(expected);
});

test.each([
  ['localhost:6379', 'no address in "localhost:6379"', 'write redis://host:6379'],
  ['http://host', 'no address in "http://host"', 'write redis://host:6379'],
  ['redis://:secret@', 'the host "" in "redis://"', 'write host:port, and an IPv6 address in brackets'],
  ['redis://a b', 'the host "a b" in "redis://a b"', 'write host:port, and an IPv6 address in brackets'],
  ['redis://host:0', 'port 0 in "redis://host:0"', 'write a port from 1 to 65535'],
  ['redis://host:65536', 'port 65536 in "redis://host:65536"', 'write a port from 1 to 65535'],
  [
    'redis://u:secret@a,b',
    'more than one host in "redis://a,b"',
    'begin it with redis+sentinel:// or redis+cluster://',
  ],
  ['redis://host/x', 'database "x" in "redis://host/x"', 'write its number, such as redis://host:6379/0'],
  ['redis://host/0/1', 'the path "/0/1" in "redis://host/0/1"', 'leave it out'],
  ['redis+sentinel://s1', 'no name in "redis+sentinel://s1"', 'write redis+sentinel://host:26379/name'],
  ['redis+cluster://c1/1', 'the path "/1" in "redis+cluster://c1/1"', 'leave it out: a cluster has one database'],
  [
    'redis://u:se%cret@host',
    'a password with a % that begins no escape in "redis://host"',
    'write % as %25 in the password',
  ],
])('%s is refused with what to write, and without the password', (url, got, todo) => {
  const act = (): unknown => parse(url);
  expect(act).toThrow(expect.objectContaining({ code: 'REDIS_SETTINGS_INVALID', got, todo, retryable: false }));
  expect(act).not.toThrow(/se.?cret/);
});

test('a prefix that would tear the keys of a partition apart is refused', () => {
  for (const prefix of ['', 'a{b}', 'a b', 'x'.repeat(101)]) {
    expect(() => parse('redis://host', prefix)).toThrow('write at most 100 letters, digits and . _ : -');
  }
});

test('an address is shown without user and password, whatever it is', () => {
  expect(shownAddress('redis://u:p@ss@host:1/2')).toBe('redis://host:1/2');
  expect(shownAddress('u:p@host')).toBe('host');
  expect(shownAddress(`redis://${'x'.repeat(200)}`)).toHaveLength(101);
});
