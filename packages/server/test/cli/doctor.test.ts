import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { layoutOf, segmentName } from '@armature/analysis/log';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { describeWith } from '../../../../test/environment.js';
import { START_MS, sharedKafka } from '../../../../test/provisioned.js';
import { generateLog, START, writeLog } from '../../../analysis/test/written-log.js';
import { withAdmin } from '../../src/adapters/kafka/admin.js';
import { kafkaFacts } from '../../src/adapters/kafka/kafka-facts.js';
import { createTopics, ensureTopics } from '../../src/adapters/kafka/topics.js';
import { takeLock } from '../../src/adapters/lock-file.js';
import type { KafkaSettings } from '../../src/cluster/ports.js';
import { topicPlans } from '../../src/cluster/topic-plan.js';
import type { Check } from '../../src/doctor/check.js';
import { clockChecks } from '../../src/doctor/cluster-checks.js';
import { disk, silent, systemClock } from '../../src/index.js';
import { writeTopics } from '../cluster/written-topics.js';
import { deleteTopics } from '../kafka/kafka-topics.js';
import { type RedisProcess, redisProcess } from '../redis/redis-process.js';
import { cli, folderOf, type Setting } from './recorded-terminal.js';

interface Found {
  readonly sound: boolean;
  readonly checks: readonly Check[];
}

async function doctor(args: readonly string[], setting: Setting = {}): Promise<Found & { readonly code: number }> {
  const { out, err, code } = await cli(['doctor', '--json', ...args], setting);
  expect(err).toBe('');
  return { ...(JSON.parse(out) as Found), code };
}

const faults = ({ checks }: Found): readonly Check[] => checks.filter(({ level }) => level === 'fault');

describe('doctor of a data directory', () => {
  const written = generateLog({ seed: 5, partitions: 2, decisions: 40, perVersion: 20 });
  const end = START + 86_400_000;
  let folder: string;

  beforeEach(() => {
    folder = folderOf();
    writeLog(folder, written);
  });

  test('tells of a whole log, its disk and its lock, on a line each', async () => {
    const { out, code } = await cli(['doctor', '--data', folder], { now: end });
    expect(code).toBe(0);
    expect(out).toMatch(/^ok {7}node {7}Node \d+/);
    expect(out).toMatch(/ok +directory +log log-1 of 2 partitions in /);
    expect(out).toMatch(/ok +directory +no server has /);
    expect(out).toMatch(/free on the disk of /);
    expect(out).toMatch(/ok +log +every byte of the log is as it was written: \d+ records in 3 segments/);
    expect(out).toMatch(/last record \d+ h ago/);
    expect(out).toMatch(/\d checks: 0 faults, \d warnings?\n$/);
  });

  test('names a damaged byte, and the command that says more', async () => {
    const segment = join(layoutOf(folder).partition(0), segmentName(0));
    const bytes = readFileSync(segment);
    bytes[400] = (bytes[400] ?? 0) ^ 4;
    writeFileSync(segment, bytes);
    const found = await doctor(['--data', folder], { now: end });
    expect(found).toMatchObject({ code: 1, sound: false });
    expect(faults(found)).toMatchObject([
      { part: 'log', code: 'LOG_DAMAGED', fix: `armature log verify ${folder}`, text: '1 of 3 segments not whole' },
    ]);
  });

  test('sees a clock that is behind the log', async () => {
    const found = await doctor(['--data', folder], { now: START - 60_000 });
    expect(faults(found)).toMatchObject([
      { part: 'log', code: 'LOG_AHEAD', text: expect.stringContaining('ahead of') },
    ]);
  });

  test('sees who has the directory', async () => {
    const lock = await takeLock(disk(), layoutOf(folder).lock);
    const texts = async () => (await doctor(['--data', folder], { now: end })).checks.map(({ text }) => text);
    expect(await texts()).toContain(`process ${process.pid} has ${folder}`);
    await lock.release();
    writeFileSync(layoutOf(folder).lock, '{"pid":2147483646}\n');
    expect(await texts()).toContain(`process 2147483646 died with ${folder}; the next start takes it over`);
  });

  test('a directory without a log is no fault, and a damaged log.json is one', async () => {
    const empty = folderOf();
    expect(await doctor(['--data', empty])).toMatchObject({ code: 0, sound: true });
    writeFileSync(layoutOf(empty).meta, '{"schema":1');
    expect(faults(await doctor(['--data', empty]))).toMatchObject([{ part: 'directory', code: 'LOG_DAMAGED' }]);
  });
});

