import { afterEach, beforeEach, expect, test } from 'vitest';
import { describeWith } from '../../../../test/environment.js';
import { START_MS, sharedKafka, sharedRedis } from '../../../../test/provisioned.js';
import { tick } from '../../../analysis/test/fold/records.js';
import { readToEnd } from '../../src/adapters/kafka/topic-reader.js';
import { silent } from '../../src/adapters/loggers.js';
import type { KafkaSettings, RawRecord } from '../../src/cluster/ports.js';
import { deleteTopics, makeTopic, settingsOf } from '../kafka/kafka-topics.js';
import { until, wait } from '../kafka/until.js';
import { type FoldingMember, foldingMember, redisSettings } from './folding-member.js';

const tickMessage = (n: number) => ({ key: 'tick', value: JSON.stringify(tick(n, Date.now())) });

describeWith('kafka', 'records that are no events', () => {
  let kafka: KafkaSettings;
  let member: FoldingMember;
  beforeEach(async () => {
    kafka = settingsOf(await sharedKafka());
    await makeTopic(kafka, 'events', { partitions: 2 });
    await makeTopic(kafka, 'checkpoints', { partitions: 2, config: { 'cleanup.policy': 'compact' } });
    member = await foldingMember({ kafka, redis: redisSettings(await sharedRedis()), partitions: 2 });
  }, START_MS);
  afterEach(async () => {
    await member.stop();
    await deleteTopics(kafka);
  });
  const offsetOf = (partition: number): number => member.owners.owned()[partition]?.held?.state.offset ?? 0;
  const deadLetters = async (): Promise<readonly RawRecord[]> => {
    const found: RawRecord[] = [];
    for await (const records of readToEnd(kafka, 'dead-letters', 0, 0, { logger: silent })) found.push(...records);
    return found;
  };

  test('go to the dead letters also where they are as large as a topic takes', async () => {
    await makeTopic(kafka, 'dead-letters');
    const value = 'x'.repeat(1_048_400);
    await member.producer.append('events', 0, [{ key: null, value }]);
    await member.producer.append('events', 0, [tickMessage(1)]);
    await member.join();
    await until(() => offsetOf(0) === 2, 15_000);

    const [letter] = await deadLetters();
    expect(letter?.headers['armature-code']).toBe('NOT_AN_EVENT');
    expect(letter?.headers['armature-bytes']).toBe(String(value.length));
    expect(Buffer.from(letter?.value ?? []).toString()).toBe('x'.repeat(letter?.value?.length ?? -1));
  }, 30_000);

  test('hold up no commit of other partitions while they cannot be put among the dead letters', async () => {
    await member.producer.append('events', 0, [{ key: null, value: 'no event' }]);
    await member.join();
    await until(() => member.owners.owned().length === 2);
    await wait(1000); // the topic of the dead letters is missing, and the first attempt is under way
    await member.producer.append('events', 1, [tickMessage(1)]);
    await until(() => offsetOf(1) === 1);
    const clock = setInterval(() => member.owners.beginCommits(), 100);
    await wait(500); // the held-up partition waits for its turn
    await member.producer.append('events', 1, [tickMessage(2)]);
    const appended = Date.now();
    for (let offset = 0; offset < 2; await wait(50)) offset = (await member.shared.marks([1]))[0]?.offset ?? 0;
    clearInterval(clock);
    expect(Date.now() - appended).toBeLessThan(3000);
    expect(offsetOf(0)).toBe(0);
  }, 60_000);
});
