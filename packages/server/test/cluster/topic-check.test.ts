import { describe, expect, test } from 'vitest';
import { type FoundTopic, groupFindings, topicFindings } from '../../src/cluster/topic-check.js';
import { alterationCommand, creationCommand, topicPlans } from '../../src/cluster/topic-plan.js';

const BROKERS = ['a:1', 'b:2'];
const DAY = 86_400_000;
const plans = topicPlans('shop', { partitions: 4, replication: 3, retentionMs: 7 * DAY });
const found: readonly FoundTopic[] = plans.map(({ settings, ...plan }) => ({
  ...plan,
  settings: new Map(Object.entries({ 'max.message.bytes': '1048588', ...settings })),
}));

const topicOf = (kind: FoundTopic['kind']): FoundTopic => found.find((topic) => topic.kind === kind) as FoundTopic;

function changed(kind: FoundTopic['kind'], settings: { readonly [name: string]: string }): FoundTopic {
  const topic = topicOf(kind);
  return { ...topic, settings: new Map([...topic.settings, ...Object.entries(settings)]) };
}

describe('topics as they are made', () => {
  test('the plan asks for nothing that its own check refuses', () => {
    expect(found.flatMap((topic) => topicFindings(topic, BROKERS, 4))).toEqual([]);
  });

  test('the config log has one partition and the others as many as the events', () => {
    expect(plans.map(({ topic, partitions }) => [topic, partitions])).toEqual([
      ['shop.events', 4],
      ['shop.config', 1],
      ['shop.checkpoints', 4],
      ['shop.dead-letters', 4],
    ]);
  });

  test('two copies have to be written of three, one of fewer', () => {
    const insync = (replication: number) =>
      topicPlans('a', { partitions: 1, replication, retentionMs: -1 })[0]?.settings['min.insync.replicas'];
    expect([insync(1), insync(2), insync(3), insync(5)]).toEqual(['1', '1', '2', '2']);
  });

  test('their commands are those of Kafka', () => {
    const [events] = plans;
    expect(events && creationCommand(BROKERS, events)).toBe(
      'kafka-topics.sh --bootstrap-server a:1,b:2 --create --if-not-exists --topic shop.events --partitions 4 --replication-factor 3 --config min.insync.replicas=2 --config compression.type=producer --config cleanup.policy=delete --config message.timestamp.type=LogAppendTime --config retention.bytes=-1 --config retention.ms=604800000',
    );
    expect(alterationCommand(['a:1'], 't', { 'cleanup.policy': 'compact,delete' })).toBe(
      'kafka-configs.sh --bootstrap-server a:1 --alter --entity-type topics --entity-name t --add-config cleanup.policy=[compact,delete]',
    );
  });
});

describe('topics as they are found', () => {
  test.each([
    ['events', 'cleanup.policy', 'compact', 'fault', 'cleanup.policy=delete'],
    ['events', 'cleanup.policy', 'compact,delete', 'fault', 'cleanup.policy=delete'],
    ['events', 'message.timestamp.type', 'CreateTime', 'fault', 'message.timestamp.type=LogAppendTime'],
    ['config', 'message.timestamp.type', 'CreateTime', 'fault', 'message.timestamp.type=LogAppendTime'],
    ['events', 'compression.type', 'zstd', 'fault', 'compression.type=producer'],
    ['checkpoints', 'compression.type', 'snappy', 'fault', 'compression.type=producer'],
    ['events', 'retention.ms', String(7 * DAY - 1), 'fault', 'retention.ms=604800000'],
    ['events', 'retention.bytes', '1000000000', 'warning', 'retention.bytes=-1'],
    ['config', 'retention.ms', '604800000', 'fault', 'retention.ms=-1'],
    ['config', 'retention.bytes', '1000', 'fault', 'retention.bytes=-1'],
    ['config', 'cleanup.policy', 'compact', 'fault', 'cleanup.policy=delete'],
    ['checkpoints', 'cleanup.policy', 'delete', 'fault', 'cleanup.policy=compact'],
    ['checkpoints', 'cleanup.policy', 'compact,delete', 'fault', 'cleanup.policy=compact'],
    ['events', 'max.message.bytes', '1000', 'fault', 'max.message.bytes=1048588'],
    ['events', 'unclean.leader.election.enable', 'true', 'warning', 'unclean.leader.election.enable=false'],
    ['events', 'min.insync.replicas', '1', 'warning', 'min.insync.replicas=2'],
    ['events', 'min.insync.replicas', '4', 'fault', 'min.insync.replicas=2'],
  ] as const)('%s with %s %s is a %s', (kind, setting, value, level, mend) => {
    const [finding, ...others] = topicFindings(changed(kind, { [setting]: value }), BROKERS, 4);
    expect(others).toEqual([]);
    const fix = `kafka-configs.sh --bootstrap-server a:1,b:2 --alter --entity-type topics --entity-name shop.${kind} --add-config ${mend}`;
    expect(finding).toMatchObject({ kind, topic: `shop.${kind}`, level, setting, found: value, fix });
  });

  test.each([
    ['events', 'retention.ms', '-1'],
    ['events', 'compression.type', 'gzip'],
    ['events', 'compression.type', 'uncompressed'],
    ['dead-letters', 'message.timestamp.type', 'CreateTime'],
    ['dead-letters', 'retention.ms', '1000'],
  ] as const)('%s with %s %s are fine', (kind, setting, value) => {
    expect(topicFindings(changed(kind, { [setting]: value }), BROKERS, 4)).toEqual([]);
  });

  test('fewer partitions than the log has cannot be written to, more of them stay empty', () => {
    const events = topicOf('events');
    const findings = [3, 5].flatMap((partitions) => topicFindings({ ...events, partitions }, BROKERS, 4));
    expect(findings.map(({ level, setting, found: count }) => [level, setting, count])).toEqual([
      ['fault', 'partitions', '3'],
      ['warning', 'partitions', '5'],
    ]);
    expect(findings[0]?.fix).toBe(
      'kafka-topics.sh --bootstrap-server a:1,b:2 --alter --topic shop.events --partitions 4',
    );
    expect(topicFindings({ ...topicOf('checkpoints'), partitions: 5 }, BROKERS, 4)).toEqual([]);
    expect(topicFindings({ ...events, partitions: 5 }, BROKERS, undefined)).toEqual([]);
  });

  test('what several topics have in common is told together', () => {
    const single = found.map((topic) => ({
      ...topic,
      replication: 1,
      settings: new Map([...topic.settings, ['min.insync.replicas', '1'] as const]),
    }));
    const groups = groupFindings(single.flatMap((topic) => topicFindings(topic, BROKERS, 4)));
    expect(groups.map((group) => [group[0]?.setting, group.length])).toEqual([['replication', 4]]);
  });
});
