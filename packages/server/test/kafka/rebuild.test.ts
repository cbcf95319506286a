import { AssignerProtocol, type Consumer, Kafka, logLevel, type PartitionAssigner } from 'kafkajs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { describeWith } from '../../../../test/environment.js';
import { START_MS, sharedKafka } from '../../../../test/provisioned.js';
import { startGroupConsumer } from '../../src/adapters/kafka/group-consumer.js';
import { openProducer } from '../../src/adapters/kafka/producer.js';
import { silent } from '../../src/adapters/loggers.js';
import type { GroupConsumer, KafkaSettings } from '../../src/cluster/ports.js';
import { deleteTopics, makeTopic, settingsOf } from './kafka-topics.js';
import { recordingTaker } from './recording-taker.js';
import { until } from './until.js';

/** A way of sharing partitions that nobody else in the group knows: the broker then lets nobody else in. */
const foreign: PartitionAssigner = () => ({
  name: 'foreign',
  version: 1,
  protocol: ({ topics }) => ({
    name: 'foreign',
    metadata: AssignerProtocol.MemberMetadata.encode({ version: 1, topics, userData: Buffer.alloc(0) }),
  }),
  assign: async ({ members }) =>
    members.map(({ memberId }) => ({
      memberId,
      memberAssignment: AssignerProtocol.MemberAssignment.encode({
        version: 1,
        assignment: {},
        userData: Buffer.alloc(0),
      }),
    })),
});

describeWith('kafka', 'a client that ends', () => {
  let settings: KafkaSettings;
  let intruder: Consumer;
  let consumer: GroupConsumer;
  beforeEach(async () => {
    settings = settingsOf(await sharedKafka());
    await makeTopic(settings, 'events');
    const kafka = new Kafka({ brokers: [...settings.brokers], logLevel: logLevel.NOTHING });
    intruder = kafka.consumer({ groupId: settings.group, partitionAssigners: [foreign], maxWaitTimeInMs: 100 });
    await intruder.subscribe({ topics: [`${settings.prefix}.events`] });
    const joined = new Promise((resolve) => intruder.on('consumer.group_join', resolve));
    await intruder.run({ eachMessage: async () => {} });
    await joined;
  }, START_MS);
  afterEach(async () => {
    await consumer.stop();
    await intruder.disconnect();
    await deleteTopics(settings);
  });

  test('it is built anew until it gets in, and reads', async () => {
    const taker = recordingTaker();
    consumer = await startGroupConsumer(settings, taker, { logger: silent });
    await until(() => consumer.restarts > 0);
    await intruder.disconnect();
    const producer = await openProducer(settings, { logger: silent });
    await producer.append('events', 0, [{ key: null, value: 'a' }]);
    await producer.close();
    await until(() => taker.taken.get(0)?.length === 1, 20_000);
    expect(taker.faults).toEqual([]);
  });

  test('when that comes to nothing although Kafka answers, it is told: CONSUMER_FAILED', async () => {
    consumer = await startGroupConsumer(settings, recordingTaker(), { logger: silent, attempts: 1 });
    const failures: Error[] = [];
    consumer.onFailure((cause) => failures.push(cause));
    await until(() => failures.length > 0, 20_000);
    expect(failures).toMatchObject([{ code: 'CONSUMER_FAILED', got: expect.stringContaining('protocol') }]);
  });
});
