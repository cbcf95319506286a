import { expect, test } from 'vitest';
import { silent } from '../src/adapters/loggers.js';
import { digestOf, makeKey } from '../src/keys/api-key.js';
import type { KeyRecord } from '../src/keys/key-records.js';
import { openKeyRing } from '../src/keys/key-ring.js';

test('the first key closes an open server also where its signing key cannot be kept', async () => {
  const { kid, text } = makeKey('server');
  const sha256 = digestOf(text).toString('hex');
  const record: KeyRecord = { kid, kind: 'server', name: 'shop', sha256, created: '2026-11-24T00:00:00.000Z' };
  let made = false;
  let full = true;
  const ring = await openKeyRing({
    configured: [],
    read: async () => (made ? [record] : undefined),
    kept: () =>
      full ? Promise.reject(new Error('ENOSPC')) : Promise.resolve({ kid: '00000000', key: new Uint8Array(32) }),
    alwaysSign: false,
    logger: silent,
  });
  expect(ring.closed).toBe(false);
  made = true;
  await ring.refresh();
  expect([ring.closed, ring.find(text)]).toEqual([true, undefined]);
  full = false;
  await ring.refresh(); // once there is room the key works
  expect([ring.closed, ring.find(text)?.kid, ring.signingKey?.kid]).toEqual([true, kid, '00000000']);
});
