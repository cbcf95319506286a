import { expect, test } from 'vitest';
import type { ArmatureError, Client } from '../../src/index.js';
import { draw, prepareDraw } from '../../src/policies/index.js';
import { memoryStickyStore, type StickyRecord, type StickyStore, stickyAssignment } from '../../src/sticky/index.js';
import { definition, movingServer, randomOf, someWeights } from './moving-server.js';

const drawnArm = (weights: { readonly [arm: string]: number }, unit: string): string => {
  const arms = Object.keys(weights).sort();
  return arms[
    draw(
      prepareDraw('draw', 'shop', arms),
      arms.map((arm) => weights[arm]!),
      unit,
    )
  ]!;
};
/** A unit whose draw differs between two vectors. */
const movedUnit = (before: { readonly [arm: string]: number }, after: typeof before, from = 'a'): string => {
  for (let i = 0; ; i += 1) {
    const unit = `u-${i}`;
    if (drawnArm(before, unit) === from && drawnArm(after, unit) !== from) return unit;
  }
};

test('ten thousand units keep their arms while the weights move twenty times, and log what they were drawn with', async () => {
  const random = randomOf(7);
  const server = movingServer(someWeights(random));
  const client = server.client(stickyAssignment(memoryStickyStore(), { units: 20_000 }));
  const first = new Map<string, string>();
  let [changes, splits, errors] = [0, 0, 0];
  for (let step = 0; step <= 20; step += 1) {
    await client.ready();
    for (let i = 0; i < 10_000; i += 1) {
      // half of the units come from the start, the others one step after another
      if (i % 2 === 1 && i > step * 500) continue;
      const unit = `u-${i}`;
      await client.prefetch(unit);
      const { arm, reason, error } = client.decide('shop', { unit });
      if (error !== undefined) errors += 1;
      if (reason === 'split') splits += 1;
      if (first.has(unit) && (first.get(unit) !== arm || reason !== 'sticky')) changes += 1;
      first.set(unit, first.get(unit) ?? arm);
    }
    server.serve(someWeights(random));
  }
  await client.close();
  expect([changes, errors, splits, first.size]).toEqual([0, 0, 10_000, 10_000]);
  expect(server.vectors.size).toBe(22);
  const wrong = server.events.filter(({ data }) => server.vectors.get(data.snapshot)?.[data.arm] !== data.propensity);
  expect(wrong).toEqual([]);
  // oracle: the draw itself, under the version that each event names
  const undrawn = server.events.filter(
    ({ data }) => drawnArm(server.vectors.get(data.snapshot)!, data.unit!) !== data.arm,
  );
  expect(undrawn).toEqual([]);
}, 60_000);

test('a kept arm is served with the propensity, the vector, the version and the definition of its draw', async () => {
  const [before, after] = [
    { a: 0.5, b: 0.5 },
    { a: 0.1, b: 0.9 },
  ];
  const unit = movedUnit(before, after);
  const server = movingServer(before);
  const store = memoryStickyStore();
  const one = server.client(stickyAssignment(store));
  await one.ready();
  await one.prefetch(unit);
  expect(one.decide('shop', { unit })).toMatchObject({ arm: 'a', reason: 'split', propensity: 0.5, snapshot: '1.1' });
  await one.close();
  server.serve(after);
  const other = server.client(stickyAssignment(store));
  await other.ready();
  await other.prefetch(unit);
  const kept = other.decide('shop', { unit });
  expect(kept).toMatchObject({
    ...{ arm: 'a', value: 'a', reason: 'sticky', randomised: true, propensity: 0.5, propensities: before },
    ...{ snapshot: '1.1', definition, rule: 'policy', error: undefined },
  });
  await other.close();
  expect(server.events.map(({ data }) => [data.reason, data.snapshot])).toEqual([
    ['split', '1.1'],
    ['sticky', '1.1'],
  ]);
});

