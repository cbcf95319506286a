import { stateDigest } from '@armature/analysis/fold';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeWith } from '../../../../test/environment.js';
import type { SharedState } from '../../src/cluster/ports.js';
import { growing, loadedDigest, openAt, takenOver } from './kept-history.js';
import { type RedisProcess, redisProcess } from './redis-process.js';

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describeWith('redisServer', 'a state that is loaded while it is written', () => {
  let redis: RedisProcess;
  let owner: SharedState;
  const readers: SharedState[] = [];
  beforeAll(async () => {
    redis = await redisProcess();
    owner = await openAt(redis.url);
    for (let n = 0; n < 3; n += 1) readers.push(await openAt(redis.url));
  });
  afterAll(async () => {
    for (const shared of [owner, ...readers]) await shared.close();
    await redis.dispose();
  });

  test('is one that was committed, also while parts of it go and while it is replaced whole', async () => {
    const committed = new Set<string>();
    let writing = true;
    let grown = growing();
    grown.grow(3000);
    committed.add(stateDigest(grown.state));
    let revision = await owner.commit(0, undefined, grown.commit());
    const write = async (): Promise<void> => {
      for (let n = 0; n < 60; n += 1) {
        if (n % 20 === 19) {
          grown = growing();
          grown.grow(2000 + n);
        } else if (n % 5 === 4) grown.pass(300);
        else grown.grow(30);
        committed.add(stateDigest(grown.state)); // it may be seen before its writer knows that it is there
        revision = await owner.commit(0, revision, grown.commit());
        expect(revision).toBeTypeOf('string');
        await sleep(40); // an owner waits for a second
      }
      writing = false;
    };
    const seen = new Set<string>();
    const read = async (shared: SharedState): Promise<void> => {
      while (writing) {
        const digest = await loadedDigest(shared);
        expect(committed).toContain(digest);
        seen.add(digest ?? '');
      }
    };
    await Promise.all([write(), ...readers.map(read)]);
    expect(seen.size).toBeGreaterThan(5);
    expect(await loadedDigest(readers[0]!)).toBe(stateDigest(grown.state));
  }, 60_000);

  test('by many who all commit what they made of it goes forward by one of them at a time', async () => {
    const begun = growing();
    begun.grow(10);
    await owner.commit(1, undefined, begun.commit());
    const wins: string[] = [];
    const compete = async (shared: SharedState): Promise<void> => {
      for (let n = 0; n < 15; n += 1) {
        const own = await takenOver(shared, 1);
        own.grow(2);
        const before = own.revision;
        const revision = await shared.commit(1, before, own.commit());
        if (revision !== undefined) wins.push(`${before} ${revision}`);
      }
    };
    await Promise.all(readers.map(compete));
    expect(wins.length).toBeGreaterThanOrEqual(15);
    // each revision was replaced once, and all of them form one chain of 4 records each
    expect(new Set(wins.map((win) => win.split(' ')[0])).size).toBe(wins.length);
    expect((await owner.marks([1]))[0]?.offset).toBe(20 + 4 * wins.length);
  }, 30_000);
});
