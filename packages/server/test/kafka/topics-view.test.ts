import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { describeWith } from '../../../../test/environment.js';
import { START_MS, sharedKafka } from '../../../../test/provisioned.js';
import { openProducer } from '../../src/adapters/kafka/producer.js';
import { openTopicsView } from '../../src/adapters/kafka/topics-view.js';
import { silent } from '../../src/adapters/loggers.js';
import type { KafkaSettings } from '../../src/cluster/ports.js';
import { deleteTopics, makeTopic, settingsOf, withAdmin } from './kafka-topics.js';

describeWith('kafka', 'where the partitions begin and end', () => {
  let settings: KafkaSettings;
  beforeEach(async () => {
    settings = settingsOf(await sharedKafka());
  }, START_MS);
  afterEach(() => deleteTopics(settings));

  test('both ends of every partition are told, in order, as they change', async () => {
    await makeTopic(settings, 'events', { partitions: 3 });
    const view = await openTopicsView(settings);
    const none = { low: 0, high: 0 };
    expect([...(await view.ends('events'))]).toEqual([
      [0, none],
      [1, none],
      [2, none],
    ]);
    const producer = await openProducer(settings, { logger: silent });
    await producer.append(
      'events',
      1,
      ['a', 'b', 'c'].map((value) => ({ key: null, value })),
    );
    await producer.close();
    const topic = `${settings.prefix}.events`;
    await withAdmin(settings.brokers, async (admin) => {
      await admin.fetchTopicOffsets(topic);
      await admin.deleteTopicRecords({ topic, partitions: [{ partition: 1, offset: '2' }] });
    });
    expect((await view.ends('events')).get(1)).toEqual({ low: 2, high: 3 });
    await view.close();
    await expect(view.ends('events')).rejects.toMatchObject({ code: 'CLOSED' });
  });

  test('a missing topic and a Kafka that is not there are told in time', async () => {
    const view = await openTopicsView(settings, { timeoutMs: 1000 });
    await expect(view.ends('config')).rejects.toMatchObject({ code: 'TOPIC_MISSING' });
    await view.close();
    const listener = createServer().listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const { port } = listener.address() as { port: number };
    listener.close();
    const nowhere = await openTopicsView({ ...settings, brokers: [`127.0.0.1:${port}`] }, { timeoutMs: 1000 });
    const since = Date.now();
    await expect(nowhere.ends('events')).rejects.toMatchObject({ code: 'KAFKA_UNREACHABLE', retryable: true });
    expect(Date.now() - since).toBeLessThan(3000);
    await nowhere.close();
  });
});
