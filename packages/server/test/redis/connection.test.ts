import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { describeWith } from '../../../../test/environment.js';
import { freePort } from '../../../../test/faults/server-process.js';
import { systemClock } from '../../src/adapters/clock.js';
import { jsonLogger } from '../../src/adapters/loggers.js';
import { openSharedState } from '../../src/adapters/redis/shared-state.js';
import type { RedisSettings } from '../../src/cluster/ports.js';
import { growing } from './kept-history.js';
import { type RedisProcess, redisProcess } from './redis-process.js';

let redis: RedisProcess | undefined;
let lines: string[] = [];
afterEach(async () => {
  await redis?.dispose();
  redis = undefined;
  lines = [];
});

const open = (settings: Partial<RedisSettings> & { readonly url: string }) =>
  openSharedState(
    { prefix: 'test', ...settings },
    { logger: jsonLogger((line) => lines.push(line), Date.now), clock: systemClock() },
  );

async function works(settings: Partial<RedisSettings> & { readonly url: string }): Promise<void> {
  const shared = await open(settings);
  const grown = growing();
  grown.grow(2);
  expect(await shared.commit(0, undefined, grown.commit())).toBeTypeOf('string');
  expect((await shared.load(0))?.state.offset).toBe(4);
  await shared.close();
  expect(lines).toEqual([]);
}

describeWith('redisServer', 'a connection to Redis', () => {
  test('is made with user and password, in the database that is named', async () => {
    redis = await redisProcess(['--user', 'ann', 'on', '>p@ss/1', '~*', '+@all']);
    const at = `127.0.0.1:${redis.port}`;
    await works({ url: `redis://ann:p%40ss%2F1@${at}/3` });
    await redis.client.select(3);
    expect(await redis.client.exists('test:{0}:state')).toBe(1);
  });

  test.each([
    ['a wrong password', 'ann:secret-1@', 0, /WRONGPASS/],
    ['no password', '', 0, /NOAUTH/],
    ['a database that is not there', ':secret-2@', 99, /DB index/],
  ])('with %s is refused at once, without showing the address whole', async (_, user, db, got) => {
    redis = await redisProcess(['--requirepass', 'secret-2']);
    const opening = open({ url: `redis://${user}127.0.0.1:${redis.port}/${db}` });
    await expect(opening).rejects.toMatchObject({
      code: 'REDIS_SETTINGS_INVALID',
      got: expect.stringMatching(got),
      todo: 'check user, password and database in the address',
    });
    const failure = await opening.catch((cause: unknown) => cause);
    expect(JSON.stringify(failure) + String((failure as Error).stack)).not.toContain('secret');
  });

  test('whose server is not there yet is made as soon as it is, and says so without its password', async () => {
    redis = await redisProcess(['--requirepass', 'secret-3']);
    await redis.kill();
    const shared = await open({ url: `redis://:secret-3@127.0.0.1:${redis.port}` });
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'warn', event: 'Redis does not answer yet' });
    const failure = await shared.load(0).catch((cause: unknown) => cause);
    expect(failure).toMatchObject({ code: 'STATE_UNAVAILABLE', got: 'no connection' });
    let told = 0;
    shared.onReconnect(() => {
      told += 1;
    });
    await redis.start();
    await expect.poll(() => told, { timeout: 10_000 }).toBe(1);
    expect(await shared.load(0)).toBeUndefined();
    await shared.close();
    expect(lines.join()).not.toContain('secret');
  });

  test.each(['redis+sentinel://127.0.0.1:PORT/main', 'redis+cluster://127.0.0.1:PORT'])(
    'to %s of which none answers opens in some seconds, and commands fail at once',
    async (form) => {
      const shared = await open({ url: form.replace('PORT', String(await freePort())) });
      await expect(shared.load(0)).rejects.toMatchObject({ code: 'STATE_UNAVAILABLE' });
      await shared.close();
      expect(lines).toHaveLength(1);
    },
    20_000,
  );

  test('goes over TLS with a certificate of its own, and not without the authority that signed the other side', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'armature-tls-'));
    const name = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
    const [key, cert] = ['key.pem', 'cert.pem'].map((file) => join(folder, file)) as [string, string];
    const made = spawnSync('openssl', [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-days',
      '2',
      '-keyout',
      key,
      '-out',
      cert,
      ...name,
    ]);
    expect(made.status).toBe(0);
    const tlsPort = await freePort();
    const files = ['--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', cert];
    redis = await redisProcess(['--tls-port', `${tlsPort}`, ...files]);
    const [ca, pem] = [cert, key].map((file) => readFileSync(file, 'utf8')) as [string, string];
    await works({ url: `rediss://localhost:${tlsPort}`, tls: { ca, cert: ca, key: pem } });
    const shared = await open({ url: `rediss://localhost:${tlsPort}` });
    await expect(shared.load(0)).rejects.toMatchObject({ code: 'STATE_UNAVAILABLE' });
    expect(lines[0]).toContain('self-signed certificate');
    await shared.close();
    rmSync(folder, { recursive: true });
  }, 20_000);
});
