import { afterEach, beforeEach, expect, test } from 'vitest';
import { describeWith } from '../../../../test/environment.js';
import { START_MS, sharedKafka, sharedRedis } from '../../../../test/provisioned.js';
import { tick } from '../../../analysis/test/fold/records.js';
import type { KafkaSettings } from '../../src/cluster/ports.js';
import { deleteTopics, makeTopic, settingsOf, withAdmin } from '../kafka/kafka-topics.js';
import { until, wait } from '../kafka/until.js';
import { type FoldingMember, foldingMember, redisSettings } from './folding-member.js';

const ticks = (count: number) =>
  Array.from({ length: count }, (_, n) => ({ key: 'tick', value: JSON.stringify(tick(n, Date.now())) }));

describeWith('kafka', 'a topic of events that was made anew', () => {
  let kafka: KafkaSettings;
  let member: FoldingMember;
  let loads = 0;
  beforeEach(async () => {
    kafka = settingsOf(await sharedKafka());
    await makeTopic(kafka, 'events');
    await makeTopic(kafka, 'checkpoints', { config: { 'cleanup.policy': 'compact' } });
    member = await foldingMember({ kafka, redis: redisSettings(await sharedRedis()), partitions: 1 });
    const { shared } = member;
    const load = shared.load.bind(shared);
    loads = 0;
    shared.load = (partition) => {
      loads += 1;
      return load(partition);
    };
  }, START_MS);
  afterEach(async () => {
    await member.stop();
    await deleteTopics(kafka);
  });

  test('and has grown longer at once is not folded on', async () => {
    await member.producer.append('events', 0, ticks(3));
    await member.join();
    const state = () => member.owners.owned()[0]?.held?.state.offset ?? 0;
    await until(() => state() === 3);
    await member.owners.commit();
    await withAdmin(kafka.brokers, (admin) => admin.deleteTopics({ topics: [`${kafka.prefix}.events`] }));
    await makeTopic(kafka, 'events');
    await member.producer.append('events', 0, ticks(10));
    const told = () => member.owners.owned()[0]?.fault;
    for (const end = Date.now() + 8000; Date.now() < end && told() === undefined; await wait(100)) {
      await member.owners.verify().catch(() => undefined);
      member.owners.beginCommits();
    }
    expect(told()?.message).toMatch(/is not the one that was counted/);
    expect((await member.shared.marks([0]))[0]?.offset).toBe(3);
    // while it stands still it is looked at again and again: for that nothing is loaded
    const before = loads;
    for (let look = 0; look < 20; look += 1) {
      await member.owners.verify();
      await wait(100);
    }
    expect(told()?.message).toMatch(/is not the one that was counted/);
    expect(loads).toBe(before);
  }, 60_000);
});