describe('doctor of Kafka and Redis that are not there', () => {
  test('tells both, with a command that looks for each', async () => {
    const found = await doctor(['--kafka', '127.0.0.1:1', '--redis', 'redis://127.0.0.1:2']);
    expect(found.code).toBe(1);
    expect(faults(found)).toMatchObject([
      { part: 'kafka', code: 'KAFKA_UNREACHABLE', fix: 'nc -vz 127.0.0.1 1' },
      { part: 'redis', code: 'STATE_UNAVAILABLE', fix: 'redis-cli -h 127.0.0.1 -p 2 PING' },
    ]);
  });

  test('settings that cannot be used are refused before anything is asked', async () => {
    const { err, code } = await cli(['doctor'], { variables: { ARMATURE_KAFKA_BROKERS: 'kafka:9092' } });
    expect([code, err]).toEqual([
      1,
      expect.stringMatching(/^CLUSTER_SETTINGS_INVALID: .*\nARMATURE_REDIS_URL: not set/),
    ]);
  });
});

describeWith('kafka', 'doctor of Kafka', () => {
  let redis: RedisProcess;
  let brokers: readonly string[];
  let settings: KafkaSettings;
  const all: KafkaSettings[] = [];

  beforeAll(async () => {
    brokers = await sharedKafka();
    redis = await redisProcess(['--appendonly', 'yes']);
  }, START_MS);
  beforeEach(() => {
    const prefix = `doctor-${randomUUID().slice(0, 8)}`;
    settings = { brokers, prefix, group: `${prefix}.owners` };
    all.push(settings);
  });
  afterAll(async () => {
    await redis.dispose();
    for (const one of all) await deleteTopics(one);
  });

  const args = (...more: readonly string[]): readonly string[] => [
    ...['--kafka', brokers.join(','), '--redis', redis.url, '--prefix', settings.prefix],
    ...more,
  ];

  test('missing topics are a fault whose fix makes them', async () => {
    const before = await doctor(args());
    expect(before.code).toBe(1);
    const [missing] = faults(before);
    expect(missing).toMatchObject({ part: 'topics', code: 'TOPIC_MISSING' });
    const [, ...words] = missing?.fix?.split(' ') ?? [];
    expect((await cli(words)).code).toBe(0);
    const after = await doctor(args());
    expect([after.code, faults(after)]).toEqual([0, []]);
    expect(after.checks.map(({ part }) => part)).toEqual(expect.arrayContaining(['kafka', 'topics', 'log', 'redis']));
  });

  test('a topic with settings that lose records is named with the command that mends it', async () => {
    await ensureTopics({ ...settings }, { partitions: 2, replication: 1, logger: silent });
    const [plan] = topicPlans(`${settings.prefix}b`, { partitions: 2, replication: 1, retentionMs: 1000 });
    if (plan === undefined) throw new Error('no plan');
    const bad = { 'message.timestamp.type': 'CreateTime', 'compression.type': 'zstd', 'cleanup.policy': 'compact' };
    const other = { ...settings, prefix: `${settings.prefix}b` };
    all.push(other);
    await createTopics(other, [{ ...plan, settings: { ...plan.settings, ...bad } }]);
    const found = await doctor([...args(), '--prefix', other.prefix]);
    const named = faults(found).map(
      ({ code, text }) => `${code} ${/: (\S+) is (\S+),/.exec(text)?.slice(1).join(' ')}`,
    );
    expect(named).toEqual([
      'TOPIC_MISSING undefined',
      'TOPIC_UNSUITABLE cleanup.policy compact',
      'TOPIC_UNSUITABLE message.timestamp.type CreateTime',
      'TOPIC_UNSUITABLE compression.type zstd',
      'TOPIC_UNSUITABLE retention.ms 1000',
    ]);
  });

  test("a probe appends to the dead letters and reads the broker's clock; without it nothing is written", async () => {
    await ensureTopics(settings, { partitions: 1, replication: 1, logger: silent });
    const texts = async (...more: readonly string[]) =>
      (await doctor(args(...more))).checks.map(({ text }) => text).join('\n');
    expect(await texts()).not.toContain('was appended in');
    expect(await texts('--probe')).toMatch(/a record was appended in \d+ ms; the broker's clock is \d+ ms/);
  });

  test('a Redis that evicts is a fault, and one that wants a password is told so without showing any', async () => {
    await ensureTopics(settings, { partitions: 1, replication: 1, logger: silent });
    await redis.client.config('SET', 'maxmemory', '100mb');
    await redis.client.config('SET', 'maxmemory-policy', 'allkeys-lru');
    const evicting = await doctor(args());
    expect(faults(evicting)).toMatchObject([{ part: 'redis', text: expect.stringContaining('allkeys-lru') }]);
    await redis.client.config('SET', 'maxmemory-policy', 'noeviction');
    await redis.client.config('SET', 'requirepass', 'right-one');
    const variables = { ARMATURE_REDIS_PASSWORD: 'wrong-one' };
    const refused = await doctor(args(), { variables });
    expect(faults(refused)).toMatchObject([{ part: 'redis', code: 'REDIS_SETTINGS_INVALID' }]);
    expect(JSON.stringify(refused)).not.toContain('wrong-one');
    const right = await doctor(args(), { variables: { ARMATURE_REDIS_PASSWORD: 'right-one' } });
    expect(faults(right)).toEqual([]);
    expect(JSON.stringify(right)).not.toContain('right-one');
    await redis.client.config('SET', 'requirepass', '');
  });

  test('holds the state of each partition against its topic, and the topics against the log', async () => {
    const topics = await writeTopics(brokers, { seed: 2, decisions: 30, perVersion: 10 });
    settings = topics.settings;
    all.push(settings);
    const [one = 0, two = 0] = topics.events.map(({ length }) => length);
    const before = (await doctor(args())).checks;
    expect(before).toContainEqual(expect.objectContaining({ part: 'state', level: 'warning', fix: 'armature serve' }));
    expect(before.map(({ text }) => text)).toContain(
      `${settings.group}: 0 servers, Dead: nobody folds, ${one + two} records wait`,
    );
    await cli(['rebuild', '--switch', ...args()]);
    const after = await doctor(args());
    expect(after.checks.map(({ text }) => text)).toContain('2 of 2 partitions in place, 0 records behind the log');

    await withAdmin(settings, (admin) => admin.deleteTopics({ topics: [`${settings.prefix}.events`] }));
    await ensureTopics(settings, { partitions: 1, replication: 1, logger: silent });
    const remade = faults(await doctor(args()));
    expect(remade.map(({ part, code }) => [part, code])).toEqual([
      ['topics', 'TOPIC_UNSUITABLE'],
      ['state', 'LOG_MISMATCH'],
    ]);
    expect(remade[0]?.fix).toMatch(/--alter --topic \S+\.events --partitions 2$/);
    expect(remade[1]).toMatchObject({ fix: 'armature rebuild --partition 0 --switch' });
  });

  test('sees that a clock is behind the records', async () => {
    const topics = await writeTopics(brokers, { seed: 2, decisions: 10, perVersion: 10 });
    all.push(topics.settings);
    const clock = systemClock();
    expect(await kafkaFacts(topics.settings, clock)).toMatchObject({ fromTheFuture: [], recent: true });
    const slow = { ...clock, now: () => Date.now() - 3_600_000 };
    const facts = await kafkaFacts(topics.settings, slow);
    expect(facts.fromTheFuture).toEqual([0, 1]);
    expect(clockChecks(facts)).toMatchObject([{ level: 'fault', code: 'LOG_AHEAD' }]);
    const fast = { ...clock, now: () => Date.now() + 3_600_000 };
    const late = await kafkaFacts(topics.settings, fast);
    expect(late).toMatchObject({ fromTheFuture: [], recent: false });
    const group = { ...late.group, members: 1 };
    expect(clockChecks({ ...late, group })).toMatchObject([{ level: 'warning', fix: 'armature doctor --probe' }]);
  });
});
