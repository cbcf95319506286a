import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeWith } from '../../../../test/environment.js';
import { START_MS, sharedKafka } from '../../../../test/provisioned.js';
import { withAdmin } from '../../src/adapters/kafka/admin.js';
import { checkTopics, createTopics, describeTopics, ensureTopics } from '../../src/adapters/kafka/topics.js';
import type { KafkaSettings } from '../../src/cluster/ports.js';
import { topicPlans } from '../../src/cluster/topic-plan.js';
import type { Logger } from '../../src/ports.js';
import { cli } from './recorded-terminal.js';

const DAY = 86_400_000;
const silent: Logger = { info() {}, warn() {}, error() {} };

describe('topics create, before Kafka is asked', () => {
  test('prints the commands that somebody else may run', async () => {
    const { out, code } = await cli(['topics', 'create', '--kafka', 'k:1', '--prefix', 'shop', '--print']);
    expect(code).toBe(0);
    expect(
      out
        .trim()
        .split('\n')
        .map((line) => line.slice(0, 80)),
    ).toEqual(
      ['events', 'config', 'checkpoints', 'dead-letters'].map((kind) =>
        `kafka-topics.sh --bootstrap-server k:1 --create --if-not-exists --topic shop.${kind} --partitions`.slice(
          0,
          80,
        ),
      ),
    );
    expect(out).toContain('--replication-factor 3');
    expect(out).toContain('retention.ms=604800000');
  });

  test('keeps events for ever where it is asked to', async () => {
    const args = ['topics', 'create', '--kafka', 'k:1', '--print', '--retention', 'forever', '--json'];
    const { commands } = JSON.parse((await cli(args)).out) as { readonly commands: readonly string[] };
    expect(commands[0]).toMatch(/retention\.ms=-1$/);
  });

  test.each([
    [['--kafka', 'k:1', '--retention', '6d'], 64, /at least 7d, or forever/],
    [['--kafka', 'k:1', '--partitions', '0'], 64, /whole number from 1 to 1024/],
    [['--kafka', 'k'], 1, /^CLUSTER_SETTINGS_INVALID: .*\n--kafka: not a host and a port, got "k"/],
    [[], 1, /^CLUSTER_NOT_SET: .* give --kafka host:port/],
  ])('refuses %j', async (args, code, message) => {
    const outcome = await cli(['topics', 'create', ...args]);
    expect(outcome).toMatchObject({ code, out: '' });
    expect(outcome.err).toMatch(message);
  });

  test('an address where no broker is', async () => {
    const { err, code } = await cli(['topics', 'create', '--kafka', '127.0.0.1:1']);
    expect([code, err]).toEqual([1, expect.stringMatching(/^KAFKA_UNREACHABLE: .*got 127\.0\.0\.1:1: .*ECONNREFUSED/)]);
    expect(err.trim().split('\n')).toHaveLength(1);
  });
});

