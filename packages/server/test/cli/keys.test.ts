import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { digestOf } from '../../src/keys/api-key.js';
import { cli, folderOf } from './recorded-terminal.js';

const create = (data: string, ...more: string[]) =>
  cli(['keys', 'create', '--kind', 'server', '--name', 'checkout', '--data', data, ...more]);
const textOf = (data: string): string => readFileSync(join(data, 'keys.json'), 'utf8');

describe('armature keys', () => {
  test('prints a key once, readable in kind and kid, and keeps its hash alone, for the owner alone', async () => {
    const data = join(folderOf(), 'data');
    const { out, err, code } = await create(data);
    expect(code).toBe(0);
    const key = out.trim();
    expect(key).toMatch(/^ak_server_[0-9a-f]{8}_[0-9a-f]{64}$/);
    const kid = key.split('_')[2] ?? '';
    expect(err).toContain(`server key ${kid} of checkout`);
    expect(err).not.toContain(key);
    expect(textOf(data)).not.toContain(key.slice(-64));
    expect(textOf(data)).toContain(digestOf(key).toString('hex'));
    expect(statSync(join(data, 'keys.json')).mode & 0o777).toBe(0o600);
    const list = await cli(['keys', 'list', '--data', data]);
    expect(list.out).toContain(`${kid}  server  checkout  2026-11-24T13:00:00.000Z  -        -`);
    expect(list.out).not.toContain(key.slice(-64));
  });

  test('as JSON it is the record with the key, and the list is the records without it or its hash', async () => {
    const data = folderOf();
    const made = JSON.parse((await create(data, '--json')).out) as { kid: string; key: string };
    expect(made).toEqual({
      kid: made.key.split('_')[2],
      kind: 'server',
      name: 'checkout',
      created: '2026-11-24T13:00:00.000Z',
      key: made.key,
    });
    const { key: _key, ...record } = made;
    expect(JSON.parse((await cli(['keys', 'list', '--data', data, '--json'])).out)).toEqual([record]);
    const revoked = await cli(['keys', 'revoke', made.kid, '--data', data, '--json']);
    expect(JSON.parse(revoked.out)).toEqual({ ...record, revoked: '2026-11-24T13:00:00.000Z' });
  });

  test('two keys of a name may live; the third is refused until one is revoked, and nothing changed by it', async () => {
    const data = folderOf();
    const first = (await create(data)).out.split('_')[2] ?? '';
    await create(data);
    const before = textOf(data);
    const third = await create(data);
    expect(third).toMatchObject({ code: 1, out: '' });
    expect(third.err).toContain('KEY_INVALID: such a key is not made, got 2 live keys named checkout');
    expect(third.err).toContain(first);
    expect(textOf(data)).toBe(before);
    expect((await cli(['keys', 'revoke', first, '--data', data])).out).toBe(
      `server key ${first} of checkout is revoked since 2026-11-24T13:00:00.000Z\n`,
    );
    expect((await create(data)).code).toBe(0);
  });

  test('commands at the same time lose none of the keys', async () => {
    const data = folderOf();
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    await Promise.all(names.map((name) => cli(['keys', 'create', '--kind', 'read', '--name', name, '--data', data])));
    const keys = JSON.parse((await cli(['keys', 'list', '--data', data, '--json'])).out) as { name: string }[];
    expect(keys.map(({ name }) => name).sort()).toEqual(names);
    expect(existsSync(join(data, 'keys.json.lock'))).toBe(false);
  });

  test.each([
    [['create', '--kind', 'server'], 64, '--name'],
    [['create', '--kind', 'root', '--name', 'x'], 64, 'Allowed choices are server, browser, read, admin.'],
    [['create', '--kind', 'server', '--name', 'No Name'], 1, 'KEY_INVALID'],
    [['create', '--kind', 'browser', '--name', 'shop'], 1, 'a browser key without origins'],
    [['create', '--kind', 'browser', '--name', 'shop', '--origin', '*'], 1, 'is no origin such as'],
    [
      ['create', '--kind', 'browser', '--name', 'shop', '--origin', 'https://a.example/x'],
      1,
      'is not the origin itself',
    ],
    [['create', '--kind', 'browser', '--name', 'shop', '--origin', 'null'], 1, 'is no origin such as'],
    [['create', '--kind', 'read', '--name', 'bi', '--origin', 'https://a.example'], 1, 'origins of a read key'],
    [['revoke', 'ffffffff'], 1, 'KEY_UNKNOWN'],
  ])('%j ends with %i and says why, and makes no key', async (args, code, message) => {
    const data = folderOf();
    const outcome = await cli(['keys', ...args, '--data', data]);
    expect(outcome).toMatchObject({ code, out: '' });
    expect(outcome.err).toContain(message);
    expect(JSON.parse((await cli(['keys', 'list', '--data', data, '--json'])).out)).toEqual([]);
  });

  test.each([
    ['{', 'no JSON'],
    ['[]', 'a fault at its root'],
    ['{"schema":1,"keys":[{"kid":"x"}]}', 'a fault at keys.0.'],
    ['{"schema":2,"keys":[]}', 'a fault at schema'],
  ])('a damaged file of keys %s is refused, not read as none', async (text, message) => {
    const data = folderOf({ 'keys.json': text });
    for (const args of [['list'], ['revoke', 'ffffffff'], ['create', '--kind', 'read', '--name', 'x']]) {
      const { code, err } = await cli(['keys', ...args, '--data', data]);
      expect({ code, err }).toEqual({ code: 1, err: expect.stringMatching(/^KEY_FILE_INVALID: /) });
      expect(err).toContain(message);
    }
    expect(textOf(data)).toBe(text);
  });

  test('a key whose text the file held by mistake is not told by the error', async () => {
    const data = folderOf();
    const key = (await create(data)).out.trim();
    writeFileSync(join(data, 'keys.json'), textOf(data).replace('"kid":', `"${key}":`));
    const { err } = await cli(['keys', 'list', '--data', data]);
    expect(err).toContain('KEY_FILE_INVALID');
    expect(err).not.toContain(key);
  });
});
