import { restoreState } from '@armature/analysis/fold';
import type { LogEvent } from '@armature/sdk/protocol';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { describeWith } from '../../../../test/environment.js';
import { START_MS, sharedKafka, sharedRedis } from '../../../../test/provisioned.js';
import { registry, START, tick } from '../../../analysis/test/fold/records.js';
import { openCheckpointLog } from '../../src/adapters/kafka/checkpoint-topic.js';
import { silent } from '../../src/adapters/loggers.js';
import type { KafkaSettings, RawRecord } from '../../src/cluster/ports.js';
import { deleteTopics, makeTopic, settingsOf } from '../kafka/kafka-topics.js';
import { until, wait } from '../kafka/until.js';
import { type FoldingMember, foldingMember, redisSettings } from './folding-member.js';

const raw = (offset: number, event: LogEvent): RawRecord => {
  const value = Buffer.from(JSON.stringify(event));
  return { partition: 0, offset, at: START + offset, key: null, value, headers: {} };
};

describeWith('kafka', 'a partition that is taken away', () => {
  let kafka: KafkaSettings;
  let member: FoldingMember;
  let put = (): void => {};
  beforeEach(async () => {
    kafka = settingsOf(await sharedKafka());
    await makeTopic(kafka, 'events');
    await makeTopic(kafka, 'checkpoints', { config: { 'cleanup.policy': 'compact' } });
    const deadLetter = (): Promise<void> => new Promise((resolve) => (put = resolve));
    const redis = redisSettings(await sharedRedis());
    member = await foldingMember({ kafka, redis, partitions: 1 }, { deadLetter });
    await member.producer.append(
      'events',
      0,
      [0, 1].map((n) => ({ key: 'tick', value: JSON.stringify(tick(n, START)) })),
    );
  }, START_MS);
  afterEach(async () => {
    await member.stop();
    await deleteTopics(kafka);
  });

  test('and given back at once is committed by its new owner alone', async () => {
    const { owners, producer } = member;
    owners.assigned([0]);
    await owners.align(0);
    await owners.take(0, [raw(0, tick(0, START))]);
    const taken = owners.take(0, [{ ...raw(1, tick(1, START)), value: Buffer.from('no event') }]);
    await wait(50);
    owners.beginCommits();
    owners.assigned([]);
    owners.assigned([0]);
    await owners.align(0);
    put();
    await taken.catch(() => undefined);
    await wait(300);
    await owners.checkpoint();

    const [owner] = owners.owned();
    await until(() => owner?.held !== undefined);
    const kept = await openCheckpointLog({ settings: kafka, producer, logger: silent }).load(0);
    if (kept !== undefined) expect(restoreState(kept, registry).offset).toBe(kept.offset);
    expect((await member.shared.marks([0]))[0]).toBeUndefined();
  }, 30_000);
});