describeWith('kafka', 'topics create', () => {
  let brokers: readonly string[];
  const prefixes: string[] = [];

  beforeAll(async () => {
    brokers = await sharedKafka();
  }, START_MS);

  afterAll(async () => {
    const settings = { brokers, prefix: '', group: '' };
    await withAdmin(settings, async (admin) => {
      const topics = (await admin.listTopics()).filter((topic) => prefixes.some((one) => topic.startsWith(`${one}.`)));
      if (topics.length > 0) await admin.deleteTopics({ topics });
    });
  });

  function fresh(): KafkaSettings {
    const prefix = `topics-${randomUUID().slice(0, 8)}`;
    prefixes.push(prefix);
    return { brokers, prefix, group: `${prefix}.owners` };
  }

  const create = ({ prefix }: KafkaSettings, ...args: readonly string[]) =>
    cli(['topics', 'create', '--kafka', brokers.join(','), '--prefix', prefix, '--replication', '1', ...args]);

  test('makes the four topics, and none when it is run again', async () => {
    const settings = fresh();
    const first = await create(settings, '--partitions', '3', '--retention', '30d');
    expect([first.code, first.out.match(/ made$/gm)?.length]).toEqual([0, 4]);
    const found = await describeTopics(settings);
    expect(found.map(({ kind, partitions, replication }) => [kind, partitions, replication])).toEqual([
      ['events', 3, 1],
      ['config', 1, 1],
      ['checkpoints', 3, 1],
      ['dead-letters', 3, 1],
    ]);
    const events = found[0]?.settings;
    expect([events?.get('retention.ms'), events?.get('message.timestamp.type')]).toEqual([
      String(30 * DAY),
      'LogAppendTime',
    ]);
    const second = await create(settings, '--partitions', '8');
    expect([second.code, second.out.match(/ there$/gm)?.length]).toEqual([0, 4]);
    expect(second.err).toBe(`${settings.prefix}.events keeps its 3 partitions: their number is fixed\n`);
    expect((await describeTopics(settings))[0]?.partitions).toBe(3);
  });

  test('tells what is wrong with a topic that is there, changes nothing, and makes the others', async () => {
    const settings = fresh();
    const [events] = topicPlans(settings.prefix, { partitions: 2, replication: 1, retentionMs: 7 * DAY });
    if (events === undefined) throw new Error('no plan');
    const wrong = { 'message.timestamp.type': 'CreateTime', 'compression.type': 'zstd', 'cleanup.policy': 'compact' };
    await createTopics(settings, [{ ...events, settings: { ...events.settings, ...wrong } }]);
    const { out, err, code } = await create(settings, '--json');
    expect([code, err]).toEqual([
      1,
      expect.stringMatching(/^TOPIC_UNSUITABLE: .*events with cleanup\.policy compact, /),
    ]);
    const { topics } = JSON.parse(out) as {
      readonly topics: readonly {
        state: string;
        findings: readonly { level: string; setting: string; fix: string }[];
      }[];
    };
    expect(topics.map(({ state }) => state)).toEqual(['there', 'made', 'made', 'made']);
    const faults = topics[0]?.findings.filter(({ level }) => level === 'fault');
    expect(faults?.map(({ setting }) => setting)).toEqual([
      'cleanup.policy',
      'message.timestamp.type',
      'compression.type',
    ]);
    expect(faults?.[2]?.fix).toContain(
      `--entity-name ${settings.prefix}.events --add-config compression.type=producer`,
    );
    const [found] = await describeTopics(settings);
    expect(found?.settings.get('message.timestamp.type')).toBe('CreateTime');
    await expect(checkTopics(settings, { logger: silent })).rejects.toMatchObject({ code: 'TOPIC_UNSUITABLE' });
  });

  test('more copies than there are brokers are refused in the words of Kafka', async () => {
    const settings = fresh();
    const { err, code } = await create(settings, '--replication', '15');
    expect([code, err]).toEqual([1, expect.stringMatching(/^TOPIC_REFUSED: .*\.events: .*topics create --print/)]);
  });

  test('a start is told which topics are missing', async () => {
    const settings = fresh();
    const got = ['events', 'config', 'checkpoints', 'dead-letters'].map((kind) => `${settings.prefix}.${kind}`);
    await expect(checkTopics(settings, { logger: silent })).rejects.toMatchObject({
      code: 'TOPIC_MISSING',
      got: got.join(', '),
    });
  });

  test('two processes that make the topics at once both have them', async () => {
    const settings = fresh();
    const options = { partitions: 2, replication: 1, logger: silent };
    const both = await Promise.all([ensureTopics(settings, options), ensureTopics(settings, options)]);
    expect(both.map(({ partitions }) => partitions)).toEqual([2, 2]);
  });

  test('a log that was made with more partitions than its topic has is not started on', async () => {
    const settings = fresh();
    await ensureTopics(settings, { partitions: 2, replication: 1, logger: silent });
    await expect(checkTopics(settings, { logger: silent, partitions: 4 })).rejects.toMatchObject({
      code: 'TOPIC_UNSUITABLE',
      got: expect.stringMatching(/events has partitions 2, not 4.* \(and 2 more\)$/),
    });
  });
});