test('an arm of weight 0 is served to nobody at once, its units keep their next arm, and come back when it does', async () => {
  const [all, without] = [
    { a: 0.4, b: 0.3, c: 0.3 },
    { a: 0, b: 0.5, c: 0.5 },
  ];
  const later = { a: 0, b: 0.1, c: 0.9 };
  let unit = movedUnit(all, without);
  for (
    let i = 0;
    drawnArm(without, unit) !== 'b' || drawnArm(later, unit) !== 'c' || drawnArm(all, unit) !== 'a';
    i += 1
  ) {
    unit = `v-${i}`;
  }
  const server = movingServer(all);
  const client = server.client(stickyAssignment(memoryStickyStore()));
  const arms: unknown[] = [];
  for (const weights of [all, without, later, { b: 0.2, c: 0.8 }, all]) {
    server.serve(weights);
    await client.ready();
    await client.prefetch(unit);
    const { arm, reason, propensity } = client.decide('shop', { unit });
    arms.push([arm, reason, propensity]);
  }
  await client.close();
  expect(arms).toEqual([
    ['a', 'split', 0.4],
    ['b', 'split', 0.5],
    ['b', 'sticky', 0.5],
    ['b', 'sticky', 0.5],
    ['a', 'sticky', 0.4],
  ]);
});

test.each([
  ['learning epoch', { epoch: 2 }],
  ['log', { log: 1_800_000_000 }],
])('another %s draws anew', async (_, more) => {
  const [before, after] = [
    { a: 0.5, b: 0.5 },
    { a: 0.1, b: 0.9 },
  ];
  const unit = movedUnit(before, after);
  const server = movingServer(before);
  const client = server.client(stickyAssignment(memoryStickyStore()));
  await client.ready();
  await client.prefetch(unit);
  expect(client.decide('shop', { unit }).arm).toBe('a');
  server.serve(after, more);
  await client.ready();
  await client.prefetch(unit);
  expect(client.decide('shop', { unit })).toMatchObject({
    arm: 'b',
    reason: 'split',
    propensity: 0.9,
    error: undefined,
  });
  await client.close();
});

async function changed(): Promise<{ unit: string; client: Client; store: StickyStore; errors: ArmatureError[] }> {
  const [before, after] = [
    { a: 0.5, b: 0.5 },
    { a: 0.1, b: 0.9 },
  ];
  const unit = movedUnit(before, after);
  const server = movingServer(before);
  const store = memoryStickyStore();
  const earlier = server.client(stickyAssignment(store));
  await earlier.ready();
  await earlier.prefetch(unit);
  earlier.decide('shop', { unit });
  await earlier.close();
  server.serve(after);
  const client = server.client(stickyAssignment(store));
  const errors: ArmatureError[] = [];
  client.on('error', (error) => errors.push(error));
  await client.ready();
  return { unit, client, store, errors };
}

test('a unit that was not prefetched is drawn and says so, and its earlier arm stays kept', async () => {
  const { unit, client, store, errors } = await changed();
  expect(client.decide('shop', { unit })).toMatchObject({ arm: 'b', reason: 'split', error: 'STICKY_NOT_LOADED' });
  await client.flush();
  expect(client.decide('shop', { unit })).toMatchObject({ arm: 'a', reason: 'sticky', error: undefined });
  expect((await store.get(unit)).map(({ arm }) => arm)).toEqual(['a']);
  expect(errors.map(({ code }) => code)).toEqual(['STICKY_NOT_LOADED']);
  await client.close();
});

test('two experiments and two learning epochs of a unit are records of their own', async () => {
  const store = memoryStickyStore();
  const record = (key: string): StickyRecord => ({
    ...{ key, arm: 'a', propensities: { a: 1 }, snapshot: '1.1', definition, rule: 'policy', time: 1 },
  });
  for (const key of ['x/1.1', 'y/1.1', 'x/1.2', 'x/1.1!a']) {
    expect(await store.setIfAbsent('u', record(key))).toEqual(record(key));
  }
  expect((await store.get('u')).map(({ key }) => key)).toEqual(['x/1.1', 'y/1.1', 'x/1.2', 'x/1.1!a']);
});

test('the memory store forgets the unit that was asked for longest ago', async () => {
  const store = memoryStickyStore(2);
  const record = {
    key: 'x/1.1',
    arm: 'a',
    propensities: { a: 1 },
    snapshot: '1.1',
    definition,
    rule: 'policy',
    time: 1,
  };
  for (const unit of ['u', 'v']) await store.setIfAbsent(unit, record);
  await store.get('u');
  await store.setIfAbsent('w', record);
  expect(await Promise.all(['u', 'v', 'w'].map(async (unit) => (await store.get(unit)).length))).toEqual([1, 0, 1]);
});
