import { expect, test } from 'vitest';
import { type ArmatureError, createClient } from '../../src/index.js';
import { memoryStickyStore, type StickyStore, stickyAssignment } from '../../src/sticky/index.js';
import { definition, movingServer, randomOf, someWeights } from './moving-server.js';

const never = (): Promise<never> => new Promise(() => {});
const refusing: StickyStore = {
  get: () => Promise.reject(new Error('store away')),
  setIfAbsent: () => Promise.reject(new Error('store away')),
};
const throwing: StickyStore = {
  get() {
    throw new Error('store away');
  },
  setIfAbsent() {
    throw new Error('store away');
  },
};

test.each([
  ['refuses', refusing],
  ['throws', throwing],
  ['hangs', { get: never, setIfAbsent: never }],
])('a store that %s delays prefetch by its time limit, and no decision', async (_, store) => {
  const server = movingServer({ a: 0.5, b: 0.5 });
  const sticky = stickyAssignment(store, { timeoutMs: 60 });
  const client = server.client(sticky);
  const errors: ArmatureError[] = [];
  client.on('error', (error) => errors.push(error));
  await client.ready();
  const began = performance.now();
  await client.prefetch('u-1');
  expect(performance.now() - began).toBeLessThan(2000); // 60 ms, on a machine that may be busy
  const first = client.decide('shop', { unit: 'u-1' });
  expect(first).toMatchObject({ reason: 'split', randomised: true, error: 'STICKY_NOT_LOADED' });
  expect(client.decide('shop', { unit: 'u-1' })).toMatchObject({
    arm: first.arm,
    reason: 'sticky',
    error: 'STICKY_NOT_LOADED',
  });
  await client.close({ timeoutMs: 100 });
  expect(errors.map(({ code }) => code)).toContain('STICKY_STORE_FAILED');
  expect(errors.map(({ code }) => code)).toContain('STICKY_NOT_LOADED');
  expect(sticky.counts).toEqual({ produced: 1, kept: 0, outrun: 0, queued: 1, dropped: 0 });
});

test('a store that fails three calls of ten keeps every arm, and what is logged agrees with it', async () => {
  const random = randomOf(11);
  const memory = memoryStickyStore();
  const flaky: StickyStore = {
    get: async (unit) => (random() < 0.3 ? Promise.reject(new Error('flaky')) : memory.get(unit)),
    async setIfAbsent(unit, record) {
      const fate = random();
      if (fate < 0.15) throw new Error('flaky');
      const kept = await memory.setIfAbsent(unit, record);
      if (fate < 0.3) throw new Error('the answer was lost');
      return kept;
    },
  };
  const server = movingServer(someWeights(random));
  const sticky = stickyAssignment(flaky, { units: 5000 });
  const client = server.client(sticky);
  const first = new Map<string, string>();
  for (let step = 0; step < 4; step += 1) {
    await client.ready();
    const units = Array.from({ length: 300 }, (_, i) => `u-${i}`);
    await Promise.all(units.map((unit) => client.prefetch(unit)));
    for (const unit of units) {
      const { arm } = client.decide('shop', { unit });
      expect(first.get(unit) ?? arm).toBe(arm);
      first.set(unit, arm);
    }
    server.serve(someWeights(random));
  }
  await sticky.settled(20_000);
  await client.close();
  expect(sticky.counts).toEqual({ produced: 300, kept: 300, outrun: 0, queued: 0, dropped: 0 });
  for (const [unit, arm] of first) expect((await memory.get(unit)).map((record) => record.arm)).toEqual([arm]);
  expect(server.events).toHaveLength(1200);
  for (const { data } of server.events) expect(data.propensity).toBe(server.vectors.get(data.snapshot)?.[data.arm]);
}, 60_000);

test('what is remembered has a limit, and records beyond it are counted as dropped', async () => {
  const server = movingServer({ a: 0.5, b: 0.5 });
  const sticky = stickyAssignment({ get: async () => [], setIfAbsent: never }, { units: 50, timeoutMs: 20 });
  const client = server.client(sticky);
  await client.ready();
  for (let i = 0; i < 500; i += 1) client.decide('shop', { unit: `u-${i}` });
  const { counts } = sticky;
  expect(counts).toMatchObject({ produced: 500, queued: 50, dropped: 450 });
  await client.close({ timeoutMs: 1 });
});

