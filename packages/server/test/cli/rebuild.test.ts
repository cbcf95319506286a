import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeWith } from '../../../../test/environment.js';
import { START_MS, sharedKafka, sharedRedis } from '../../../../test/provisioned.js';
import { withAdmin } from '../../src/adapters/kafka/admin.js';
import { ensureTopics } from '../../src/adapters/kafka/topics.js';
import { openSharedState } from '../../src/adapters/redis/shared-state.js';
import type { SharedState } from '../../src/cluster/ports.js';
import { silent, systemClock } from '../../src/index.js';
import { cellDifferences } from '../../src/rebuild/cell-differences.js';
import type { Rebuilt } from '../../src/rebuild/rebuild-partition.js';
import { appendValues, type WrittenTopics, writeTopics } from '../cluster/written-topics.js';
import { deleteTopics } from '../kafka/kafka-topics.js';
import { cli } from './recorded-terminal.js';

describe('the differences of statistics', () => {
  const cell = (opened: number, trials: number) => ({
    ...{ experiment: 'page', version: '1.1', rule: 'policy', bucket: 0 },
    arms: [{ opened, metrics: { click: { trials, rewarded: 0, mean: 0, m2: 0 } } }],
  });

  test('are told arm by arm and metric by metric', () => {
    expect(cellDifferences([cell(3, 2)], [cell(3, 2)])).toEqual([]);
    expect(cellDifferences([cell(3, 2)], [cell(4, 2)])).toMatchObject([{ arm: 0, metric: 'opened', kept: 3, log: 4 }]);
    expect(cellDifferences([], [cell(3, 2)])).toHaveLength(2);
  });
});

