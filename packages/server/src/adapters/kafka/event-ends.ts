import type { Admin } from 'kafkajs';
import type { KafkaSettings, TopicEnds } from '../../cluster/ports.js';
import { topicName } from '../../cluster/topic-name.js';
import { withAdmin } from './admin.js';
import { exactInteger } from './offset.js';

export async function endsOf(admin: Admin, topic: string): Promise<ReadonlyMap<number, TopicEnds>> {
  const offsets = await admin.fetchTopicOffsets(topic);
  return new Map(
    offsets
      .sort((a, b) => a.partition - b.partition)
      .map(({ partition, low, high }) => [partition, { low: exactInteger(low), high: exactInteger(high) }]),
  );
}

/**
 * Where the partitions of the events begin and end now, all at one moment.
 *
 * @throws KAFKA_UNREACHABLE, TOPIC_MISSING
 */
export async function eventEnds(settings: KafkaSettings): Promise<ReadonlyMap<number, TopicEnds>> {
  return withAdmin(settings, (admin) => endsOf(admin, topicName(settings, 'events')));
}
