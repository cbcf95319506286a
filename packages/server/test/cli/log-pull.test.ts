import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeGroup, encodeRecord, layoutOf, readConfig, readPartition, segmentName } from '@armature/analysis/log';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeWith } from '../../../../test/environment.js';
import { START_MS, sharedKafka, sharedRedis } from '../../../../test/provisioned.js';
import { withAdmin } from '../../src/adapters/kafka/admin.js';
import { openConfigLog } from '../../src/adapters/kafka/config-log.js';
import { openProducer } from '../../src/adapters/kafka/producer.js';
import { takeLock } from '../../src/adapters/lock-file.js';
import { disk, silent, systemClock } from '../../src/index.js';
import { appendValues, type WrittenTopics, writeTopics } from '../cluster/written-topics.js';
import { deleteTopics } from '../kafka/kafka-topics.js';
import { cli, folderOf } from './recorded-terminal.js';

interface Outcome {
  readonly events: number;
  readonly unreadable: number;
  readonly config: number;
  readonly partitions: readonly number[];
}

describeWith('kafka', 'log pull', () => {
  let brokers: readonly string[];
  let topics: WrittenTopics;
  const others: WrittenTopics[] = [];
  const folder = folderOf();
  let total: number;

  beforeAll(async () => {
    brokers = await sharedKafka();
    topics = await writeTopics(brokers, { seed: 11, decisions: 120, perVersion: 40 });
    total = topics.events.reduce((sum, { length }) => sum + length, 0);
  }, START_MS);
  afterAll(async () => {
    for (const one of [topics, ...others]) await deleteTopics(one.settings);
  });

  const run = (data: string, of = topics) =>
    cli(['log', 'pull', '--kafka', brokers.join(','), '--prefix', of.settings.prefix, '--data', data, '--json']);
  const pull = async (data = folder, of = topics): Promise<Outcome> => {
    const { out, err } = await run(data, of);
    expect(err).toBe('');
    return JSON.parse(out) as Outcome;
  };

  async function idsIn(partition: number): Promise<readonly string[]> {
    const ids: string[] = [];
    for await (const records of readPartition(folder, partition)) ids.push(...records.map(({ event }) => event.id));
    return ids;
  }

  test('makes a directory of the log that every command reads', async () => {
    expect(await pull()).toMatchObject({ events: total, unreadable: 0, config: topics.config.length });
    for (const [partition, events] of topics.events.entries()) {
      expect(await idsIn(partition)).toEqual(events.map(({ id }) => id));
    }
    expect((await cli(['log', 'verify', folder])).code).toBe(0);
    const report = await cli(['report', folder], { now: Date.now() });
    expect([report.err, report.out]).toEqual(['', expect.stringContaining('headline')]);
    expect((await cli(['export', folder])).out.split('\n').length).toBeGreaterThan(100);
  });

  test('folded from the directory or from the topics the state is the same, byte for byte', async () => {
    const variables = { ARMATURE_REDIS_URL: await sharedRedis() };
    const args = ['rebuild', '--kafka', brokers.join(','), '--prefix', topics.settings.prefix, '--json'];
    const fromTopics = JSON.parse((await cli(args, { variables })).out) as { partitions: { digest: string }[] };
    const fromDirectory = JSON.parse((await cli(['replay', folder, '--json'])).out) as unknown;
    const digests = JSON.stringify(fromDirectory).match(/"digest":"[0-9a-f]{64}"/g);
    expect(digests).toEqual(fromTopics.partitions.map(({ digest }) => `"digest":"${digest}"`));
  });

  test('goes on where it ended, also behind a torn tail, and turns what is no event into ticks', async () => {
    expect(await pull()).toMatchObject({ events: 0, config: 0 });
    const segment = join(layoutOf(folder).partition(0), segmentName(0));
    appendFileSync(segment, '{"offset":9999');
    await appendValues(topics.settings, 0, ['no event', '{}']);
    const length = topics.events[0]?.length ?? 0;
    expect(await pull()).toMatchObject({ events: 2, unreadable: 2, partitions: [length + 2, total - length] });
    expect(await idsIn(0)).toEqual([
      ...(topics.events[0] ?? []).map(({ id }) => id),
      `unreadable-0-${length}`,
      `unreadable-0-${length + 1}`,
    ]);
    expect((await cli(['log', 'verify', folder])).code).toBe(0);
  });

  test('what lost its compare-and-set in the config log is left out, and the offsets go on without a gap', async () => {
    const producer = await openProducer(topics.settings, { logger: silent });
    await producer.append('config', 0, [{ key: null, value: '{"not":"placed"}' }]);
    const log = await openConfigLog({ settings: topics.settings, producer, logger: silent, clock: systemClock() });
    const [first] = topics.config;
    if (first === undefined) throw new Error('no config');
    await log.append([{ ...first, id: 'config-again' }]);
    await log.close();
    await producer.close();
    expect(await pull()).toMatchObject({ config: 1 });
    const records = [];
    for await (const group of readConfig(folder)) records.push(...group);
    expect(records.map(({ offset }) => offset)).toEqual(records.map((_, n) => n));
    expect(records.at(-1)?.event.id).toBe('config-again');
  });

  test('refuses a directory of another log, or of one that has gone another way, or that a server has', async () => {
    const other = await writeTopics(brokers, { seed: 12, decisions: 20, perVersion: 10 });
    others.push(other);
    expect(await run(folder, other)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^LOG_MISMATCH: .*another directory/),
    });
    const own = folderOf();
    await pull(own, other);
    const segment = join(layoutOf(own).partition(0), segmentName(0));
    const length = other.events[0]?.length ?? 0;
    const record = { offset: length, at: Date.now(), event: other.events[0]?.[0] };
    const whole = readFileSync(segment);
    appendFileSync(segment, encodeGroup([encodeRecord(record)]));
    expect(await run(own, other)).toMatchObject({ code: 1, err: expect.stringContaining(`${length} in Kafka`) });
    await appendValues(other.settings, 0, ['one more']);
    expect(await run(own, other)).toMatchObject({ code: 1, err: expect.stringContaining('another one in Kafka') });
    writeFileSync(segment, whole);
    const lock = await takeLock(disk(), layoutOf(own).lock);
    expect(await run(own, other)).toMatchObject({ code: 1, err: expect.stringMatching(/^DATA_DIR_LOCKED: /) });
    await lock.release();
    expect(await pull(own, other)).toMatchObject({ events: 1 });
    expect(existsSync(layoutOf(own).lock)).toBe(false);
  });

  test('records that retention deleted before they were pulled are a hole', async () => {
    const [other] = others;
    if (other === undefined) throw new Error('no topics');
    const topic = `${other.settings.prefix}.events`;
    await withAdmin(other.settings, async (admin) => {
      await admin.fetchTopicOffsets(topic);
      await admin.deleteTopicRecords({ topic, partitions: [{ partition: 1, offset: '3' }] });
    });
    const { code, err } = await run(folderOf(), other);
    expect([code, err]).toEqual([
      1,
      expect.stringMatching(/^DATA_HOLE: .*partition 1, which begins at record 3 in Kafka/),
    ]);
  });
});
