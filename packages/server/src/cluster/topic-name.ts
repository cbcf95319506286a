import type { KafkaSettings, TopicKind } from './ports.js';

export const TOPIC_KINDS = ['events', 'config', 'checkpoints', 'dead-letters'] as const satisfies readonly TopicKind[];

/** Name of a topic in Kafka. */
export function topicName({ prefix }: Pick<KafkaSettings, 'prefix'>, kind: TopicKind): string {
  return `${prefix}.${kind}`;
}
