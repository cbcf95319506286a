import { stateDigest } from '@armature/analysis/fold';
import { afterEach, expect, test } from 'vitest';
import { describeWith } from '../../../../test/environment.js';
import type { SharedState } from '../../src/cluster/ports.js';
import { growing, insist, loadedDigest, openAt, takenOver } from './kept-history.js';
import { contentOf, type RedisProcess, redisProcess, replicaOf, sentinelOf } from './redis-process.js';

const servers: RedisProcess[] = [];
const opened: SharedState[] = [];
afterEach(async () => {
  for (const shared of opened.splice(0)) await shared.close();
  for (const server of servers.splice(0)) await server.dispose();
});
async function started(starting: Promise<RedisProcess>): Promise<RedisProcess> {
  const server = await starting;
  servers.push(server);
  return server;
}
async function open(url: string): Promise<SharedState> {
  const shared = await openAt(url);
  opened.push(shared);
  return shared;
}

describeWith('redisServer', 'a Redis that dies', () => {
  test.each(['always', 'everysec'])(
    'with appendfsync %s comes back with a state that was committed',
    async (fsync) => {
      const redis = await started(redisProcess(['--appendonly', 'yes', '--appendfsync', fsync]));
      const shared = await open(redis.url);
      const digests = new Map<string, string>();
      let grown = growing();
      let revision = await shared.commit(0, undefined, grown.commit());
      for (let round = 0; round < 3; round += 1) {
        for (let n = 0; n < 20; n += 1) {
          grown.grow(3);
          revision = await shared.commit(0, revision, grown.commit());
          digests.set(revision ?? '', stateDigest(grown.state));
        }
        await redis.kill();
        await redis.start();
        await expect
          .poll(
            () =>
              shared.marks([0]).then(
                ([mark]) => mark?.revision,
                () => '',
              ),
            { timeout: 10_000 },
          )
          .not.toBe('');
        const again = await takenOver(shared);
        if (fsync === 'always') expect(again.revision).toBe(revision);
        expect(stateDigest(again.state)).toBe(digests.get(again.revision));
        grown = again;
        revision = again.revision;
      }
    },
    30_000,
  );

  test('in the middle of a commit has it whole or not at all, and once it is given again', async () => {
    const redis = await started(redisProcess(['--appendonly', 'yes', '--appendfsync', 'always']));
    const [shared, reader] = [await open(redis.url), await open(redis.url)];
    const grown = growing();
    grown.grow(500);
    let revision = await shared.commit(0, undefined, grown.commit());
    let before = stateDigest(grown.state);
    const found = { before: 0, after: 0 };
    for (let round = 0; round < 12; round += 1) {
      grown.grow(200);
      const [commit, expected, after] = [grown.commit(), revision, stateDigest(grown.state)];
      const dying = shared.commit(0, expected, commit).catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, round % 4));
      await redis.kill();
      const answered = await dying;
      await redis.start();
      await expect.poll(() => reader.marks([0]).catch(() => []), { timeout: 10_000 }).toHaveLength(1);
      const digest = await loadedDigest(reader);
      expect([before, after]).toContain(digest);
      found[digest === after ? 'after' : 'before'] += 1;
      if (answered !== undefined) expect(digest).toBe(after);
      revision = answered ?? (await insist(() => shared.commit(0, expected, commit)));
      expect(revision).toBeTypeOf('string');
      expect(await loadedDigest(reader)).toBe(after);
      before = after;
    }
    expect(found.after).toBeGreaterThan(0);
  }, 60_000);

  test('after its replica lost touch goes back to an older state, and its owner cannot write on top of that', async () => {
    const master = await started(redisProcess());
    const replica = await started(replicaOf(master));
    const shared = await open(master.url);
    let told = 0;
    shared.onReconnect(() => {
      told += 1;
    });
    const grown = growing();
    grown.grow(20);
    const first = await shared.commit(0, undefined, grown.commit());
    const digest = stateDigest(grown.state);
    await master.client.wait(1, 5000);
    await replica.client.replicaof('127.0.0.1', 1);
    grown.grow(20);
    const second = await shared.commit(0, first, grown.commit());
    await master.kill();
    await replica.client.replicaof('NO', 'ONE');
    await replica.client.config('SET', 'port', master.port); // the address now leads to the replica
    await expect.poll(() => told, { timeout: 10_000 }).toBe(1);
    const before = await contentOf({ ...replica, client: replica.client });
    grown.grow(1);
    const late = grown.commit();
    expect(await insist(() => shared.commit(0, second, late))).toBeUndefined();
    expect(await contentOf(replica)).toEqual(before);
    const again = await takenOver(shared);
    expect([again.revision, stateDigest(again.state)]).toEqual([first, digest]);
    again.grow(21);
    expect(await shared.commit(0, first, again.commit())).toBeTypeOf('string');
    expect(await loadedDigest(shared)).toBe(stateDigest(again.state));
  }, 30_000);

  test('behind a Sentinel is followed by its replica, and the owner goes on there', async () => {
    const master = await started(redisProcess());
    const replica = await started(replicaOf(master));
    const sentinel = await started(sentinelOf(master));
    await expect.poll(() => sentinel.client.call('sentinel', 'replicas', 'main'), { timeout: 15_000 }).toHaveLength(1);
    const shared = await open(`redis+sentinel://127.0.0.1:${sentinel.port}/main`);
    let told = 0;
    shared.onReconnect(() => {
      told += 1;
    });
    const grown = growing();
    grown.grow(20);
    const first = await shared.commit(0, undefined, grown.commit());
    await master.client.wait(1, 5000);
    await master.kill();
    grown.grow(5);
    const commit = grown.commit();
    const second = await insist(() => shared.commit(0, first, commit));
    expect(second).toBeTypeOf('string');
    await expect.poll(() => told).toBe(1);
    expect(await loadedDigest(shared)).toBe(stateDigest(grown.state));
    expect(await loadedDigest(await open(replica.url))).toBe(stateDigest(grown.state));
  }, 60_000);
});

