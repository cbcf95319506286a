import { createRegistry } from '@armature/analysis/fold';
import { expect, test } from 'vitest';
import { virtualClock } from '../../src/adapters/clock.js';
import { openTopicsView } from '../../src/adapters/kafka/topics-view.js';
import { createIngest } from '../../src/ingest/ingest.js';
import { knownExperiments } from '../../src/ingest/known-experiments.js';
import { problemOf } from '../../src/problem.js';

const NOW = Date.UTC(2026, 10, 24, 12);

test('events that name what was not read yet are to be sent again while Kafka is away', async () => {
  const settings = { brokers: ['127.0.0.1:9'], prefix: 'nowhere', group: 'nowhere.owners' };
  const topics = await openTopicsView(settings, { timeoutMs: 300 });
  const ingest = createIngest({
    log: {
      partitions: 1,
      append: async () => {},
      logTime: () => 0,
      catchUp: async () => void (await topics.ends('config')),
    },
    ...{ registry: createRegistry(), known: knownExperiments(), keys: { tokenKeys: [] }, clock: virtualClock(NOW) },
  });
  const time = new Date(NOW).toISOString();
  const data = { experiment: 'new', unit: 'u1', metrics: { click: 1 } };
  const event = { specversion: '1.0', type: 'dev.armature.reward.v1', source: '/test', id: 'r1', time, data };
  const failed: unknown = await ingest([event]).catch((cause: unknown) => cause);
  await topics.close();

  expect(problemOf(failed, 'request')).toMatchObject({ status: 503, code: 'LOG_UNAVAILABLE', retryable: true });
  expect(String(failed)).toContain('what others wrote to the config log was not read');
});
