import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { partitionKey } from '@armature/sdk/protocol';
import { memoryStickyStore } from '@armature/sdk/sticky';
import { silent, systemClock } from '@armature/server';
import { openProducer } from '../../packages/server/dist/adapters/kafka/producer.js';
import { openClusterEngine } from '../../packages/server/dist/cluster/cluster-engine.js';
import { partitionOf } from '../../packages/server/dist/ingest/partition-of.js';
import { batches } from '../ingest/batches.mjs';

/** Topics with events of one experiment as servers write them: decisions of a version that was published, and rewards. */
const FILE = `experiment: reader
arms: [large, medium, small, xl]
assign: request
policy: thompson
update: 1s
reward: { metric: correct, window: 10m }
`;
const SIZE = 500;
const PARTITIONS = 4;

/** Publishes the first version, and resolves with the snapshot that has it. */
async function published(kafka, redisUrl) {
  const root = mkdtempSync(join(tmpdir(), 'armature-bench-'));
  try {
    writeFileSync(join(root, 'reader.yaml'), FILE);
    const engine = await openClusterEngine({
      ...{ experiments: root, data: root, kafka, sticky: memoryStickyStore(), watch: false },
      redis: { url: redisUrl, prefix: `${kafka.prefix}-first` },
    });
    const { snapshot } = engine;
    await engine.close();
    return snapshot;
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** Messages by partition, in the order in which they were made. */
function* messagesOf(snapshot, count) {
  const next = batches(snapshot, 'reader', SIZE);
  for (let made = 0; made < count; made += SIZE) {
    const by = Array.from({ length: PARTITIONS }, () => []);
    for (const event of JSON.parse(next(0).body)) {
      const key = partitionKey(event);
      by[partitionOf(key, PARTITIONS)].push({ key, value: JSON.stringify(event) });
    }
    yield by;
  }
}

/**
 * Writes events through our own producer.
 *
 * @param kafka topics that are there and empty
 * @returns the snapshot that they were drawn from, and how many were written
 */
export async function prefill(kafka, redisUrl, count) {
  const snapshot = await published(kafka, redisUrl);
  const producer = await openProducer(kafka, { logger: silent, clock: systemClock() });
  try {
    const under = new Set();
    let events = 0;
    for (const by of messagesOf(snapshot, count)) {
      const written = Promise.all(by.map((messages, partition) => producer.append('events', partition, messages)));
      under.add(written);
      written.then(() => under.delete(written)).catch(() => {});
      events += SIZE;
      if (under.size >= 4) await Promise.race(under);
    }
    await Promise.all(under);
    return { snapshot, events };
  } finally {
    await producer.close();
  }
}
