import { describe, expect, test } from 'vitest';
import type { FoundGroup } from '../../src/adapters/kafka/kafka-facts.js';
import type { RedisFacts } from '../../src/adapters/redis/redis-facts.js';
import type { StateMark } from '../../src/cluster/ports.js';
import { bytesText, type Check, timeText } from '../../src/doctor/check.js';
import { groupChecks } from '../../src/doctor/group-checks.js';
import { nodeChecks } from '../../src/doctor/node-checks.js';
import { redisChecks } from '../../src/doctor/redis-checks.js';
import { stateChecks } from '../../src/doctor/state-checks.js';

const bad = (checks: readonly Check[]) => checks.filter(({ level }) => level !== 'ok');

test.each([
  ['20.18.3', 'fault'],
  ['18.20.0', 'fault'],
  ['20.19.0', 'ok'],
  ['22.1.0', 'ok'],
])('Node %s: %s', (version, level) => {
  expect(nodeChecks(version)).toMatchObject([{ level }]);
});

test('bytes and times are told as people say them', () => {
  expect([0, 1023, 1024, 1_572_864, 250 * 2 ** 30].map(bytesText)).toEqual([
    '0 B',
    '1023 B',
    '1.0 KiB',
    '1.5 MiB',
    '250 GiB',
  ]);
  expect([3, 90_000, 600_000, 36e5 * 5, 864e5 * 9].map(timeText)).toEqual(['3 ms', '90 s', '10 min', '5 h', '9 d']);
});

const good: { readonly [field: string]: string } = {
  redis_version: '7.0.15',
  role: 'master',
  maxmemory: String(2 ** 30),
  maxmemory_policy: 'noeviction',
  used_memory: String(2 ** 28),
  aof_enabled: '1',
  aof_last_write_status: 'ok',
  connected_slaves: '1',
};

function redis(change: { readonly [field: string]: string } = {}, facts: Partial<RedisFacts> = {}): readonly Check[] {
  const config = new Map([
    ['appendfsync', 'everysec'],
    ['min-replicas-to-write', '1'],
  ]);
  const info = new Map(Object.entries({ ...good, ...change }));
  return redisChecks([{ node: 'cache:6379', info, config, aheadMs: 3, answerMs: 2, ...facts }]);
}

describe('a Redis', () => {
  test('that is set up for it has no fault', () => {
    expect(bad(redis())).toEqual([]);
    expect(redis().map(({ text }) => text)).toContain('cache:6379 keeps an append-only file (appendfsync everysec)');
  });

  test.each([
    [{ redis_version: '5.0.14' }, 'fault', /Redis 5\.0\.14 .* older than 6/, '# install'],
    [{ role: 'slave' }, 'fault', /is a replica/, '# name the master'],
    [
      { maxmemory_policy: 'allkeys-lru' },
      'fault',
      /evicts parts of the state at 1\.0 GiB: allkeys-lru/,
      'redis-cli -h cache -p 6379 CONFIG SET maxmemory-policy noeviction && redis-cli -h cache -p 6379 CONFIG REWRITE',
    ],
    [{ maxmemory_policy: 'volatile-ttl', maxmemory: '0' }, 'warning', /would evict/, 'redis-cli -h cache'],
    [{ aof_enabled: '0' }, 'warning', /no append-only file/, 'redis-cli -h cache -p 6379 CONFIG SET appendonly yes'],
    [{ aof_last_write_status: 'err' }, 'fault', /cannot write its append-only file/, '# free the disk'],
    [{ connected_slaves: '0' }, 'warning', /has no replica/, '# start another one: redis-cli -h REPLICA -p 6379'],
    [
      { used_memory: String(0.8 * 2 ** 30) },
      'warning',
      /80% of maxmemory/,
      'redis-cli -h cache -p 6379 CONFIG SET maxm',
    ],
    [{ used_memory: String(0.95 * 2 ** 30) }, 'fault', /95% of maxmemory .*refused/, 'redis-cli -h cache -p 6379'],
  ] as const)('with %j has a %s', (change, level, text, fix) => {
    const found = bad(redis(change));
    expect(found).toMatchObject([{ part: 'redis', level, text: expect.stringMatching(text) }]);
    expect(found[0]?.fix?.startsWith(fix)).toBe(true);
  });

  test('whose master need not be followed is warned of', () => {
    const config = new Map([['min-replicas-to-write', '0']]);
    expect(bad(redis({}, { config }))).toMatchObject([
      { level: 'warning', text: expect.stringContaining('min-replicas-to-write 0') },
    ]);
    expect(bad(redis({}, { config: new Map() }))).toEqual([]);
  });

  test('is warned of when its clock is another, but not when it is slow to answer', () => {
    expect(bad(redis({}, { aheadMs: -60_000 }))).toMatchObject([
      { level: 'warning', text: 'the clock of cache:6379 is 60 s behind ours' },
    ]);
    expect(bad(redis({}, { aheadMs: 4000, answerMs: 8000 }))).toEqual([]);
  });

  test('is called Valkey where it is one', () => {
    expect(redis({ redis_version: '7.2.4', valkey_version: '8.0.1' })[0]?.text).toBe('Valkey 8.0.1 at cache:6379');
  });
});

