import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeWith } from '../../../../test/environment.js';
import { START_MS, sharedKafka, sharedRedis } from '../../../../test/provisioned.js';
import { createTopics } from '../../src/adapters/kafka/topics.js';
import { openConnections } from '../../src/cluster/connections.js';
import type { KafkaSettings, TopicKind } from '../../src/cluster/ports.js';
import { topicPlans } from '../../src/cluster/topic-plan.js';
import { silent, systemClock } from '../../src/index.js';
import { deleteTopics } from '../kafka/kafka-topics.js';

describeWith('kafka', 'the start of a server', () => {
  let brokers: readonly string[];
  let url: string;
  const all: KafkaSettings[] = [];

  beforeAll(async () => {
    [brokers, url] = [await sharedKafka(), await sharedRedis()];
  }, START_MS);
  afterAll(async () => {
    for (const settings of all) await deleteTopics(settings);
  });

  /** Topics as they are made, but for one setting. */
  async function topicsWith(kind: TopicKind, settings: { readonly [name: string]: string }): Promise<KafkaSettings> {
    const prefix = `start-${randomUUID().slice(0, 8)}`;
    const kafka = { brokers, prefix, group: `${prefix}.owners` };
    all.push(kafka);
    const plans = topicPlans(prefix, { partitions: 2, replication: 1, retentionMs: -1 });
    await createTopics(
      kafka,
      plans.map((plan) => (plan.kind === kind ? { ...plan, settings: { ...plan.settings, ...settings } } : plan)),
    );
    return kafka;
  }

  const open = (kafka: KafkaSettings) =>
    openConnections(
      { kafka, redis: { url, prefix: kafka.prefix }, clock: systemClock(), logger: silent },
      () => undefined,
    );

  test.each([
    ['events', { 'cleanup.policy': 'compact' }, /events has cleanup\.policy compact, not delete/],
    ['events', { 'message.timestamp.type': 'CreateTime' }, /events has message\.timestamp\.type CreateTime/],
    ['events', { 'retention.ms': '3600000' }, /events has retention\.ms 3600000/],
    ['checkpoints', { 'cleanup.policy': 'delete' }, /checkpoints has cleanup\.policy delete, not compact/],
  ] as const)('is refused where %s have %j', async (kind, settings, got) => {
    await expect(open(await topicsWith(kind, settings))).rejects.toMatchObject({
      code: 'TOPIC_UNSUITABLE',
      got: expect.stringMatching(got),
    });
  });

  test('is one on topics as they are made', async () => {
    const connections = await open(await topicsWith('events', {}));
    expect(connections.config.partitions).toBe(2);
    await connections.close();
  });
});
