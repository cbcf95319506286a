import { randomUUID } from 'node:crypto';
import { type ConfigLogEvent, EVENT_TYPES, type LogEvent, partitionKey } from '@armature/sdk/protocol';
import { generateLog, type LogPlan, START } from '../../../analysis/test/written-log.js';
import { systemClock } from '../../src/adapters/clock.js';
import { openConfigLog } from '../../src/adapters/kafka/config-log.js';
import { openProducer } from '../../src/adapters/kafka/producer.js';
import { ensureTopics } from '../../src/adapters/kafka/topics.js';
import type { KafkaSettings } from '../../src/cluster/ports.js';
import { silent } from '../../src/index.js';
import { partitionOf } from '../../src/ingest/partition-of.js';

/** A log in Kafka as servers would have left it. */
export interface WrittenTopics {
  readonly settings: KafkaSettings;
  readonly id: string;
  readonly partitions: number;
  readonly events: readonly (readonly LogEvent[])[];
  readonly config: readonly ConfigLogEvent[];
}

const PARTITIONS = 2;

/** Appends events to one partition, as they are. */
export async function appendValues(
  settings: KafkaSettings,
  partition: number,
  values: readonly string[],
): Promise<void> {
  const producer = await openProducer(settings, { logger: silent });
  try {
    await producer.append(
      'events',
      partition,
      values.map((value) => ({ key: null, value })),
    );
  } finally {
    await producer.close();
  }
}

/** The longest time between a decision of a generated log and its reward, ms. */
const LONGEST_DELAY = 700_000;

/** Moves every time, also those inside ids: what is older than ids are remembered is not counted. */
function moved<E>(event: E, ms: number): E {
  const text = JSON.stringify(event)
    .replaceAll(/([0-9a-f]{8})-([0-9a-f]{4})(?=-7000-8000-)/g, (_, high: string, low: string) => {
      const hex = (Number.parseInt(`${high}${low}`, 16) + ms).toString(16).padStart(12, '0');
      return `${hex.slice(0, 8)}-${hex.slice(8)}`;
    })
    .replaceAll(/(?<="time":")[^"]+/g, (time) => new Date(Date.parse(time) + ms).toISOString());
  return JSON.parse(text) as E;
}

/** Makes the topics under a prefix of its own and writes a generated log into them, definitions and versions first. */
export async function writeTopics(
  brokers: readonly string[],
  plan: Omit<LogPlan, 'partitions'>,
): Promise<WrittenTopics> {
  const prefix = `written-${randomUUID().slice(0, 8)}`;
  const settings: KafkaSettings = { brokers, prefix, group: `${prefix}.owners` };
  await ensureTopics(settings, { partitions: PARTITIONS, replication: 1, logger: silent });
  const generated = generateLog({ ...plan, partitions: 1 });
  const shift = Date.now() - (START + plan.decisions * 2000 + LONGEST_DELAY);
  const config = generated.config.map((event) => moved(event, shift));
  const events = Array.from({ length: PARTITIONS }, (): LogEvent[] => []);
  for (const { event } of generated.partitions[0] ?? []) {
    if (event.type === EVENT_TYPES.tick) continue;
    const now = moved(event, shift);
    events[partitionOf(partitionKey(now as typeof event), PARTITIONS)]?.push(now);
  }
  const producer = await openProducer(settings, { logger: silent });
  const log = await openConfigLog({ settings, producer, logger: silent, clock: systemClock() });
  try {
    await log.append(config);
    for (const [partition, each] of events.entries()) {
      const messages = each.map((event) => ({ key: null, value: JSON.stringify(event) }));
      await producer.append('events', partition, messages);
    }
    return { settings, id: log.id, partitions: PARTITIONS, events, config };
  } finally {
    await log.close();
    await producer.close();
  }
}