test('a draw that another process had kept before gives way to it', async () => {
  const server = movingServer({ a: 0.5, b: 0.5 });
  const earlier = { key: 'shop/1700000000.1', arm: 'a', propensities: { a: 0.2, b: 0.8 } };
  const record = { ...earlier, snapshot: '1.0', definition, rule: 'policy', time: 5 };
  const sticky = stickyAssignment({ get: async () => [], setIfAbsent: async () => record });
  const client = server.client(sticky);
  await client.ready();
  await client.prefetch('u-1');
  expect(client.decide('shop', { unit: 'u-1' }).reason).toBe('split');
  await client.flush();
  expect(client.decide('shop', { unit: 'u-1' })).toMatchObject({ arm: 'a', reason: 'sticky', propensity: 0.2 });
  expect(sticky.counts).toEqual({ produced: 1, kept: 0, outrun: 1, queued: 0, dropped: 0 });
  await client.close();
});

test.each([
  ['no object', 7],
  ['an arm without a share', { key: 'shop/1700000000.1', arm: 'z', propensities: { a: 1 }, snapshot: '1.1' }],
  ['a share that is none', { key: 'shop/1700000000.1', arm: 'a', propensities: { a: 7 }, snapshot: '1.1' }],
])('a record that is damaged (%s) is reported and not served', async (_, damaged) => {
  const server = movingServer({ a: 0.5, b: 0.5 });
  const store = { get: async () => [damaged], setIfAbsent: async () => damaged } as unknown as StickyStore;
  const sticky = stickyAssignment(store);
  const client = server.client(sticky);
  const errors: ArmatureError[] = [];
  client.on('error', (error) => errors.push(error));
  await client.ready();
  await client.prefetch('u-1');
  expect(client.decide('shop', { unit: 'u-1' })).toMatchObject({ reason: 'split', error: 'STICKY_NOT_LOADED' });
  await client.flush();
  expect(sticky.counts).toMatchObject({ produced: 1, queued: 0, dropped: 1 });
  expect(errors[0]).toMatchObject({ code: 'STICKY_STORE_FAILED', retryable: true });
  expect(errors[0]?.message).toContain('a record that is none');
  await client.close({ timeoutMs: 1 });
});

test('a damaged record does not hide those of other experiments', async () => {
  const server = movingServer({ a: 0.5, b: 0.5 });
  const sound = { key: 'shop/1700000000.1', arm: 'b', propensities: { a: 0.9, b: 0.1 }, snapshot: '1.0' };
  const store: StickyStore = {
    get: async () => [{} as never, { ...sound, definition, rule: 'policy', time: 5 }],
    setIfAbsent: (_, record) => Promise.resolve(record),
  };
  const client = server.client(stickyAssignment(store));
  await client.ready();
  await client.prefetch('u-1');
  expect(client.decide('shop', { unit: 'u-1' })).toMatchObject({ arm: 'b', reason: 'sticky', error: undefined });
  await client.prefetch(undefined as never);
  await client.close();
});

test('absence is believed for a minute', async () => {
  let now = Date.UTC(2026, 10, 24);
  const server = movingServer({ a: 0.5, b: 0.5 });
  const client = server.client(stickyAssignment(memoryStickyStore()), () => now);
  await client.ready();
  await client.prefetch('u-1');
  await client.prefetch('u-2');
  now += 59_000;
  expect(client.decide('shop', { unit: 'u-1' }).error).toBeUndefined();
  now += 2000;
  expect(client.decide('shop', { unit: 'u-2' }).error).toBe('STICKY_NOT_LOADED');
  await client.close();
});

test('wrong construction throws', () => {
  const store = memoryStickyStore();
  expect(() => stickyAssignment({} as StickyStore)).toThrow(/sticky store without get or setIfAbsent/);
  expect(() => stickyAssignment(store, { units: 0 })).toThrow(/units 0, write an integer of 1 or more/);
  expect(() => stickyAssignment(store, { timeoutMs: Number.NaN })).toThrow(/timeoutMs NaN/);
  expect(() => createClient({ experiments: { x: { arms: ['a', 'b'] } }, sticky: store as never })).toThrow(
    /a bare store as sticky, write sticky: stickyAssignment\(store\)/,
  );
});

test('prefetch without a sticky store, or after close, resolves', async () => {
  const client = createClient({ experiments: { x: { arms: ['a', 'b'] } } });
  await client.prefetch('u-1');
  await client.close();
  await client.prefetch('u-1');
  expect(client.status).toBe('closed');
});
