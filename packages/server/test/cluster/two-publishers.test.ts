import { createRegistry } from '@armature/analysis/fold';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { describeWith } from '../../../../test/environment.js';
import { START_MS, sharedKafka } from '../../../../test/provisioned.js';
import { systemClock } from '../../src/adapters/clock.js';
import { openConfigLog } from '../../src/adapters/kafka/config-log.js';
import { openProducer } from '../../src/adapters/kafka/producer.js';
import { silent } from '../../src/adapters/loggers.js';
import { createPublisher, type Publisher } from '../../src/aggregation/publisher.js';
import type { KafkaSettings, SharedConfigLog } from '../../src/cluster/ports.js';
import { knownExperiments } from '../../src/ingest/known-experiments.js';
import { definition } from '../kafka/config-events.js';
import { deleteTopics, makeTopic, settingsOf } from '../kafka/kafka-topics.js';

describeWith('kafka', 'two publishers over one config log', () => {
  let settings: KafkaSettings;
  const closing: (() => Promise<void>)[] = [];
  beforeEach(async () => {
    settings = settingsOf(await sharedKafka());
    await makeTopic(settings, 'events');
    await makeTopic(settings, 'config');
  }, START_MS);
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
    await deleteTopics(settings);
  });

  async function publishing(): Promise<{ readonly config: SharedConfigLog; readonly publisher: Publisher }> {
    const [logger, clock] = [silent, systemClock()];
    const producer = await openProducer(settings, { logger });
    const config = await openConfigLog({ settings, producer, logger, clock });
    closing.push(
      () => producer.close(),
      () => config.close(),
    );
    const [registry, known] = [createRegistry(), knownExperiments()];
    config.onDurable((records) => {
      for (const record of records) {
        registry.applyConfig(record.event);
        known.apply(record);
      }
    });
    return { config, publisher: createPublisher({ config, partitions: [], registry, known, clock, logger }) };
  }

  test('the one that was slower has no fault to tell: the version it wanted is there', async () => {
    const both = [await publishing(), await publishing()] as const;
    const [{ config }] = both;
    await config.append([definition('d1')]);
    await Promise.all(both.map((each) => each.config.catchUp()));
    const made = await Promise.allSettled(both.map(({ publisher }) => publisher.publish()));
    expect(made.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    await Promise.all(both.map((each) => each.config.catchUp()));
    expect(both.map(({ publisher }) => [...publisher.faults()])).toEqual([[], []]);
  }, 30_000);
});
