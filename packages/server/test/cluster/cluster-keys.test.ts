import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeToken, verifyToken } from '@armature/sdk/protocol';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { silent } from '../../src/adapters/loggers.js';
import { clusterKeys } from '../../src/cluster/cluster-keys.js';

const KEYS = ['a-key-that-all-servers-have', 'another-key-of-theirs'];
const CLAIMS = {
  ...{ experiment: 'hero', arm: 'a', propensity: 0.5, snapshot: '1.1', definition: `sha256:${'0'.repeat(64)}` },
  ...{ decision: '01990000-0000-7000-8000-000000000001', issued: 1_760_000_000_000 },
};
let folders: string[] = [];
beforeEach(async () => {
  folders = await Promise.all([0, 1].map(() => mkdtemp(join(tmpdir(), 'armature-keys-'))));
});
afterEach(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))));

test('a token that one server made is taken by another, in whatever order they were given their keys', async () => {
  const [one = '', other = ''] = folders;
  const maker = await clusterKeys(KEYS, one, silent);
  const taker = await clusterKeys([...KEYS].reverse(), other, silent);
  const token = encodeToken(CLAIMS, maker.signingKey);
  expect(maker.tokenKeys).not.toBe('open');
  expect(verifyToken(token, taker.tokenKeys)).toMatchObject({ ok: true, claims: CLAIMS });
});