describeWith('redisServer', 'a Redis that takes no writes', () => {
  test('for lack of memory keeps what it has, whole, and takes the same commit when it has room', async () => {
    const redis = await started(redisProcess(['--maxmemory-policy', 'noeviction']));
    const shared = await open(redis.url);
    const grown = growing();
    grown.grow(50);
    const revision = await shared.commit(0, undefined, grown.commit());
    const before = await contentOf(redis);
    const full = {
      code: 'STATE_UNAVAILABLE',
      got: expect.stringContaining('OOM'),
      todo: expect.stringContaining('maxmemory'),
    };
    await redis.client.config('SET', 'maxmemory', 1);
    grown.grow(50);
    const commit = grown.commit();
    await expect(shared.commit(0, revision, commit)).rejects.toMatchObject(full);
    const other = growing();
    other.grow(1);
    const whole = other.commit();
    await expect(shared.commit(1, undefined, whole)).rejects.toMatchObject(full);
    await expect(shared.showPosteriors('a', { x: '1' })).rejects.toMatchObject({ code: 'STATE_UNAVAILABLE' });
    expect(await contentOf(redis)).toEqual(before);
    expect(await shared.marks([0])).toMatchObject([{ revision }]);
    await redis.client.config('SET', 'maxmemory', 0);
    expect(await shared.commit(0, revision, commit)).toBeTypeOf('string');
    expect(await shared.commit(1, undefined, whole)).toBeTypeOf('string');
    expect(await loadedDigest(shared)).toBe(stateDigest(grown.state));
    expect(await loadedDigest(shared, 1)).toBe(stateDigest(other.state));
  });

  test('since it became a replica is left for whoever is behind the address next', async () => {
    const redis = await started(redisProcess());
    const shared = await open(redis.url);
    const grown = growing();
    grown.grow(5);
    const revision = await shared.commit(0, undefined, grown.commit());
    await redis.client.replicaof('127.0.0.1', 1);
    let told = 0;
    shared.onReconnect(() => {
      told += 1;
    });
    grown.grow(5);
    const commit = grown.commit();
    await expect(shared.commit(0, revision, commit)).rejects.toMatchObject({
      got: expect.stringMatching(/READONLY|replica/),
    });
    await expect.poll(() => told, { timeout: 5000 }).toBeGreaterThan(0);
    await redis.client.replicaof('NO', 'ONE');
    expect(await insist(() => shared.commit(0, revision, commit))).toBeTypeOf('string');
    expect(await loadedDigest(shared)).toBe(stateDigest(grown.state));
  });
});
