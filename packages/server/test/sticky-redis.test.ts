import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { createClient } from '@armature/sdk';
import { redisStickyStore } from '@armature/sdk/redis';
import { stickyAssignment } from '@armature/sdk/sticky';
import { expect, test } from 'vitest';
import { builtBinary } from '../../../test/built.js';
import { describeWith } from '../../../test/environment.js';
import { sharedRedis } from '../../../test/provisioned.js';
import { workspace } from './workspace.js';

const BINARY = builtBinary();
const FILE = 'experiment: shop\narms: [a, b]\nassign: sticky\nreward: buys\n';

describeWith('redis', 'a server and a client that share a Redis', () => {
  test('give a unit the same arm, whichever of the two is asked first', async () => {
    const redis = await sharedRedis();
    const space = await workspace({ 'a.yaml': FILE });
    const flags = ['serve', '--experiments', space.experiments, '--data', space.data, '--port', '0'];
    const child = spawn(process.execPath, [BINARY, ...flags, '--sticky', redis], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (chunk) => {
      said += String(chunk);
    });
    try {
      const [line] = (await once(child.stdout, 'data')) as [Buffer];
      const url = /http:\/\/[\d.:]+/.exec(String(line))?.[0] ?? '';
      const store = redisStickyStore({ url: redis });
      const client = createClient({ url, sticky: stickyAssignment(store), refresh: 'manual' });
      await client.ready();
      const asked = async (unit: string) => {
        const body = JSON.stringify({ unit });
        const response = await fetch(`${url}/v1/decide`, {
          ...{ method: 'POST', body, headers: { 'content-type': 'application/json' } },
        });
        const { decisions } = (await response.json()) as {
          decisions: { arm: string; reason: string; error?: string }[];
        };
        return decisions[0]!;
      };
      const own = async (unit: string) => {
        await client.prefetch(unit);
        const { arm, reason, error } = client.decide('shop', { unit });
        await client.flush();
        return { arm, reason, ...(error === undefined ? {} : { error }) };
      };
      const seen = new Set<string>();
      for (let i = 0; i < 40; i += 1) {
        const unit = `u-${process.pid}-${i}`;
        const [first, second] = i % 2 === 0 ? [own, asked] : [asked, own];
        const drawn = await first(unit);
        expect(drawn).toMatchObject({ reason: 'split' });
        expect(await second(unit)).toMatchObject({ arm: drawn.arm, reason: 'sticky' });
        seen.add(drawn.arm);
      }
      expect(seen.size).toBe(2);
      const refused = ['decide', 'shop', '--unit', 'u-1', '--url', url, '--log'];
      await expect(promisify(execFile)(process.execPath, [BINARY, ...refused])).rejects.toMatchObject({
        stderr: expect.stringContaining('--log for shop, which is assign: sticky, POST /v1/decide'),
      });
      const { dropped, queued } = await client.close();
      expect([dropped.rejected, queued]).toEqual([0, 0]);
      await store.close();
      const ended = once(child, 'close');
      child.kill('SIGTERM');
      expect(await ended).toEqual([0, null]);
      expect(said).not.toContain('STICKY');
    } finally {
      child.kill('SIGKILL');
      await space.dispose();
    }
  });
});

test('an address that is no Redis is refused before the server starts', async () => {
  const child = spawn(process.execPath, [BINARY, 'serve', '--sticky', 'localhost:6379'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += String(chunk);
  });
  expect(await once(child, 'close')).toEqual([78, null]);
  expect(said).toContain('a Redis address that is none, write redis://host:6379');
});
