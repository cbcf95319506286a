/** Everything that the topics hold, read by a plain consumer. */
import { randomBytes } from 'node:crypto';
import { createRegistry, type Registry } from '@armature/analysis/fold';
import type { LogEvent, LogRecord, SnapshotData } from '@armature/sdk/protocol';
import { parseConfigLogEvent } from '@armature/sdk/protocol';
import type { RawRecord } from '../../packages/server/src/cluster/ports.js';
import type { World } from './world.js';

/** What stands in the topics of a world. */
export interface WholeLog {
  /** Definitions and versions that count, complete. */
  readonly registry: Registry;
  /** Versions in the order of the log. */
  readonly versions: readonly SnapshotData[];
  /** The records of each partition of the events that are still there. */
  readonly raw: readonly (readonly RawRecord[])[];
  /** Places of the records that stand among the dead letters, `partition/offset`, and how often each. */
  readonly dead: ReadonlyMap<string, number>;
  /** The events as an independent reader sees them: what is among the dead letters only moves time. */
  readonly records: readonly (readonly LogRecord<LogEvent>[])[];
}

const READ_MS = 90_000;

/** All records of a topic, by partition. */
export async function readTopic(world: World, topic: string): Promise<readonly (readonly RawRecord[])[]> {
  const ends = await world.admin.fetchTopicOffsets(topic);
  const records: RawRecord[][] = ends.map(() => []);
  const missing = new Set(ends.filter(({ low, high }) => Number(high) > Number(low)).map(({ partition }) => partition));
  if (missing.size === 0) return records;
  const end = new Map(ends.map(({ partition, high }) => [partition, Number(high)]));
  const consumer = world.kafka.consumer({ groupId: `${world.prefix}-reader-${randomBytes(4).toString('hex')}` });
  await consumer.connect();
  try {
    await consumer.subscribe({ topic, fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${topic} was not read to its end in time`)), READ_MS);
      const done = (): void => {
        clearTimeout(timer);
        resolve();
      };
      void consumer.run({
        autoCommit: false,
        eachBatch: async ({ batch: { partition, messages } }) => {
          for (const { offset, timestamp, key, value, headers = {} } of messages) {
            const texts = Object.entries(headers).map(([name, bytes]) => [name, String(bytes)]);
            const record = { partition, offset: Number(offset), at: Number(timestamp), key, value };
            records[partition]?.push({ ...record, headers: Object.fromEntries(texts) });
            if (record.offset === (end.get(partition) ?? 0) - 1) missing.delete(partition);
          }
          if (missing.size === 0) done();
        },
      });
    });
  } finally {
    await consumer.disconnect();
  }
  return records.map((all) => all.toSorted((a, b) => a.offset - b.offset));
}

/**
 * The records of the config topic that count: written for the place where they stand, and, but for the first of an
 * append, right behind one of the same append that counts.
 */
function countedConfig(raws: readonly RawRecord[]): readonly RawRecord[] {
  const counted: RawRecord[] = [];
  for (const raw of raws) {
    const { headers } = raw;
    const last = counted.at(-1);
    if (headers['armature-offset'] !== String(raw.offset)) continue;
    const follows = last?.offset === raw.offset - 1 && last.headers['armature-append'] === headers['armature-append'];
    if (headers['armature-index'] === '0' || follows) counted.push(raw);
  }
  return counted;
}

function eventsOf(raws: readonly RawRecord[], dead: ReadonlyMap<string, number>): LogRecord<LogEvent>[] {
  return raws.map(({ partition, offset, at, value }) => {
    if (!dead.has(`${partition}/${offset}`)) return { offset, at, event: JSON.parse(String(value)) as LogEvent };
    const id = `unreadable-${partition}-${offset}`;
    const tick = { specversion: '1.0', type: 'dev.armature.tick.v1', source: '/log', id, data: {} } as const;
    return { offset, at, event: { ...tick, time: new Date(at).toISOString() } };
  });
}

export async function readLog(world: World): Promise<WholeLog> {
  const [config, raw, letters] = await Promise.all(
    (['config', 'events', 'dead-letters'] as const).map((kind) => readTopic(world, `${world.prefix}.${kind}`)),
  );
  const registry = createRegistry();
  const versions: SnapshotData[] = [];
  for (const { value } of countedConfig(config?.[0] ?? []).slice(1)) {
    const parsed = parseConfigLogEvent(JSON.parse(String(value)));
    if (!parsed.ok) throw new Error(`the config topic holds ${value}`);
    registry.applyConfig(parsed.event);
    if (parsed.event.type === 'dev.armature.snapshot.v1') versions.push(parsed.event.data);
  }
  const dead = new Map<string, number>();
  for (const { headers } of letters?.flat() ?? []) {
    const place = `${headers['armature-partition']}/${headers['armature-offset']}`;
    dead.set(place, (dead.get(place) ?? 0) + 1);
  }
  const all = raw ?? [];
  return { registry, versions, raw: all, dead, records: all.map((raws) => eventsOf(raws, dead)) };
}
