import type { Admin } from 'kafkajs';
import type { KafkaSettings } from '../../cluster/ports.js';
import { type FoundTopic, groupFindings, type TopicFinding, topicFindings } from '../../cluster/topic-check.js';
import { TOPIC_KINDS, topicName } from '../../cluster/topic-name.js';
import { LEAST_RETENTION_MS, type TopicPlan, topicPlans } from '../../cluster/topic-plan.js';
import { serverError } from '../../errors.js';
import type { Logger } from '../../ports.js';
import { systemClock } from '../clock.js';
import { withAdmin } from './admin.js';
import { pause } from './cluster-link.js';

/** `ConfigResourceTypes.TOPIC`, which the package does not export to ES modules. */
const TOPIC_RESOURCE = 2;

const SETTLING_TRIES = 40;
const SETTLING_MS = 250;

export async function describeWith(admin: Admin, prefix: string): Promise<readonly FoundTopic[]> {
  // asked for one by one, a broker that makes topics by itself would make those that are missing
  const names = new Set(await admin.listTopics());
  const kinds = TOPIC_KINDS.filter((kind) => names.has(topicName({ prefix }, kind)));
  if (kinds.length === 0) return [];
  const topics = kinds.map((kind) => topicName({ prefix }, kind));
  const [metadata, configs] = await Promise.all([
    admin.fetchTopicMetadata({ topics }),
    admin.describeConfigs({
      includeSynonyms: false,
      resources: topics.map((name) => ({ type: TOPIC_RESOURCE, name })),
    }),
  ]);
  return kinds.flatMap((kind) => {
    const topic = topicName({ prefix }, kind);
    const found = metadata.topics.find(({ name }) => name === topic);
    const entries = configs.resources.find(({ resourceName }) => resourceName === topic)?.configEntries ?? [];
    if (found === undefined) return [];
    const replication = Math.min(...found.partitions.map(({ replicas }) => replicas.length));
    const settings = new Map(entries.map(({ configName, configValue }) => [configName, configValue]));
    return [{ kind, topic, partitions: found.partitions.length, replication, settings }];
  });
}

/**
 * Those of the four topics that are there, with all their settings.
 *
 * @throws KAFKA_UNREACHABLE
 */
export async function describeTopics(settings: KafkaSettings): Promise<readonly FoundTopic[]> {
  return withAdmin(settings, (admin) => describeWith(admin, settings.prefix));
}

/**
 * Number of brokers.
 *
 * @throws KAFKA_UNREACHABLE
 */
export async function brokerCount(settings: KafkaSettings): Promise<number> {
  return withAdmin(settings, async (admin) => (await admin.describeCluster()).brokers.length);
}

/** What became of a topic. */
export interface MadeTopic {
  readonly plan: TopicPlan;
  readonly made: boolean;
}

/**
 * Makes topics that are missing; those that are there stay as they are, whatever their settings. May be repeated.
 *
 * @throws KAFKA_UNREACHABLE, TOPIC_REFUSED
 */
export async function createTopics(
  settings: KafkaSettings,
  plans: readonly TopicPlan[],
): Promise<readonly MadeTopic[]> {
  return withAdmin(settings, async (admin) => {
    const there = new Set(await admin.listTopics());
    const results: MadeTopic[] = [];
    for (const plan of plans) {
      const made = !there.has(plan.topic) && (await create(admin, plan));
      results.push({ plan, made });
    }
    await untilThere(
      admin,
      results.flatMap(({ plan, made }) => (made ? [plan.topic] : [])),
    );
    return results;
  });
}

/** A busy broker answers for a moment that it does not have what it has just made; whoever asks next would believe it. */
async function untilThere(admin: Admin, topics: string[]): Promise<void> {
  if (topics.length === 0) return;
  for (let tries = 0; tries < SETTLING_TRIES; tries += 1) {
    const found = await admin.fetchTopicMetadata({ topics }).catch(() => undefined);
    const led = found?.topics.every(
      ({ partitions }) => partitions.length > 0 && partitions.every((p) => p.leader >= 0),
    );
    if (led === true) return;
    await pause(SETTLING_MS, systemClock());
  }
}

