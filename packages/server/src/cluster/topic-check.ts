import type { TopicKind } from './ports.js';
import { alterationCommand, LEAST_RETENTION_MS } from './topic-plan.js';

/** A topic as Kafka describes it. */
export interface FoundTopic {
  readonly kind: TopicKind;
  readonly topic: string;
  readonly partitions: number;
  /** Copies of the partition that has the fewest. */
  readonly replication: number;
  /** Every setting, defaults included. */
  readonly settings: ReadonlyMap<string, string>;
}

/** What is wrong with a topic. A `fault` loses records or makes them unreadable; a `warning` breaks a promise some day. */
export interface TopicFinding {
  readonly kind: TopicKind;
  readonly topic: string;
  readonly level: 'fault' | 'warning';
  /** The setting, or `partitions`, `replication`. */
  readonly setting: string;
  readonly found: string;
  readonly wanted: string;
  readonly why: string;
  /** A command to paste. */
  readonly fix: string;
}

interface Rule {
  readonly setting: string;
  readonly kinds: readonly TopicKind[];
  readonly level: TopicFinding['level'];
  readonly suits: (value: string) => boolean;
  readonly wanted: string;
  /** What to set. */
  readonly mend: string;
  readonly why: string;
}

const READABLE = ['producer', 'uncompressed', 'gzip'];
const LEAST_MESSAGE = 1_048_588;
const atLeast =
  (least: number) =>
  (value: string): boolean =>
    Number(value) === -1 || Number(value) >= least;

const RULES: readonly Rule[] = [
  {
    setting: 'cleanup.policy',
    kinds: ['events', 'config', 'dead-letters'],
    level: 'fault',
    suits: (value) => value === 'delete',
    wanted: 'delete',
    mend: 'delete',
    why: 'compaction takes records out of the middle of the log',
  },
  {
    setting: 'cleanup.policy',
    kinds: ['checkpoints'],
    level: 'fault',
    suits: (value) => value === 'compact',
    wanted: 'compact',
    mend: 'compact',
    why: 'the newest checkpoint of a partition has to stay',
  },
  {
    setting: 'message.timestamp.type',
    kinds: ['events', 'config'],
    level: 'fault',
    suits: (value) => value === 'LogAppendTime',
    wanted: 'LogAppendTime',
    mend: 'LogAppendTime',
    why: 'windows close by the time at which the broker appended a record',
  },
  {
    setting: 'compression.type',
    kinds: ['events', 'config', 'checkpoints', 'dead-letters'],
    level: 'fault',
    suits: (value) => READABLE.includes(value),
    wanted: READABLE.join(', '),
    mend: 'producer',
    why: 'the broker compresses records in a way that consumers here cannot read',
  },
  {
    setting: 'retention.ms',
    kinds: ['events'],
    level: 'fault',
    suits: atLeast(LEAST_RETENTION_MS),
    wanted: `at least ${LEAST_RETENTION_MS} (7 days)`,
    mend: String(LEAST_RETENTION_MS),
    why: 'from the log a lost Redis is made whole again',
  },
  ...['retention.ms', 'retention.bytes'].map(
    (setting): Rule => ({
      setting,
      kinds: ['config'],
      level: 'fault',
      suits: (value) => value === '-1',
      wanted: '-1',
      mend: '-1',
      why: 'definitions and versions are read from the first one on',
    }),
  ),
  {
    setting: 'retention.bytes',
    kinds: ['events'],
    level: 'warning',
    suits: (value) => value === '-1',
    wanted: '-1',
    mend: '-1',
    why: 'much traffic would delete events before their time',
  },
  {
    setting: 'max.message.bytes',
    kinds: ['events', 'config', 'checkpoints', 'dead-letters'],
    level: 'fault',
    suits: (value) => Number(value) >= LEAST_MESSAGE,
    wanted: `at least ${LEAST_MESSAGE}`,
    mend: String(LEAST_MESSAGE),
    why: 'a request may bring a batch of 1 MiB',
  },
  {
    setting: 'unclean.leader.election.enable',
    kinds: ['events', 'config', 'checkpoints'],
    level: 'warning',
    suits: (value) => value !== 'true',
    wanted: 'false',
    mend: 'false',
    why: 'a replica that lacks acknowledged records may become the leader',
  },
];

