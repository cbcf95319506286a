import { afterEach, beforeEach, expect, test } from 'vitest';
import { describeWith } from '../../../../test/environment.js';
import { START_MS, sharedKafka } from '../../../../test/provisioned.js';
import { startGroupConsumer } from '../../src/adapters/kafka/group-consumer.js';
import { openProducer } from '../../src/adapters/kafka/producer.js';
import { silent } from '../../src/adapters/loggers.js';
import type { GroupConsumer, KafkaSettings } from '../../src/cluster/ports.js';
import { deleteTopics, makeTopic, settingsOf } from './kafka-topics.js';
import { type RecordingTaker, recordingTaker } from './recording-taker.js';
import { until, wait } from './until.js';

const PARTITIONS = [0, 1, 2, 3];

describeWith('kafka', 'members that join and leave', () => {
  let settings: KafkaSettings;
  beforeEach(async () => {
    settings = settingsOf(await sharedKafka());
    await makeTopic(settings, 'events', { partitions: PARTITIONS.length });
  }, START_MS);
  afterEach(() => deleteTopics(settings));

  test('every record is taken, in order and without a gap, while members change every 2 s', {
    timeout: 90_000,
  }, async () => {
    // where partitions stand outlives the members, as it does in Redis
    const kept = new Map<number, number>();
    const takers: RecordingTaker[] = [];
    const members: GroupConsumer[] = [];
    const join = async (): Promise<void> => {
      const taker = recordingTaker(kept);
      takers.push(taker);
      members.push(await startGroupConsumer(settings, taker, { logger: silent, sliceRecords: 50 }));
    };
    const producer = await openProducer(settings, { logger: silent });
    const written = PARTITIONS.map(() => 0);
    let writing = true;
    const write = async (partition: number): Promise<void> => {
      while (writing) {
        const first = written[partition] ?? 0;
        const messages = Array.from({ length: 20 }, (_, i) => ({ key: null, value: `${first + i}` }));
        await producer.append('events', partition, messages);
        written[partition] = first + 20;
        await wait(10);
      }
    };
    const writers = PARTITIONS.map(write);
    await join();
    for (let change = 0; change < 6; change += 1) {
      await wait(2000);
      if (change % 2 === 0) await join();
      else await members.shift()?.stop();
    }
    writing = false;
    await Promise.all(writers);
    await producer.close();
    await until(() => PARTITIONS.every((partition) => kept.get(partition) === written[partition]), 20_000);
    await Promise.all(members.map((member) => member.stop()));

    expect(takers.flatMap(({ faults }) => faults)).toEqual([]);
    for (const partition of PARTITIONS) {
      const total = written[partition] ?? 0;
      expect(total).toBeGreaterThan(1000);
      const taken = takers.flatMap((taker) => taker.taken.get(partition) ?? []);
      expect(new Set(taken).size).toBe(total);
      // the slice that a member has in hand when the group changes may be taken by the next one too
      expect(taken.length - total).toBeLessThan(6 * 50);
    }
    expect(takers.filter(({ joins }) => joins.some((partitions) => partitions.length === 2)).length).toBeGreaterThan(1);
  });

  test('what a member leaves goes to the one that stays', async () => {
    const kept = new Map<number, number>();
    const [first, second] = [recordingTaker(kept), recordingTaker(kept)];
    const options = { logger: silent, sessionMs: 6000, heartbeatMs: 500 };
    const leaving = await startGroupConsumer(settings, first, options);
    const staying = await startGroupConsumer(settings, second, options);
    await until(() => leaving.assigned.length === 2 && staying.assigned.length === 2);
    await leaving.stop();
    await until(() => staying.assigned.length === 4);
    expect(second.joins.at(-1)).toEqual(PARTITIONS);
    expect(first.faults).toEqual([]);
    await staying.stop();
  });
});
