import type { TopicKind } from './ports.js';
import { TOPIC_KINDS, topicName } from './topic-name.js';

/** What a person chooses of the topics. */
export interface TopicChoices {
  /** Of the events; fixed for ever. */
  readonly partitions: number;
  /** Copies of each record. */
  readonly replication: number;
  /** How long events are kept, ms; -1 for ever. */
  readonly retentionMs: number;
}

/** A topic as it is to be made. */
export interface TopicPlan {
  readonly kind: TopicKind;
  readonly topic: string;
  readonly partitions: number;
  readonly replication: number;
  readonly settings: { readonly [name: string]: string };
}

const DAY_MS = 86_400_000;
/** Events are kept at least this long: how long Redis may be lost until the log no longer makes it whole. */
export const LEAST_RETENTION_MS = 7 * DAY_MS;
const DEAD_LETTERS_MS = 30 * DAY_MS;

function settingsOf(kind: TopicKind, { replication, retentionMs }: TopicChoices): { [name: string]: string } {
  const insync = { 'min.insync.replicas': replication >= 3 ? '2' : '1' };
  const kept = { 'cleanup.policy': 'delete', 'message.timestamp.type': 'LogAppendTime', 'retention.bytes': '-1' };
  const codec = { 'compression.type': 'producer' };
  if (kind === 'events') return { ...insync, ...codec, ...kept, 'retention.ms': String(retentionMs) };
  if (kind === 'config') return { ...insync, ...codec, ...kept, 'retention.ms': '-1' };
  if (kind === 'dead-letters') return { ...insync, ...codec, ...kept, 'retention.ms': String(DEAD_LETTERS_MS) };
  return { ...insync, ...codec, 'cleanup.policy': 'compact' };
}

/** The four topics. The config log has one partition, the others one for each of the events'. */
export function topicPlans(prefix: string, choices: TopicChoices): readonly TopicPlan[] {
  return TOPIC_KINDS.map((kind) => ({
    kind,
    topic: topicName({ prefix }, kind),
    partitions: kind === 'config' ? 1 : choices.partitions,
    replication: choices.replication,
    settings: settingsOf(kind, choices),
  }));
}

/** The command of Kafka's own tools that makes a topic. */
export function creationCommand(brokers: readonly string[], plan: TopicPlan): string {
  const { topic, partitions, replication, settings } = plan;
  const config = Object.entries(settings).map(([name, value]) => `--config ${name}=${value}`);
  return [
    `kafka-topics.sh --bootstrap-server ${brokers.join(',')} --create --if-not-exists --topic ${topic}`,
    `--partitions ${partitions} --replication-factor ${replication}`,
    ...config,
  ].join(' ');
}

/** The command that sets some settings of a topic and leaves the others as they are. */
export function alterationCommand(
  brokers: readonly string[],
  topic: string,
  settings: { readonly [name: string]: string },
): string {
  const list = Object.entries(settings).map(([name, value]) =>
    value.includes(',') ? `${name}=[${value}]` : `${name}=${value}`,
  );
  return `kafka-configs.sh --bootstrap-server ${brokers.join(',')} --alter --entity-type topics --entity-name ${topic} --add-config ${list.join(',')}`;
}
