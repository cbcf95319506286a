import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeWith } from '../../../../test/environment.js';
import { ownServers, sharedRedis } from '../../../../test/provisioned.js';
import type { ArmatureError } from '../../src/index.js';
import { type RedisStickyStore, redisStickyStore } from '../../src/redis/index.js';
import { stickyAssignment } from '../../src/sticky/index.js';
import { movingServer, randomOf, someWeights } from '../sticky/moving-server.js';
import { recordOf, storeLaws } from '../sticky/store-laws.js';

const prefix = `armature-test:${process.pid}:`;

describeWith('redis', 'the Redis store', () => {
  let url: string;
  const stores: RedisStickyStore[] = [];
  const open = (more: object = {}): RedisStickyStore => {
    const store = redisStickyStore({ url, prefix, ttlMs: 60_000, ...more });
    stores.push(store);
    return store;
  };
  beforeAll(async () => {
    url = await sharedRedis();
  });
  afterAll(async () => {
    for (const store of stores) await store.close();
  });

  describe('as every store', () => {
    storeLaws(() => open());
  });

  test('takes a client of the caller, forgets a unit after its time, and names none as it is', async () => {
    const client = new Redis(url);
    const prefix = `armature-test:${process.pid}:own:`;
    const store = redisStickyStore({ client, prefix, ttlMs: 300 });
    await store.setIfAbsent('alice@example.com', recordOf('shop/1.1'));
    const keys = await client.keys(`${prefix}*`);
    expect(keys.filter((key) => key.includes('alice'))).toEqual([]);
    expect(await store.get('alice@example.com')).toHaveLength(1);
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(await store.get('alice@example.com')).toEqual([]);
    await client.hset(keys[0]!, 'shop/1.1', 'no JSON');
    const assignment = stickyAssignment(store);
    const told: string[] = [];
    assignment.onError(({ message }) => told.push(message));
    await assignment.prefetch('alice@example.com', ['shop/1.1'], Date.now());
    expect(told[0]).toContain('a record that is none: "no JSON"');
    const forEver = redisStickyStore({ client, prefix, ttlMs: 0, secret: 's' });
    await forEver.setIfAbsent('bob', recordOf('shop/1.1'));
    expect(await store.get('bob')).toEqual([]);
    expect(await forEver.get('bob')).toHaveLength(1);
    await store.close();
    expect(await client.ping()).toBe('PONG');
    await client.del(...(await client.keys(`${prefix}*`)));
    client.disconnect();
  });

  test('two clients race for the first visit of a thousand units: one arm is kept for both, and each logs its own draw', async () => {
    const random = randomOf(3);
    const [old, current] = [someWeights(random), someWeights(random)];
    const server = movingServer(old);
    const [a, b] = [stickyAssignment(open()), stickyAssignment(open())];
    const [one, two] = [server.client(a), server.client(b)];
    await one.ready();
    server.serve(current);
    await two.ready();
    const units = Array.from({ length: 1000 }, (_, i) => `race-${process.pid}-${i}`);
    const firsts = units.map((unit) => [one.decide('shop', { unit }), two.decide('shop', { unit })] as const);
    await Promise.all([one.flush(), two.flush(), a.settled(10_000), b.settled(10_000)]);
    let [differed, kept] = [0, 0];
    units.forEach((unit, i) => {
      const [left, right] = [one.decide('shop', { unit }), two.decide('shop', { unit })];
      expect([left.arm, left.propensity, left.snapshot]).toEqual([right.arm, right.propensity, right.snapshot]);
      expect([left.reason, right.reason, left.error]).toEqual(['sticky', 'sticky', undefined]);
      const [x, y] = firsts[i]!;
      if (x.arm !== y.arm) differed += 1;
      if ([x, y].some((first) => first.arm === left.arm && first.snapshot === left.snapshot)) kept += 1;
    });
    await Promise.all([one.close(), two.close()]);
    expect(kept).toBe(1000);
    // the draws differ only where the change of weights moves a unit: 1 - sum 1 / sum max of the ratios, here about a fifth
    expect(differed).toBeLessThan(500);
    const [c, d] = [a.counts, b.counts];
    expect([c.produced, d.produced, c.queued, d.queued, c.dropped + d.dropped]).toEqual([1000, 1000, 0, 0, 0]);
    expect(c.kept + d.kept).toBe(1000);
    expect(server.events).toHaveLength(4000);
    for (const { data } of server.events) expect(data.propensity).toBe(server.vectors.get(data.snapshot)?.[data.arm]);
  });
});

describeWith('ownRedis', 'a Redis that dies', () => {
  test('decisions go on while it is away, and what was drawn is kept when it is back', async () => {
    const { redis, redisUrl = '', dispose } = await ownServers({ redis: true });
    const server = movingServer({ a: 0.5, b: 0.5 });
    const store = redisStickyStore({ url: redisUrl, prefix, ttlMs: 60_000 });
    const sticky = stickyAssignment(store, { timeoutMs: 300 });
    const client = server.client(sticky);
    const errors: ArmatureError[] = [];
    client.on('error', (error) => errors.push(error));
    await client.ready();
    await client.prefetch('before');
    expect(client.decide('shop', { unit: 'before' }).error).toBeUndefined();
    await client.flush();
    await redis?.kill();
    await client.prefetch('during');
    const { arm, error } = client.decide('shop', { unit: 'during' });
    expect(error).toBe('STICKY_NOT_LOADED');
    await redis?.start();
    await sticky.settled(20_000);
    expect(sticky.counts).toMatchObject({ produced: 2, kept: 2, queued: 0 });
    expect(client.decide('shop', { unit: 'during' })).toMatchObject({ arm, reason: 'sticky', error: undefined });
    expect(errors.map(({ code }) => code)).toContain('STICKY_STORE_FAILED');
    await client.close();
    await store.close();
    await dispose();
  });
});

test.each([
  ['no way', {}, /not exactly one of url and client/],
  ['two ways', { url: 'redis://x', client: {} as never }, /not exactly one of url and client/],
  ['no address', { url: 'localhost:6379' }, /a Redis address that is none/],
  ['a time that is none', { url: 'redis://x', ttlMs: 0.5 }, /ttlMs 0.5/],
])('%s to Redis is refused', (_, options, message) => {
  expect(() => redisStickyStore(options)).toThrow(message);
});