describe('the consumer group', () => {
  const ends = new Map([
    [0, { low: 10, high: 500 }],
    [1, { low: 0, high: 250_000 }],
  ]);
  const group = (change: Partial<FoundGroup>): FoundGroup => ({
    ...{
      name: 'shop.owners',
      state: 'Stable',
      members: 2,
      committed: new Map([
        [0, 480],
        [1, 249_000],
      ]),
    },
    ...change,
  });

  test('tells its servers and its lag', () => {
    expect(groupChecks(group({}), ends)).toEqual([
      {
        part: 'group',
        level: 'ok',
        text: 'shop.owners: 2 servers, Stable; lag of 1,020 records (by partition: 0: 20, 1: 1,000)',
      },
    ]);
  });

  test.each([
    [{ members: 0, state: 'Empty' }, /0 servers, Empty: nobody folds, 1,020 records wait/],
    [{ state: 'PreparingRebalance' }, /partitions change hands/],
    [
      {
        committed: new Map([
          [0, 480],
          [1, -1],
        ]),
      },
      /1: 250,000/,
    ],
  ] as const)('with %j is warned of', (change, text) => {
    expect(groupChecks(group(change), ends)).toMatchObject([{ level: 'warning', text: expect.stringMatching(text) }]);
  });

  test('that was never there is fine while nothing waits for it', () => {
    const none = group({ members: 0, state: 'Dead', committed: new Map() });
    expect(groupChecks(none, new Map([[0, { low: 0, high: 0 }]]))).toMatchObject([{ level: 'ok' }]);
  });
});

describe('the state of the partitions', () => {
  const log = { id: 'log-1', partitions: 3 };
  const mark = (offset: number, of = 'log-1'): StateMark => ({ revision: 'r', log: of, offset, totals: '' });
  const ends = new Map([0, 1, 2].map((partition) => [partition, { low: 100, high: 200 }]));

  test('between the ends of its topic is in place', () => {
    expect(stateChecks(log, [mark(100), mark(150), mark(200)], ends)).toEqual([
      { part: 'state', level: 'ok', text: '3 of 3 partitions in place, 150 records behind the log' },
    ]);
  });

  test('ahead of the log, behind its beginning or of another log is a fault', () => {
    const checks = stateChecks(log, [mark(201), mark(99), mark(150, 'log-0')], ends);
    expect(checks.map(({ level, code, fix }) => [level, code, fix?.split(' ').slice(0, 4).join(' ')])).toEqual([
      ['fault', 'LOG_MISMATCH', 'armature rebuild --partition 0'],
      ['fault', 'DATA_HOLE', '# restore Redis from'],
      ['fault', 'LOG_MISMATCH', 'armature rebuild --partition 2'],
    ]);
    expect(checks[0]?.text).toContain('stands at 201, ahead of the log, which ends at 200');
    expect(checks[1]?.text).toContain('stands at 99, and the log begins at 100: 1 record between them are lost');
  });

  test('that is missing where there are records is warned of', () => {
    expect(stateChecks(log, [mark(200), undefined, undefined], ends)).toMatchObject([
      { level: 'ok' },
      { level: 'warning', text: expect.stringContaining('partition 1, 2') },
    ]);
    const empty = new Map([0, 1, 2].map((partition) => [partition, { low: 0, high: 0 }]));
    expect(bad(stateChecks(log, [undefined, undefined, undefined], empty))).toEqual([]);
  });
});
