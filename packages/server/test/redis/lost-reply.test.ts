import { createRandom } from '@armature/analysis';
import { stateDigest } from '@armature/analysis/fold';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type TcpProxy, tcpProxy } from '../../../../test/cluster/tcp-proxy.js';
import { describeWith } from '../../../../test/environment.js';
import type { SharedState } from '../../src/cluster/ports.js';
import { growing, insist, loadedDigest, openAt } from './kept-history.js';
import { contentOf, type RedisProcess, redisProcess } from './redis-process.js';

describeWith('redisServer', 'a connection that breaks', () => {
  let redis: RedisProcess;
  let proxy: TcpProxy;
  let shared: SharedState;
  let direct: SharedState;
  beforeEach(async () => {
    redis = await redisProcess();
    proxy = await tcpProxy(redis.port, createRandom(1));
    shared = await openAt(`redis://127.0.0.1:${proxy.port}`);
    direct = await openAt(redis.url);
  });
  afterEach(async () => {
    await shared.close();
    await direct.close();
    await proxy.close();
    await redis.dispose();
  });

  test('before the answer has come leaves the commit there once, and the owner learns it', async () => {
    const grown = growing();
    grown.grow(10);
    let revision = await shared.commit(0, undefined, grown.commit());
    for (let n = 0; n < 5; n += 1) {
      grown.grow(3);
      const commit = grown.commit();
      const expected = revision;
      // the request passes, and the first byte of the answer takes the connection with it
      proxy.set({ kind: 'cut', after: 0 }, 'open', 'down');
      const lost = shared.commit(0, expected, commit);
      await expect(lost).rejects.toMatchObject({
        code: 'STATE_UNAVAILABLE',
        got: 'a connection that broke before the answer came',
      });
      const [mark] = await direct.marks([0]);
      expect(mark?.offset).toBe(commit.offset);
      const before = await contentOf(redis);
      revision = await insist(() => shared.commit(0, expected, commit));
      expect(revision).toBe(mark?.revision);
      expect(await contentOf(redis)).toEqual(before);
      expect(await loadedDigest(direct)).toBe(stateDigest(grown.state));
    }
  });

  test('wherever in the answers and requests of a large state it does, the state is there once and whole', async () => {
    const random = createRandom(7);
    let broken = 0;
    const counted = (cause: unknown): never => {
      broken += 1;
      throw cause;
    };
    for (let round = 0; round < 6; round += 1) {
      const grown = growing();
      grown.grow(6000);
      const commit = grown.commit();
      await redis.client.flushall();
      const cut = { kind: 'cut', after: Math.floor(random() * 1_200_000) } as const;
      if (round % 2 === 0) proxy.set(cut, 'open', 'up');
      else proxy.set({ kind: 'cut', after: Math.floor(random() * 20) }, 'open', 'down');
      const revision = await insist(() => shared.commit(0, undefined, commit).catch(counted));
      expect(revision).toBeTypeOf('string');
      expect(await loadedDigest(direct)).toBe(stateDigest(grown.state));
      grown.grow(1);
      const more = grown.commit();
      expect(await insist(() => shared.commit(0, revision, more).catch(counted))).toBeTypeOf('string');
      expect(await loadedDigest(direct)).toBe(stateDigest(grown.state));
      await insist(() => shared.load(0)); // the cut may have waited for this
    }
    expect(broken).toBeGreaterThan(3);
  });

  test('is as good as one behind which pieces of a large state were lost: they are written again', async () => {
    const grown = growing();
    grown.grow(6000);
    const commit = grown.commit();
    proxy.set({ kind: 'delay', ms: [30, 30] }, 'open', 'down');
    const committing = shared.commit(0, undefined, commit);
    const lost = expect(committing).rejects.toMatchObject({ got: expect.stringContaining('parts were lost') });
    let keys: string[] = [];
    while (keys.length < 2) keys = await redis.client.keys('test:{0}:*');
    await redis.client.del(keys[0]!); // as by a failover to a replica that did not have it yet
    await lost;
    expect(await direct.load(0)).toBeUndefined();
    expect(await shared.commit(0, undefined, commit)).toBeTypeOf('string');
    expect(await loadedDigest(direct)).toBe(stateDigest(grown.state));
  });

  test('and comes back is told, and meanwhile every command fails at once', async () => {
    const told: number[] = [];
    shared.onReconnect(() => told.push(told.length));
    const grown = growing();
    grown.grow(1);
    const revision = await shared.commit(0, undefined, grown.commit());
    await redis.kill();
    const start = performance.now();
    await expect(shared.load(0)).rejects.toMatchObject({ code: 'STATE_UNAVAILABLE' });
    await expect(shared.marks([0, 1])).rejects.toMatchObject({ got: 'no connection' });
    await expect(shared.showPosteriors('a', { x: '1' })).rejects.toMatchObject({ code: 'STATE_UNAVAILABLE' });
    expect(performance.now() - start).toBeLessThan(1000);
    expect(told).toEqual([]);
    await redis.start();
    await expect.poll(() => told.length, { timeout: 10_000 }).toBe(1);
    expect(await shared.load(0)).toBeUndefined(); // it kept nothing
    expect(await shared.commit(0, revision, { ...growing().commit() })).toBeUndefined();
  });

  test('without a sign is given up after some seconds, and made again', async () => {
    const grown = growing();
    grown.grow(1);
    const commit = grown.commit();
    proxy.set({ kind: 'black-hole' }, 'open');
    await expect(shared.commit(0, undefined, commit)).rejects.toMatchObject({ code: 'STATE_UNAVAILABLE' });
    expect(await insist(() => shared.commit(0, undefined, commit))).toBeTypeOf('string');
    expect(await loadedDigest(direct)).toBe(stateDigest(grown.state));
  }, 20_000);
});
