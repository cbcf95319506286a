import { afterEach, beforeEach, expect, test } from 'vitest';
import { describeWith } from '../../../../test/environment.js';
import { START_MS, sharedKafka } from '../../../../test/provisioned.js';
import { type GroupConsumerOptions, startGroupConsumer } from '../../src/adapters/kafka/group-consumer.js';
import { openProducer } from '../../src/adapters/kafka/producer.js';
import { silent } from '../../src/adapters/loggers.js';
import type { GroupConsumer, KafkaSettings, Producer } from '../../src/cluster/ports.js';
import { deleteTopics, makeTopic, settingsOf, withAdmin } from './kafka-topics.js';
import { type RecordingTaker, recordingTaker } from './recording-taker.js';
import { until, wait } from './until.js';

describeWith('kafka', 'reading as a member of the group', () => {
  let settings: KafkaSettings;
  let producer: Producer;
  const running: GroupConsumer[] = [];
  beforeEach(async () => {
    settings = settingsOf(await sharedKafka());
    producer = await openProducer(settings, { logger: silent });
  }, START_MS);
  afterEach(async () => {
    await Promise.all(running.splice(0).map((consumer) => consumer.stop()));
    await producer.close();
    await deleteTopics(settings);
  });
  const start = async (taker: RecordingTaker, options: Partial<GroupConsumerOptions> = {}): Promise<GroupConsumer> => {
    const consumer = await startGroupConsumer(settings, taker, { logger: silent, ...options });
    running.push(consumer);
    return consumer;
  };
  const append = (partition: number, from: number, count: number) =>
    producer.append(
      'events',
      partition,
      Array.from({ length: count }, (_, i) => ({ key: null, value: `${from + i}` })),
    );
  const values = (count: number, from = 0) => Array.from({ length: count }, (_, i) => `${from + i}`);

  test('each partition is read from where the taker says, in slices, and lag is told', async () => {
    await makeTopic(settings, 'events', { partitions: 3 });
    await append(0, 0, 50);
    await append(1, 0, 10);
    const taker = recordingTaker(new Map([[1, 4]]));
    const sizes: number[] = [];
    taker.before = async (_partition, records) => {
      sizes.push(records.length);
      return undefined;
    };
    const consumer = await start(taker, { sliceRecords: 20 });
    await until(() => taker.taken.get(0)?.length === 50 && taker.taken.get(1)?.length === 6);
    expect(taker.taken.get(0)).toEqual(values(50));
    expect(taker.taken.get(1)).toEqual(values(6, 4));
    expect(Math.max(...sizes)).toBe(20);
    expect(taker.joins).toEqual([[0, 1, 2]]);
    expect(consumer.assigned).toEqual([0, 1, 2]);
    expect(taker.aligned.get(2)).toBe(1);
    await append(2, 0, 1);
    await until(() => taker.taken.get(2)?.length === 1);
    expect(consumer.lag()).toEqual([
      { partition: 0, position: 50, end: 50 },
      { partition: 1, position: 10, end: 10 },
      { partition: 2, position: 1, end: 1 },
    ]);
    expect(taker.faults).toEqual([]);
  });

  test('whatever a taker throws, its records come again and no other partition waits', async () => {
    await makeTopic(settings, 'events', { partitions: 2 });
    const taker = recordingTaker();
    const thrown = [new TypeError('a'), new SyntaxError('b'), new RangeError('c'), new Error('d'), 'a text'];
    taker.before = async (partition) => {
      const cause = partition === 0 ? thrown.shift() : undefined;
      if (cause !== undefined) throw cause;
      return undefined;
    };
    const consumer = await start(taker);
    await Promise.all([append(0, 0, 5), append(1, 0, 5)]);
    await until(() => taker.taken.get(1)?.length === 5);
    expect(taker.taken.get(0)).toBeUndefined();
    await until(() => taker.taken.get(0)?.length === 5);
    await append(0, 5, 1);
    await until(() => taker.taken.get(0)?.length === 6);
    expect(taker.taken.get(0)).toEqual(values(6));
    expect(consumer.restarts).toBe(0);
  });

  test('a taker goes back by its answer, and by a seek from outside', async () => {
    await makeTopic(settings, 'events');
    await append(0, 0, 10);
    const taker = recordingTaker();
    let answers = [undefined, 2];
    taker.before = async () => answers.shift();
    const consumer = await start(taker, { sliceRecords: 5 });
    await until(() => taker.next.get(0) === 10);
    expect(taker.taken.get(0)).toEqual([...values(5), ...values(8, 2)]);
    answers = [];
    consumer.seek(0, 7);
    taker.next.set(0, 7);
    await until(() => taker.taken.get(0)?.length === 16);
    expect(taker.taken.get(0)?.slice(13)).toEqual(values(3, 7));
    // the seek itself is the only jump that it saw
    expect(taker.faults).toEqual(['0: 7, expected 10']);
  });

  test('a partition that is paused is not read until it is resumed', async () => {
    await makeTopic(settings, 'events', { partitions: 2 });
    const taker = recordingTaker();
    const consumer = await start(taker);
    await until(() => taker.aligned.size === 2);
    consumer.pause(0);
    await Promise.all([append(0, 0, 3), append(1, 0, 3)]);
    await until(() => taker.taken.get(1)?.length === 3);
    await wait(300);
    expect(taker.taken.get(0)).toBeUndefined();
    consumer.resume(0);
    await until(() => taker.taken.get(0)?.length === 3);
  });

  test('a slow or failing align holds up its partition alone, and is tried again', async () => {
    await makeTopic(settings, 'events', { partitions: 2 });
    await Promise.all([append(0, 0, 3), append(1, 0, 3)]);
    const taker = recordingTaker();
    const { align } = taker;
    let tries = 0;
    taker.align = async (partition) => {
      if (partition === 1) return align(1);
      await wait(200);
      tries += 1;
      if (tries < 3) throw new Error('not yet');
      return align(0);
    };
    await start(taker);
    await until(() => taker.taken.get(1)?.length === 3);
    expect(taker.taken.get(0)).toBeUndefined();
    await until(() => taker.taken.get(0)?.length === 3);
    expect(tries).toBe(3);
  });

  test('what was committed is told to the group, for tools that show lag', async () => {
    await makeTopic(settings, 'events');
    await append(0, 0, 3);
    const taker = recordingTaker();
    const consumer = await start(taker);
    await until(() => taker.taken.get(0)?.length === 3);
    consumer.tellCommitted(0, 3);
    await consumer.stop();
    const told = await withAdmin(settings.brokers, (admin) =>
      admin.fetchOffsets({ groupId: settings.group, topics: [`${settings.prefix}.events`] }),
    );
    expect(told[0]?.partitions).toMatchObject([{ partition: 0, offset: '3' }]);
  });

  test('gzip is read; zstd is refused at once, by name', async () => {
    await makeTopic(settings, 'events', { partitions: 2 });
    const gzip = await openProducer(settings, { logger: silent, compression: 'gzip' });
    await gzip.append(
      'events',
      0,
      values(5000)
        .slice(0, 1000)
        .map((value) => ({ key: null, value })),
    );
    await gzip.close();
    const taker = recordingTaker(new Map([[0, 300]]));
    await start(taker);
    await until(() => taker.taken.get(0)?.length === 700);
    expect(taker.taken.get(0)).toEqual(values(700, 300));
    const foreign = settingsOf(settings.brokers);
    await makeTopic(foreign, 'events', { config: { 'compression.type': 'zstd' } });
    const writer = await openProducer(foreign, { logger: silent });
    await writer.append('events', 0, [{ key: null, value: 'a' }]);
    await writer.close();
    const consumer = await startGroupConsumer(foreign, recordingTaker(), { logger: silent });
    const failures: Error[] = [];
    consumer.onFailure((cause) => failures.push(cause));
    await until(() => failures.length > 0, 3000);
    expect(failures).toMatchObject([{ code: 'CODEC_MISSING', got: expect.stringContaining(foreign.prefix) }]);
    await consumer.stop();
    await deleteTopics(foreign);
  });

  test('records that were deleted before they were read are asked of the taker again, not skipped', async () => {
    await makeTopic(settings, 'events');
    await append(0, 0, 10);
    const taker = recordingTaker();
    const consumer = await start(taker);
    await until(() => taker.taken.get(0)?.length === 10);
    consumer.pause(0);
    await append(0, 10, 10);
    const topic = `${settings.prefix}.events`;
    await withAdmin(settings.brokers, async (admin) => {
      await admin.fetchTopicOffsets(topic);
      await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '15' }] });
    });
    consumer.resume(0);
    await until(() => (taker.aligned.get(0) ?? 0) > 2);
    expect(taker.taken.get(0)).toHaveLength(10);
    taker.next.set(0, 16);
    await until(() => taker.taken.get(0)?.length === 14);
    expect(taker.taken.get(0)?.slice(10)).toEqual(values(4, 16));
  });

  test('a missing topic is named at the start', async () => {
    await expect(start(recordingTaker())).rejects.toMatchObject({ code: 'TOPIC_MISSING' });
  });
});
