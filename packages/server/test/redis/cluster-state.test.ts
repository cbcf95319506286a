import { stateDigest } from '@armature/analysis/fold';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeWith } from '../../../../test/environment.js';
import type { SharedState } from '../../src/cluster/ports.js';
import { growing, insist, loadedDigest, openAt } from './kept-history.js';
import { type RedisCluster, redisCluster } from './redis-cluster.js';
import type { RedisProcess } from './redis-process.js';

const PARTITIONS = Array.from({ length: 16 }, (_, n) => n);

describeWith('redisServer', 'a Redis cluster', () => {
  let cluster: RedisCluster;
  let one: SharedState;
  let other: SharedState;
  const grown = PARTITIONS.map(() => growing());
  const revisions: (string | undefined)[] = [];
  beforeAll(async () => {
    cluster = await redisCluster();
    one = await openAt(cluster.url);
    other = await openAt(cluster.url);
  }, 60_000);
  afterAll(async () => {
    await one.close();
    await other.close();
    await cluster.dispose();
  });
  const slotOf = async (key: string): Promise<number> =>
    Number(await cluster.nodes[0]!.client.call('cluster', 'keyslot', key));

  test('holds each partition on one node, in one slot, and the partitions on all', async () => {
    for (const p of PARTITIONS) {
      grown[p]!.grow(5 + p);
      revisions[p] = await one.commit(p, undefined, grown[p]!.commit());
      grown[p]!.grow(2);
      revisions[p] = await one.commit(p, revisions[p], grown[p]!.commit());
      expect(await loadedDigest(other, p)).toBe(stateDigest(grown[p]!.state));
    }
    const slots = new Map<string, Set<number>>();
    for (const { client } of cluster.nodes) {
      const keys = await client.keys('test:{*');
      expect(keys.length).toBeGreaterThan(0);
      for (const key of keys) {
        const partition = /\{(\d+)\}/.exec(key)?.[1] ?? '';
        slots.set(partition, (slots.get(partition) ?? new Set()).add(await slotOf(key)));
      }
    }
    expect(slots.size).toBe(PARTITIONS.length);
    for (const own of slots.values()) expect(own.size).toBe(1);
    const marks = await other.marks(PARTITIONS);
    expect(marks.map((mark) => mark?.revision)).toEqual(revisions);
    await one.showPosteriors('checkout', { green: '.5' });
    await one.showPosteriors('another', { red: '.5' });
  });

  test('refuses the stale writer there as well', async () => {
    const stale = growing();
    stale.grow(1);
    expect(await other.commit(3, undefined, stale.commit())).toBeUndefined();
    expect(await loadedDigest(one, 3)).toBe(stateDigest(grown[3]!.state));
  });

  test('may move a slot while its partition is committed to: nothing is torn, and the owner finds it', async () => {
    const p = 5;
    const key = `test:{${p}}:state`;
    const slot = await slotOf(key);
    const from = await cluster.nodeOf(slot);
    const to = cluster.nodes.find((node) => node !== from)!;
    const [fromId, toId] = await Promise.all([from, to].map(({ client }) => client.call('cluster', 'myid')));
    await to.client.call('cluster', 'setslot', slot, 'importing', String(fromId));
    await from.client.call('cluster', 'setslot', slot, 'migrating', String(toId));
    const keys = (await from.client.call('cluster', 'getkeysinslot', slot, 1000)) as string[];
    expect(keys.length).toBeGreaterThan(3);
    const move = (name: string) => from.client.call('migrate', '127.0.0.1', to.port, name, 0, 5000);
    // the head is there already, some parts are not
    await move(key);
    await move(keys.find((name) => name !== key)!);
    grown[p]!.grow(4);
    const commit = grown[p]!.commit();
    const committing = insist(() => one.commit(p, revisions[p], commit));
    await new Promise((resolve) => setTimeout(resolve, 500));
    for (const name of keys) await move(name);
    for (const { client } of cluster.nodes) await client.call('cluster', 'setslot', slot, 'node', String(toId));
    revisions[p] = await committing;
    expect(revisions[p]).toBeTypeOf('string');
    expect(await cluster.nodeOf(slot)).toBe(to);
    expect(await loadedDigest(other, p)).toBe(stateDigest(grown[p]!.state));
  }, 30_000);

  test('of which a node is away fails for its partitions alone, and tells when it is back', async () => {
    const nodes = await Promise.all(PARTITIONS.map(async (p) => cluster.nodeOf(await slotOf(`test:{${p}}:state`))));
    const [, node] = nodes as [RedisProcess, RedisProcess];
    let told = 0;
    other.onReconnect(() => {
      told += 1;
    });
    await other.load(1);
    const before = told;
    await node.kill();
    await expect(other.load(1)).rejects.toMatchObject({ code: 'STATE_UNAVAILABLE' });
    const others = PARTITIONS.filter((p) => nodes[p] !== node);
    expect(others.length).toBeGreaterThan(5);
    for (const p of others) expect(await loadedDigest(other, p)).toBe(stateDigest(grown[p]!.state));
    await node.start();
    // an owner looks at its mark every second
    const look = () =>
      other.marks([1]).then(
        () => told,
        () => told,
      );
    await expect.poll(look, { timeout: 20_000 }).toBeGreaterThan(before);
    await expect.poll(() => other.load(1).catch((cause) => cause), { timeout: 20_000 }).toBeUndefined();
  }, 60_000);
});
