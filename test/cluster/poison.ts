/** Records that are no events, written straight into the topic: they stand among the dead letters and stop nothing. */
import { randomUUID } from 'node:crypto';
import type { Random } from '@armature/analysis';
import { expect } from 'vitest';
import { committedOffsets, endsNow, pause } from './offset-watch.js';
import { pick, RECOVERY_MS, Run, type Scenario } from './scenario.js';
import { createTopic, type World } from './world.js';

const TWO = { servers: 2 } as const;

interface Poison {
  readonly key: string | null;
  readonly value: Buffer | null;
}

const reward = (more: object = {}): { readonly [field: string]: unknown } => ({
  ...{ specversion: '1.0', type: 'dev.armature.reward.v1', source: '/poison', id: randomUUID() },
  time: new Date().toISOString(),
  data: { experiment: 'clicks', decision: randomUUID(), metrics: { click: 1 } },
  ...more,
});

/** Values that no reader takes for an event. */
function fixed(): readonly (Buffer | null)[] {
  const whole = JSON.stringify(reward());
  const wrong: unknown[] = [
    ...[null, 1, 'text', [], {}, [reward()], true],
    ...[{ type: 'dev.armature.reward.v99' }, { type: 'dev.armature.config.v1' }, { specversion: '2.0' }].map(reward),
    ...[{ id: '' }, { id: 5 }, { time: 'yesterday' }, { time: null }, { source: 7 }, { data: null }].map(reward),
    ...[{ metrics: {} }, { metrics: { click: '1' } }, { metrics: [] }, { decision: 5, metrics: { click: 1 } }].map(
      (data) => reward({ data: { experiment: 'clicks', ...data } }),
    ),
  ];
  const texts = [
    ...['', ' ', '{', '}', 'null', 'NaN', '{"a":1}{"b":2}', `${whole}x`, `\uFEFF${whole}`, '[1', '"', '\0'],
    whole.replace('"click":1', '"click":1e999'),
    whole.replace('{"specversion"', '{"__proto__":{"a":1},"specversion"'),
    '['.repeat(5000),
    '9'.repeat(5000),
    ...wrong.map((value) => JSON.stringify(value)),
  ];
  const bytes = [
    Buffer.from([0xff, 0xfe, 0x00]),
    Buffer.from(whole, 'utf16le'),
    Buffer.from([0xc3, 0x28]),
    Buffer.alloc(64),
  ];
  return [null, ...texts.map((text) => Buffer.from(text)), ...bytes];
}

/** A hundred values, all different: the fixed ones, and events cut or with bytes changed. */
function variants(random: Random): readonly (Buffer | null)[] {
  const values = [...fixed()];
  while (values.length < 100) {
    const whole = Buffer.from(JSON.stringify(reward()));
    const at = Math.floor(random() * (whole.length - 2)) + 1;
    if (random() < 0.5) values.push(whole.subarray(0, at));
    else values.push(Buffer.concat([whole.subarray(0, at), Buffer.from([0xff]), whole.subarray(at)]));
  }
  return values;
}

type Produce = (poison: readonly (Poison & { readonly partition: number })[]) => Promise<unknown>;

async function withProducer(world: World, run: (produce: Produce) => Promise<void>): Promise<void> {
  const producer = world.kafka.producer();
  await producer.connect();
  try {
    await run((poison) => producer.send({ topic: `${world.prefix}.events`, messages: [...poison], acks: -1 }));
  } finally {
    await producer.disconnect();
  }
}

/** One to about a hundred of the clients' own. */
const mixed: Scenario = {
  ...{ name: 'poison', brokers: 1, world: TWO },
  async run(world, random) {
    const run = new Run(world);
    run.load({ perStep: 40 });
    const all = variants(random);
    const misplaced = Buffer.from(JSON.stringify(reward())); // but in one of the partitions
    const everywhere = Array.from({ length: world.partitions }, (_, partition) => {
      return { partition, key: 'poison', value: misplaced };
    });
    await withProducer(world, async (produce) => {
      for (const value of all) {
        await produce([{ partition: Math.floor(random() * world.partitions), key: 'poison', value }]);
        await pause(20);
      }
      await produce(everywhere);
    });
    run.faults['poison records'] = all.length + everywhere.length - 1;
    await run.recover();
    const outcome = await run.audit();
    const { dead } = outcome.audit.log;
    expect(dead.size).toBe(all.length + everywhere.length - 1);
    return outcome;
  },
};

/** While nobody can keep a record that is no event, its partition waits, and the others go on. */
const withoutDeadLetters: Scenario = {
  ...{ name: 'dead-letters-missing', brokers: 1, world: TWO },
  async run(world, random) {
    const run = new Run(world);
    run.load();
    await run.recover();
    await world.admin.deleteTopics({ topics: [`${world.prefix}.dead-letters`] });
    await pause(500);
    const partition = pick(random, [0, 1, 2]);
    const [poisoned = 0] = (await endsNow(world)).slice(partition);
    const value = Buffer.from('not an event');
    await withProducer(world, async (produce) => void (await produce([{ partition, key: null, value }])));
    run.met('dead letters missing');
    await pause(5000);
    const ends = await endsNow(world);
    const through = async () => (await committedOffsets(world)).filter((o, p) => (o ?? 0) >= (ends[p] ?? 0)).length;
    // scenarios run side by side, where `expect.poll` does not know its test
    const until = Date.now() + RECOVERY_MS;
    while ((await through()) !== world.partitions - 1 && Date.now() < until) await pause(200);
    expect(await through()).toBe(world.partitions - 1);
    const stuck = (await committedOffsets(world))[partition] ?? 0;
    expect(stuck).toBeLessThan(ends[partition] ?? 0);
    expect(stuck).toBeLessThanOrEqual(poisoned + 200);
    await createTopic(world, 'dead-letters');
    await run.recover();
    const outcome = await run.audit();
    expect(outcome.audit.log.dead.size).toBe(1);
    return outcome;
  },
};

export const poisonScenarios: readonly Scenario[] = [mixed, withoutDeadLetters];
