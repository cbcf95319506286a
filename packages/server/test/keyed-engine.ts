import { changeKeyFile } from '../src/adapters/key-file.js';
import { disk } from '../src/index.js';
import { digestOf, KEY_KINDS, type KeyKind, makeKey } from '../src/keys/api-key.js';
import { withKey, withoutKey } from '../src/keys/key-records.js';

/** Origin that the browser key of `makeKeys` names. */
export const ORIGIN = 'https://shop.example';
export type KeyName = KeyKind | 'revoked';

/** Makes a key of each kind in a data directory, and one that is revoked. Their texts. */
export async function makeKeys(data: string): Promise<Readonly<Record<KeyName, string>>> {
  const texts: [KeyName, string][] = [];
  for (const name of [...KEY_KINDS, 'revoked'] as const) {
    const kind = name === 'revoked' ? 'admin' : name;
    const { kid, text } = makeKey(kind);
    const created = '2026-11-24T00:00:00.000Z';
    const origins = kind === 'browser' ? { origins: [ORIGIN] } : {};
    const sha256 = digestOf(text).toString('hex');
    await changeKeyFile(disk(), data, (keys) => withKey(keys, { kid, kind, name, sha256, created, ...origins }));
    if (name === 'revoked') await changeKeyFile(disk(), data, (keys) => withoutKey(keys, kid, created));
    texts.push([name, text]);
  }
  return Object.fromEntries(texts) as Record<KeyName, string>;
}