describeWith('kafka', 'rebuild', () => {
  let brokers: readonly string[];
  let redis: string;
  let topics: WrittenTopics;
  let shared: SharedState;

  beforeAll(async () => {
    [brokers, redis] = [await sharedKafka(), await sharedRedis()];
    topics = await writeTopics(brokers, { seed: 7, decisions: 150, perVersion: 50 });
    const { prefix } = topics.settings;
    shared = await openSharedState({ url: redis, prefix }, { logger: silent, clock: systemClock() });
  }, START_MS);
  afterAll(async () => {
    await shared.close();
    await deleteTopics(topics.settings);
  });

  const run = (...args: readonly string[]) =>
    cli(['rebuild', '--kafka', brokers.join(','), '--prefix', topics.settings.prefix, ...args], {
      variables: { ARMATURE_REDIS_URL: redis },
    });
  const rebuilt = async (...args: readonly string[]): Promise<readonly Rebuilt[]> => {
    const { out } = await run('--json', ...args);
    return (JSON.parse(out) as { readonly partitions: readonly Rebuilt[] }).partitions;
  };

  test('with nothing in Redis folds the whole log and writes nothing', async () => {
    const { code, out } = await run();
    expect([code, out.match(/nothing kept$/gm)?.length]).toEqual([0, 2]);
    expect(await shared.marks([0, 1])).toEqual([undefined, undefined]);
  });

  test('puts the state of the log into Redis, where it is then found to be the same', async () => {
    const first = await rebuilt('--switch');
    expect(first.map(({ offset, switched }) => [offset, switched])).toEqual(
      topics.events.map(({ length }) => [length, true]),
    );
    const marks = await shared.marks([0, 1]);
    expect(marks.map((mark) => [mark?.offset, mark?.log])).toEqual(
      topics.events.map(({ length }) => [length, topics.id]),
    );
    expect(marks[0]?.totals).toMatch(/"latency_ms",[1-9]\d*,[1-9]/);
    const { code, out } = await run();
    expect([code, out]).toEqual([0, expect.stringContaining('2 of 2 partitions compared, all the same bytes')]);
  });

  test('a state that is behind the log is compared where it stands', async () => {
    await appendValues(topics.settings, 1, ['{"not":"an event"}', 'nor this']);
    const [, one] = await rebuilt();
    const length = topics.events[1]?.length ?? 0;
    expect(one).toMatchObject({ compared: 'same', keptAt: length, offset: length + 2, unreadable: 2 });
  });

  test('a state with another number in it is told cell by cell, and replaced', async () => {
    const found = await shared.load(0);
    if (found === undefined) throw new Error('no state');
    const { state, revision } = found;
    const parts = new Map(
      [...state.parts].map(([name, bytes]) => {
        const text = Buffer.from(bytes).toString('utf8');
        const changed = name.startsWith('cells.') ? text.replace(/"opened":(\d+)/, '"opened":999999') : undefined;
        return [name, changed === undefined ? bytes : Buffer.from(changed)] as const;
      }),
    );
    const changes = {
      ...{ whole: true, head: state.head, parts: [...parts.keys()] },
      added: new Map([...parts].map(([name, bytes]) => [name, [bytes]])),
    };
    const commit = { log: state.log, offset: state.offset, anchor: state.anchor, changes, totals: '' };
    expect(await shared.commit(0, revision, commit)).toBeTypeOf('string');
    const { code, out, err } = await run('--partition', '0');
    expect([code, err]).toEqual([1, expect.stringMatching(/^STATE_DIFFERS: .*got partition 0: differs, .*--switch/)]);
    expect(out).toMatch(/^partition 0: \S+ 1\.\d+ policy \S+ arm \d opened: kept 999999, the log gives \d+$/m);
    expect((await run('--partition', '0', '--switch')).code).toBe(0);
    expect((await run('--partition', '0')).code).toBe(0);
  });

  test('a state ahead of the log, or of another log, is told and can be replaced', async () => {
    const found = await shared.load(0);
    if (found === undefined) throw new Error('no state');
    const { state, revision } = found;
    const change = (log: string, offset: number) => ({
      ...{ log, offset, anchor: state.anchor, totals: '' },
      changes: {
        ...{ whole: true, head: state.head, parts: [...state.parts.keys()] },
        added: new Map([...state.parts].map(([name, bytes]) => [name, [bytes]])),
      },
    });
    const ahead = await shared.commit(0, revision, change(state.log, state.offset + 1000));
    expect((await rebuilt('--partition', '0'))[0]?.compared).toBe('ahead of the log');
    await shared.commit(0, ahead, change('another', state.offset));
    expect((await rebuilt('--partition', '0'))[0]?.compared).toBe('of another log');
    expect((await run('--partition', '0', '--switch')).code).toBe(0);
    expect((await shared.marks([0]))[0]).toMatchObject({ log: topics.id, offset: topics.events[0]?.length });
  });

  test('a log whose first records were deleted is a hole, which has to be accepted', async () => {
    const topic = `${topics.settings.prefix}.events`;
    await withAdmin(topics.settings, async (admin) => {
      await admin.fetchTopicOffsets(topic);
      await admin.deleteTopicRecords({ topic, partitions: [{ partition: 1, offset: '10' }] });
    });
    const { code, err } = await run('--partition', '1');
    expect([code, err]).toEqual([1, expect.stringMatching(/^DATA_HOLE: .*begins at record 10, .*--accept-hole/)]);
    const [anew] = await rebuilt('--partition', '1', '--accept-hole', '--switch');
    expect(anew).toMatchObject({ from: 10, compared: 'differs', switched: true });
    expect((await rebuilt('--partition', '1', '--accept-hole'))[0]).toMatchObject({ compared: 'same' });
  });

  test('refuses a partition that is not there, and a prefix without a log', async () => {
    expect(await run('--partition', '7')).toMatchObject({ code: 64, err: expect.stringContaining('from 0 to 1') });
    const prefix = `rebuild-${randomUUID().slice(0, 8)}`;
    const settings = { brokers, prefix, group: prefix };
    expect((await run('--prefix', prefix)).err).toMatch(/^TOPIC_MISSING: /);
    await ensureTopics(settings, { partitions: 1, replication: 1, logger: silent });
    expect((await run('--prefix', prefix)).err).toMatch(/^LOG_NOT_BEGUN: /);
    await deleteTopics(settings);
  });
});
