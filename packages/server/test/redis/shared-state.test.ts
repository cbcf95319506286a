import { stateDigest } from '@armature/analysis/fold';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { describeWith } from '../../../../test/environment.js';
import type { SharedState } from '../../src/cluster/ports.js';
import type { Logger } from '../../src/ports.js';
import { growing, loadedDigest, openAt, takenOver } from './kept-history.js';
import { contentOf, type RedisProcess, redisProcess } from './redis-process.js';

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ grow: fc.integer({ min: 0, max: 40 }) }) },
  { weight: 2, arbitrary: fc.record({ pass: fc.integer({ min: 1, max: 600 }) }) },
  { weight: 1, arbitrary: fc.constant({ takeOver: true as const }) },
);

describeWith('redisServer', 'the shared state', () => {
  let redis: RedisProcess;
  let one: SharedState;
  let other: SharedState;
  const warnings: string[] = [];
  const logger: Logger = { info: () => {}, warn: (event) => void warnings.push(event), error: () => {} };
  beforeAll(async () => {
    redis = await redisProcess();
    one = await openAt(redis.url);
    other = await openAt(redis.url, logger);
  });
  beforeEach(async () => {
    warnings.length = 0;
    await redis.client.flushall();
  });
  afterAll(async () => {
    await one.close();
    await other.close();
    await redis.dispose();
  });

  test('is the state that was committed step by step, whoever loads it, and goes on under a new owner', async () => {
    const history = fc.array(step, { minLength: 1, maxLength: 25 });
    await fc.assert(
      fc.asyncProperty(history, async (steps) => {
        await redis.client.flushall();
        let owner = one;
        let grown = growing();
        let revision = await owner.commit(0, undefined, grown.commit());
        for (const next of steps) {
          if ('takeOver' in next) {
            owner = owner === one ? other : one;
            grown = await takenOver(owner);
          } else if ('pass' in next) grown.pass(next.pass);
          else grown.grow(next.grow);
          revision = await owner.commit(0, revision, grown.commit());
          expect(revision).toBeTypeOf('string');
          expect(await loadedDigest(owner === one ? other : one)).toBe(stateDigest(grown.state));
        }
        // nothing lies around that no head names
        const parts = JSON.parse((await redis.client.hget('test:{0}:state', 'parts')) ?? '[]') as unknown[];
        expect(await redis.client.dbsize()).toBe(1 + parts.length);
      }),
      { numRuns: 30 },
    );
  }, 60_000);

  test('refuses whoever does not know the newest revision, changes nothing for it, and lets it load again', async () => {
    const grown = growing();
    grown.grow(20);
    const first = await one.commit(0, undefined, grown.commit());
    const zombie = await takenOver(other);
    expect(zombie.revision).toBe(first);
    grown.grow(5);
    const second = await one.commit(0, first, grown.commit());
    expect(second).not.toBe(first);
    const before = await contentOf(redis);
    zombie.grow(7);
    expect(await other.commit(0, first, zombie.commit())).toBeUndefined();
    const late = growing();
    late.grow(3);
    expect(await other.commit(0, undefined, late.commit())).toBeUndefined();
    expect(await contentOf(redis)).toEqual(before);
    const again = await takenOver(other);
    again.grow(1);
    const third = await other.commit(0, second, again.commit());
    expect(third).toBeTypeOf('string');
    expect(await loadedDigest(one)).toBe(stateDigest(again.state));
  });

  test('takes of two owners who begin at the same time exactly one', async () => {
    const states = [growing(), growing()];
    for (const [n, grown] of states.entries()) grown.grow(10 + n);
    const [a, b] = await Promise.all([
      one.commit(3, undefined, states[0]!.commit()),
      other.commit(3, undefined, states[1]!.commit()),
    ]);
    expect([a, b].filter((revision) => revision === undefined)).toHaveLength(1);
    expect(await loadedDigest(one, 3)).toBe(stateDigest(states[a === undefined ? 1 : 0]!.state));
  });

  test('writes a large state in pieces, which stay once the head is there and go by themselves if it never is', async () => {
    const grown = growing();
    grown.grow(6000);
    const first = grown.commit();
    const revision = await one.commit(0, undefined, first);
    const names = await redis.client.keys('test:{0}:*');
    const sizes = [...first.changes.added.values()].flat().map(({ length }) => length);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeGreaterThan(1_000_000);
    for (const name of names) expect(await redis.client.ttl(name)).toBe(-1);
    expect(await loadedDigest(other)).toBe(stateDigest(grown.state));
    // a second beginner writes its pieces beside, and learns that it is not wanted
    const late = growing();
    late.grow(6000);
    expect(await other.commit(0, undefined, late.commit())).toBeUndefined();
    const more = (await redis.client.keys('test:{0}:*')).filter((name) => !names.includes(name));
    expect(more.length).toBeGreaterThan(3);
    for (const name of more) {
      const ttl = await redis.client.ttl(name);
      expect(ttl).toBeGreaterThan(3000);
      expect(ttl).toBeLessThanOrEqual(3600);
    }
    grown.grow(1);
    expect(await one.commit(0, revision, grown.commit())).toBeTypeOf('string');
    expect(await loadedDigest(other)).toBe(stateDigest(grown.state));
  });

  test('replaces a state by one that begins anew, and deletes what belonged to the old one', async () => {
    const grown = growing();
    grown.grow(50);
    const revision = await one.commit(0, undefined, grown.commit());
    const old = new Set((await redis.client.keys('test:{0}:*')).filter((name) => !name.endsWith(':state')));
    const anew = growing();
    anew.grow(20);
    await other.load(0);
    expect(await other.commit(0, revision, anew.commit())).toBeTypeOf('string');
    expect((await redis.client.keys('*')).filter((name) => old.has(name))).toEqual([]);
    expect(await loadedDigest(one)).toBe(stateDigest(anew.state));
  });

  test('that was flushed is none, and the owner who does not know it yet cannot write behind it', async () => {
    const grown = growing();
    grown.grow(20);
    const revision = await one.commit(0, undefined, grown.commit());
    await redis.client.flushall();
    grown.grow(1);
    expect(await one.commit(0, revision, grown.commit())).toBeUndefined();
    expect(await redis.client.dbsize()).toBe(0);
    expect(await one.load(0)).toBeUndefined();
    const anew = growing();
    expect(await one.commit(0, undefined, anew.commit())).toBeTypeOf('string');
  });

  test.each([
    ['a byte of a part', async (key: string) => void (await redis.client.lset(key, 0, 'x'))],
    ['a part', async (key: string) => void (await redis.client.del(key))],
    ['the last piece of a part', async (key: string) => void (await redis.client.rpop(key))],
    ['the list of parts', async () => void (await redis.client.hset('test:{0}:state', 'parts', '[["ids'))],
    ['a field', async () => void (await redis.client.hdel('test:{0}:state', 'anchor'))],
    ['the offset', async () => void (await redis.client.hset('test:{0}:state', 'offset', '-1'))],
  ])('whose damage is %s is as good as none: it is told, and a new one takes its place', async (_, damage) => {
    const grown = growing();
    grown.grow(30);
    await one.commit(0, undefined, grown.commit());
    const [part = ''] = (await redis.client.keys('test:{0}:*:trials.0')) as string[];
    await damage(part);
    expect(await other.load(0)).toBeUndefined();
    expect(warnings).toEqual(['damaged state ignored']);
    const anew = growing();
    anew.grow(10);
    expect(await other.commit(0, undefined, anew.commit())).toBeTypeOf('string');
    expect(await loadedDigest(one)).toBe(stateDigest(anew.state));
  });

  test('is not added to where a part is not as it was left', async () => {
    const grown = growing();
    grown.grow(30);
    const revision = await other.commit(0, undefined, grown.commit());
    await redis.client.del((await redis.client.keys('test:{0}:*:trials.0'))[0] ?? '');
    const before = await contentOf(redis);
    grown.grow(1);
    expect(await other.commit(0, revision, grown.commit())).toBeUndefined();
    expect(await contentOf(redis)).toEqual(before);
    expect(warnings).toEqual(['parts of a state are not as they were left']);
  });

  test('shows where each partition stands without being loaded', async () => {
    const grown = growing();
    grown.grow(4);
    const revision = await one.commit(2, undefined, grown.commit());
    const mark = { revision, log: 'log-1', offset: 8, totals: '{"at":8}' };
    expect(await other.marks([1, 2])).toEqual([undefined, mark]);
    expect(await other.marks([])).toEqual([]);
  });

  test('shows posteriors to people, and arms that are gone no more', async () => {
    await one.showPosteriors('checkout', { green: '.5', blue: '.5' });
    await one.showPosteriors('checkout', { green: '1' });
    const shown = await redis.client.hgetall('test:posterior:checkout');
    expect(shown).toEqual({ green: '1', updated_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) });
  });

  test('takes no changes to a state that it does not know, and says that it has to be loaded', async () => {
    const grown = growing();
    grown.grow(1);
    const revision = await one.commit(0, undefined, grown.commit());
    grown.grow(1);
    const before = await contentOf(redis);
    expect(await other.commit(0, revision, grown.commit())).toBeUndefined();
    expect(warnings).toEqual(['changes to a state that is not known here: it is loaded again']);
    expect(await contentOf(redis)).toEqual(before);
  });

  test('that was loaded while a commit to it was on its way is the one that is gone on from', async () => {
    const grown = growing();
    grown.grow(1);
    const first = await other.commit(0, undefined, grown.commit());
    grown.grow(1);
    const committing = other.commit(0, first, grown.commit());
    const loading = takenOver(other);
    const [second, again] = await Promise.all([committing, loading]);
    expect([first, second]).toContain(again.revision);
    again.grow(1);
    const third = await other.commit(0, again.revision, again.commit());
    expect(third === undefined).toBe(again.revision === first);
    const newest = await takenOver(other);
    newest.grow(1);
    expect(await other.commit(0, newest.revision, newest.commit())).toBeTypeOf('string');
    expect(await loadedDigest(one)).toBe(stateDigest(newest.state));
  });
});