/** @returns false where another process was faster */
async function create(admin: Admin, { topic, partitions, replication, settings }: TopicPlan): Promise<boolean> {
  const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value }));
  try {
    return await admin.createTopics({
      topics: [{ topic, numPartitions: partitions, replicationFactor: replication, configEntries }],
    });
  } catch (cause) {
    const [refused] = (cause as { readonly errors?: readonly { readonly type?: string; readonly message: string }[] })
      .errors ?? [undefined];
    if (refused?.type === undefined) throw cause;
    throw serverError('TOPIC_REFUSED', { got: `${topic}: ${refused.message}`, cause });
  }
}

export interface CheckedTopics {
  /** Of the events. */
  readonly partitions: number;
  /** What breaks a promise some day. */
  readonly warnings: readonly TopicFinding[];
}

const textOf = ({ topic, setting, found, wanted, why }: TopicFinding): string =>
  `${topic} has ${setting} ${found}, not ${wanted}: ${why}`;

/**
 * Holds the topics against what they have to be, and changes nothing.
 *
 * @param settings where Kafka is
 * @param logger hears of what breaks a promise some day
 * @param partitions number of partitions that the log was made with, where it is known
 * @throws KAFKA_UNREACHABLE, TOPIC_MISSING, TOPIC_UNSUITABLE
 */
export async function checkTopics(
  settings: KafkaSettings,
  { logger, partitions }: { readonly logger: Logger; readonly partitions?: number },
): Promise<CheckedTopics> {
  const found = await describeTopics(settings);
  const missing = TOPIC_KINDS.filter((kind) => !found.some((topic) => topic.kind === kind));
  if (missing.length > 0) {
    const got = missing.map((kind) => topicName(settings, kind)).join(', ');
    throw serverError('TOPIC_MISSING', { got });
  }
  const count = found.find(({ kind }) => kind === 'events')?.partitions ?? 0;
  const findings = found.flatMap((topic) => topicFindings(topic, settings.brokers, partitions ?? count));
  const faults = findings.filter(({ level }) => level === 'fault');
  const [first] = faults;
  if (first !== undefined) {
    const more = faults.length > 1 ? ` (and ${faults.length - 1} more)` : '';
    throw serverError('TOPIC_UNSUITABLE', { got: `${textOf(first)}${more}` });
  }
  const warnings = findings.filter(({ level }) => level === 'warning');
  for (const group of groupFindings(warnings)) {
    const [first] = group;
    if (first === undefined) continue;
    const { setting, found, wanted, why } = first;
    logger.warn('topic setting', { topics: group.map(({ topic }) => topic).join(', '), setting, found, wanted, why });
  }
  return { partitions: count, warnings };
}

export interface EnsureOptions {
  /** Of the events, where they are not there yet. */
  readonly partitions: number;
  /** Copies of each record. @default 3, or as many as there are brokers */
  readonly replication?: number;
  /** How long events are kept, ms; -1 for ever. @default 7 days */
  readonly retentionMs?: number;
  readonly logger: Logger;
}

/** As many copies as a promise needs, and brokers allow. */
export const defaultReplication = (brokers: number): number => Math.max(1, Math.min(3, brokers));

/**
 * Makes the topics that are missing and checks all of them.
 *
 * @throws KAFKA_UNREACHABLE, TOPIC_REFUSED, TOPIC_UNSUITABLE
 */
export async function ensureTopics(settings: KafkaSettings, options: EnsureOptions): Promise<CheckedTopics> {
  const { partitions, logger, retentionMs = LEAST_RETENTION_MS } = options;
  const replication = options.replication ?? defaultReplication(await brokerCount(settings));
  const plans = topicPlans(settings.prefix, { partitions, replication, retentionMs });
  for (const { plan, made } of await createTopics(settings, plans)) {
    if (made) logger.info('topic made', { topic: plan.topic, partitions: plan.partitions, replication });
  }
  return checkTopics(settings, { logger });
}
