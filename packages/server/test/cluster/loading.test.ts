import type { LogEvent } from '@armature/sdk/protocol';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { describeWith } from '../../../../test/environment.js';
import { START_MS, sharedKafka, sharedRedis } from '../../../../test/provisioned.js';
import { START, tick } from '../../../analysis/test/fold/records.js';
import type { KafkaSettings, RawRecord } from '../../src/cluster/ports.js';
import { deleteTopics, makeTopic, settingsOf } from '../kafka/kafka-topics.js';
import { type FoldingMember, foldingMember, redisSettings } from './folding-member.js';

const raw = (offset: number, event: LogEvent): RawRecord => {
  const value = Buffer.from(JSON.stringify(event));
  return { partition: 0, offset, at: START + offset, key: null, value, headers: {} };
};

describeWith('kafka', 'a state that is loaded', () => {
  let kafka: KafkaSettings;
  let before: FoldingMember;
  let behind: FoldingMember;
  let meanwhile = async (): Promise<void> => {};
  beforeEach(async () => {
    kafka = settingsOf(await sharedKafka());
    await makeTopic(kafka, 'events');
    await makeTopic(kafka, 'checkpoints', { config: { 'cleanup.policy': 'compact' } });
    const settings = { kafka, redis: redisSettings(await sharedRedis()), partitions: 1 };
    before = await foldingMember(settings);
    behind = await foldingMember(settings, { config: { catchUp: () => meanwhile() } });
  }, START_MS);
  afterEach(async () => {
    await Promise.all([before.stop(), behind.stop()]);
    await deleteTopics(kafka);
  });

  test('is held against the end of the log as it is then, not as it was before another owner counted on', async () => {
    const count = async (offset: number): Promise<void> => {
      const event = tick(offset, START);
      await before.producer.append('events', 0, [{ key: 'tick', value: JSON.stringify(event) }]);
      await before.owners.take(0, [raw(offset, event)]);
      await before.owners.commit();
    };
    before.owners.assigned([0]);
    await before.owners.align(0);
    await count(0);
    meanwhile = async () => {
      meanwhile = async () => {};
      await count(1);
    };
    behind.owners.assigned([0]);
    await behind.owners.align(0);
    expect(behind.owners.owned()[0]?.fault).toBeUndefined();
    expect(behind.owners.owned()[0]?.held?.state.offset).toBeGreaterThan(0);
  }, 30_000);
});