/** What is wrong with the copies of a topic: how many there are, and how many have to be written. */
function* copyFindings(
  { kind, topic, replication, settings }: FoundTopic,
  brokers: readonly string[],
): Generator<TopicFinding> {
  const insync = Number(settings.get('min.insync.replicas') ?? 1);
  const mend = (value: string): string => alterationCommand(brokers, topic, { 'min.insync.replicas': value });
  if (insync > replication) {
    const [wanted, why] = [`at most ${replication}`, 'nothing can be written'];
    const finding = { setting: 'min.insync.replicas', found: String(insync), wanted, why };
    yield { kind, topic, level: 'fault', ...finding, fix: mend(String(replication >= 3 ? 2 : 1)) };
  } else if (replication >= 3 && insync < 2) {
    const why = 'an acknowledged record may be on one broker only';
    const finding = { setting: 'min.insync.replicas', found: String(insync), wanted: '2', why };
    yield { kind, topic, level: 'warning', ...finding, fix: mend('2') };
  }
  if (replication >= 3) return;
  yield {
    ...{ kind, topic, level: 'warning', setting: 'replication', found: String(replication), wanted: '3' },
    why: 'a promise outlives the loss of a broker only with three copies of each record',
    fix: '# run three brokers, then raise the copies with kafka-reassign-partitions.sh',
  };
}

/**
 * What is wrong with a topic for Armature.
 *
 * @param brokers for the commands
 * @param partitions number of partitions that the events have or shall have; undefined where nobody knows
 */
export function topicFindings(
  found: FoundTopic,
  brokers: readonly string[],
  partitions: number | undefined,
): readonly TopicFinding[] {
  const { kind, topic, settings } = found;
  const findings: TopicFinding[] = RULES.filter(({ kinds }) => kinds.includes(kind)).flatMap((rule) => {
    const value = settings.get(rule.setting);
    if (value === undefined || rule.suits(value)) return [];
    const { setting, level, wanted, why, mend } = rule;
    const fix = alterationCommand(brokers, topic, { [setting]: mend });
    return [{ kind, topic, level, setting, found: value, wanted, why, fix }];
  });
  const wanted = kind === 'config' ? 1 : partitions;
  const count = wanted === undefined ? undefined : countFinding(found, wanted, brokers);
  return [...findings, ...(count === undefined ? [] : [count]), ...copyFindings(found, brokers)];
}

/** Fewer partitions than the log was made with cannot be written to; those that are more stay empty. */
function countFinding(found: FoundTopic, wanted: number, brokers: readonly string[]): TopicFinding | undefined {
  const { kind, topic, partitions } = found;
  const finding = { kind, topic, setting: 'partitions', found: String(partitions), wanted: String(wanted) };
  if (partitions < wanted) {
    const why = 'the partition of a unit follows from the number with which the log was made';
    const fix = `kafka-topics.sh --bootstrap-server ${brokers.join(',')} --alter --topic ${topic} --partitions ${wanted}`;
    return { ...finding, level: 'fault', why, fix };
  }
  if (partitions === wanted || kind === 'checkpoints' || kind === 'dead-letters') return undefined;
  if (kind === 'config') {
    const why = 'definitions and versions have one order';
    const fix = `kafka-topics.sh --bootstrap-server ${brokers.join(',')} --delete --topic ${topic} # if it is empty; then make it by armature topics create`;
    return { ...finding, level: 'fault', why, fix };
  }
  const why = 'the log was made with fewer: those that were added stay empty';
  return { ...finding, level: 'warning', why, fix: '# nothing to do: Kafka takes no partitions away' };
}

/** Findings that differ in their topic alone, together. */
export function groupFindings(findings: readonly TopicFinding[]): readonly (readonly TopicFinding[])[] {
  const groups = new Map<string, TopicFinding[]>();
  for (const finding of findings) {
    const { level, setting, found, why } = finding;
    const name = [level, setting, found, why].join('\0');
    const group = groups.get(name) ?? [];
    group.push(finding);
    groups.set(name, group);
  }
  return [...groups.values()];
}
