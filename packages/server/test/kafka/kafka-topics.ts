import { randomUUID } from 'node:crypto';
import { type Admin, type ITopicConfig, Kafka, logLevel } from 'kafkajs';
import type { KafkaSettings, TopicKind } from '../../src/cluster/ports.js';
import { wait } from './until.js';

/** Settings of a Kafka under names that nobody else uses. */
export function settingsOf(brokers: readonly string[]): KafkaSettings {
  const prefix = `kafka-${randomUUID().slice(0, 8)}`;
  return { brokers, prefix, group: `${prefix}-owners` };
}

/** Asks Kafka as an administrator. */
export async function withAdmin<T>(brokers: readonly string[], ask: (admin: Admin) => Promise<T>): Promise<T> {
  const retry = { retries: 10, initialRetryTime: 100, maxRetryTime: 1000 };
  const admin = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING, retry }).admin();
  await admin.connect();
  try {
    return await ask(admin);
  } finally {
    await admin.disconnect();
  }
}

/** Makes one topic, of records with append time. */
export async function makeTopic(
  settings: KafkaSettings,
  kind: TopicKind,
  options: { readonly partitions?: number; readonly replicas?: number; readonly config?: Record<string, string> } = {},
): Promise<void> {
  const config = { 'message.timestamp.type': 'LogAppendTime', ...options.config };
  const topic: ITopicConfig = {
    topic: `${settings.prefix}.${kind}`,
    numPartitions: options.partitions ?? 1,
    replicationFactor: options.replicas ?? 1,
    configEntries: Object.entries(config).map(([name, value]) => ({ name, value })),
  };
  await withAdmin(settings.brokers, async (admin) => {
    await admin.createTopics({ topics: [topic], waitForLeaders: false });
    // a broker may not know it yet: kafkajs' own wait for leaders fails then
    for (let tries = 0; !(await isThere(admin, topic)); tries += 1) {
      if (tries === 100) throw new Error(`${topic.topic} did not come to be there`);
      await wait(50);
    }
  });
}

async function isThere(admin: Admin, { topic, numPartitions }: ITopicConfig): Promise<boolean> {
  const found = await admin.fetchTopicMetadata({ topics: [topic] }).catch(() => undefined);
  const partitions = found?.topics[0]?.partitions ?? [];
  return partitions.length === numPartitions && partitions.every(({ leader }) => leader >= 0);
}

/** Deletes the topics of some settings. */
export async function deleteTopics({ brokers, prefix }: KafkaSettings): Promise<void> {
  await withAdmin(brokers, async (admin) => {
    const topics = (await admin.listTopics()).filter((name) => name.startsWith(`${prefix}.`));
    if (topics.length > 0) await admin.deleteTopics({ topics });
  });
}
