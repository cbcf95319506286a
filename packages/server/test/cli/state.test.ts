import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeWith } from '../../../../test/environment.js';
import type { SharedState } from '../../src/cluster/ports.js';
import { growing, openAt } from '../redis/kept-history.js';
import { redisCluster } from '../redis/redis-cluster.js';
import { type RedisProcess, redisProcess } from '../redis/redis-process.js';
import { cli } from './recorded-terminal.js';

const PASSWORD = 'not-shown';

describeWith('redisServer', 'armature state', () => {
  let redis: RedisProcess;
  let shared: SharedState;
  const revisions: (string | undefined)[] = [];
  const variables = (): { readonly [name: string]: string } => ({
    ARMATURE_REDIS_URL: `redis://:${PASSWORD}@127.0.0.1:${redis.port}`,
  });
  beforeAll(async () => {
    redis = await redisProcess(['--requirepass', PASSWORD]);
    shared = await openAt(`redis://:${PASSWORD}@127.0.0.1:${redis.port}`, undefined, 'armature');
  });
  afterAll(async () => {
    await shared.close();
    await redis.dispose();
  });

  test('says that nothing is kept yet', async () => {
    const { out, err, code } = await cli(['state'], { variables: variables() });
    expect([out, err, code]).toEqual(['nothing is kept under the prefix armature yet\n', '', 0]);
  });

  test('prints how far each partition has come, and the posteriors', async () => {
    for (const [p, pairs] of [
      [0, 40],
      [10, 1000],
    ] as const) {
      const grown = growing();
      grown.grow(pairs);
      revisions.push(await shared.commit(p, undefined, grown.commit()));
    }
    await shared.showPosteriors('checkout', {
      version: '1.4',
      metric: 'purchase',
      'arm:green': '{"trials":1200,"rewarded":60,"mean":1,"weight":0.25}',
      'arm:blue': '{"trials":900,"rewarded":70,"mean":0.123456789}',
    });
    await shared.showPosteriors('other', { note: 'x' });
    const { out, err, code } = await cli(['state'], { variables: variables() });
    expect([err, code]).toEqual(['', 0]);
    const lines = out.split('\n');
    expect(lines[0]).toMatch(/^partition +offset +watermark +ids +parts +bytes +revision +log$/);
    expect(lines[1]).toMatch(/^ +0 +80 +2026-01-01T00:00:00.040Z +\d+ +\d+ +[\d,]+ +\S+\.1 +log-1$/);
    expect(lines[2]).toMatch(/^ +10 +2,000 +2026-01-01T00:00:01.000Z +[\d,]+ +\d+ +[\d,]+ +\S+\.2 +log-1$/);
    expect(lines.slice(3)).toEqual([
      '',
      expect.stringMatching(/^checkout {2}version 1\.4 {2}metric purchase {2}as of \d{4}-\S+Z$/),
      '  arm    trials  rewarded      mean  weight',
      '  blue      900        70  0.123457       -',
      '  green   1,200        60         1    0.25',
      '',
      expect.stringMatching(/^other {2}note x {2}as of /),
      '',
    ]);
  });

  test('prints the same as JSON, with the ids that are remembered counted', async () => {
    const { out } = await cli(['state', '--json'], { variables: variables() });
    const { partitions, posteriors } = JSON.parse(out);
    expect(partitions.map(({ partition, revision, readable }: never) => [partition, revision, readable])).toEqual([
      [0, revisions[0], true],
      [10, revisions[1], true],
    ]);
    // each of 1000 pairs has its decision's id and its reward's, each of them also in its experiment, and units
    expect(partitions[1].ids).toBeGreaterThan(2000);
    expect(partitions[1].bytes).toBeGreaterThan(12 * partitions[1].ids);
    expect(posteriors[0]).toMatchObject({ experiment: 'checkout', fields: { version: '1.4' } });
    expect(out).not.toContain(PASSWORD);
  });

  test('shows one experiment alone, and names those that there are for another', async () => {
    const { out } = await cli(['state', 'other'], { variables: variables() });
    expect(out).toMatch(/^other {2}note x/);
    const { err, code } = await cli(['state', 'nosuch'], { variables: variables() });
    expect([err, code]).toEqual([expect.stringContaining('got "nosuch", name one of: checkout, other'), 1]);
  });

  test('shows a head that it cannot read as such', async () => {
    await redis.client.hset('armature:{10}:state', 'layout', '999');
    const { out } = await cli(['state'], { variables: variables() });
    expect(out.split('\n')[2]).toMatch(/^ +10 +- +- +- +- +- +\S+ +damaged, or of another version$/);
  });

  test('tells what to do where Redis is not named, not there, or wants another password', async () => {
    const nameless = await cli(['state']);
    expect([nameless.err, nameless.code]).toEqual([expect.stringContaining('give --redis redis://host:6379'), 1]);
    const wrong = await cli(['state', '--redis', `redis://127.0.0.1:${redis.port}`]);
    expect(wrong.err).toContain('check user, password and database in the address');
    const url = variables().ARMATURE_REDIS_URL ?? '';
    await redis.kill();
    const away = await cli(['state'], { variables: { ARMATURE_REDIS_URL: url } });
    expect(away.err).toContain(`no connection, at redis://127.0.0.1:${redis.port}, check the address`);
    expect([away.code, away.err.includes(PASSWORD)]).toEqual([1, false]);
  });

  test('finds the partitions of a cluster on all its nodes', async () => {
    const cluster = await redisCluster();
    const owner = await openAt(cluster.url, undefined, 'armature');
    for (const p of [0, 1, 2, 3, 4, 5]) await owner.commit(p, undefined, growing().commit());
    await owner.showPosteriors('checkout', { note: 'x' });
    const { out } = await cli(['state', '--json', '--redis', cluster.url]);
    const { partitions, posteriors } = JSON.parse(out);
    expect(partitions.map(({ partition }: never) => partition)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(posteriors).toHaveLength(1);
    await owner.close();
    await cluster.dispose();
  }, 30_000);
});
