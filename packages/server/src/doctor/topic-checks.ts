import type { KafkaSettings } from '../cluster/ports.js';
import { type FoundTopic, groupFindings, topicFindings } from '../cluster/topic-check.js';
import { TOPIC_KINDS, topicName } from '../cluster/topic-name.js';
import { type Check, fault, ok, plural } from './check.js';

const create = ({ brokers, prefix }: KafkaSettings): string =>
  `armature topics create --kafka ${brokers.join(',')} --prefix ${prefix}`;

/**
 * Whether the four topics are there and suitable.
 *
 * @param partitions number with which the log was made, where it was
 */
export function topicChecks(
  settings: KafkaSettings,
  found: readonly FoundTopic[],
  partitions: number | undefined,
): readonly Check[] {
  const missing = TOPIC_KINDS.filter((kind) => !found.some((topic) => topic.kind === kind));
  const names = missing.map((kind) => topicName(settings, kind)).join(', ');
  const absent = missing.length === 0 ? [] : [fault('topics', `missing: ${names}`, create(settings), 'TOPIC_MISSING')];
  const count = partitions ?? found.find(({ kind }) => kind === 'events')?.partitions;
  const perTopic = found.map((topic) => ({ topic, findings: topicFindings(topic, settings.brokers, count) }));
  const sound = perTopic.flatMap(({ topic, findings }) =>
    findings.length > 0 ? [] : [ok('topics', `${topic.topic}: ${copiesOf(topic)}`)],
  );
  const groups = groupFindings(perTopic.flatMap(({ findings }) => findings));
  const findings = groups.flatMap((group): readonly Check[] => {
    const [first] = group;
    if (first === undefined) return [];
    const { level, setting, found: value, wanted, why } = first;
    const topics = group.map(({ topic }) => topic).join(', ');
    const fix = [...new Set(group.map((finding) => finding.fix))].join('\n');
    const text = `${topics}: ${setting} is ${value}, not ${wanted}: ${why}`;
    const code = level === 'fault' ? { code: 'TOPIC_UNSUITABLE' } : {};
    return [{ part: 'topics', level, text, fix, ...code }];
  });
  return [...absent, ...sound, ...findings];
}

function copiesOf({ partitions, replication, settings }: FoundTopic): string {
  const insync = settings.get('min.insync.replicas');
  return `${plural(partitions, 'partition')}, ${replication} copies, min.insync.replicas ${insync}`;
}
