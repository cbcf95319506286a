import { createRandom } from '@armature/analysis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TcpProxy, tcpProxy } from '../../../../test/cluster/tcp-proxy.js';
import { describeWith } from '../../../../test/environment.js';
import { START_MS, sharedKafka } from '../../../../test/provisioned.js';
import { openProducer } from '../../src/adapters/kafka/producer.js';
import { openTopicsView } from '../../src/adapters/kafka/topics-view.js';
import { silent } from '../../src/adapters/loggers.js';
import type { KafkaSettings } from '../../src/cluster/ports.js';
import { deleteTopics, makeTopic, settingsOf } from './kafka-topics.js';

/** A question that nobody answers is given up after this. */
const requestMs = 500;

describeWith('kafka', 'half-open connections', () => {
  let settings: KafkaSettings;
  let proxy: TcpProxy;
  beforeAll(async () => {
    const brokers = await sharedKafka();
    settings = settingsOf(brokers);
    await makeTopic(settings, 'events');
    const port = Number(brokers[0]?.split(':')[1]);
    proxy = await tcpProxy(port, createRandom(1));
    // brokers tell their own addresses: what this file would send there goes through the proxy
    process.env.ARMATURE_TEST_PORTS = JSON.stringify([[port, proxy.port]]);
    await import(new URL('../../../../test/cluster/redirect-ports.mjs', import.meta.url).href);
  }, START_MS);
  afterAll(async () => {
    await deleteTopics(settings);
    await proxy.close();
  });

  test('a producer whose connections swallow everything goes on over new ones', async () => {
    const producer = await openProducer(settings, { logger: silent, requestMs });
    await producer.append('events', 0, [{ key: null, value: 'before' }]);
    proxy.set({ kind: 'black-hole' }, 'open');
    const [appended] = await producer.append('events', 0, [{ key: null, value: 'after' }]);
    expect(appended?.offset).toBeGreaterThan(0);
    await producer.close();
  });

  test('so does the view of the topics', async () => {
    const view = await openTopicsView(settings, { requestMs });
    expect((await view.ends('events')).get(0)?.high).toBeGreaterThan(0);
    proxy.set({ kind: 'black-hole' }, 'open');
    expect((await view.ends('events')).get(0)?.high).toBeGreaterThan(0);
    await view.close();
  });

  test('a question that is given up before any answer is not in the way of the next one', async () => {
    const view = await openTopicsView(settings, { timeoutMs: 600 });
    await view.ends('events');
    proxy.set({ kind: 'black-hole' }, 'open');
    await expect(view.ends('events')).rejects.toMatchObject({ code: 'KAFKA_UNREACHABLE' });
    expect((await view.ends('events')).get(0)?.high).toBeGreaterThan(0);
    await view.close();
  });
});
