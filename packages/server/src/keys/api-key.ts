import { createHash, randomBytes } from 'node:crypto';

/** What a key is for. Each route says which kinds may call it. */
export const KEY_KINDS = ['server', 'browser', 'read', 'admin'] as const;
export type KeyKind = (typeof KEY_KINDS)[number];

/** A key of which its hash is known: enough to recognise it, and to verify the tokens that it signed. */
export interface ApiKey {
  /** Names the key in its text, in the list of keys and in the tokens that it signs: 8 hexadecimal digits. */
  readonly kid: string;
  readonly kind: KeyKind;
  readonly name: string;
  /** SHA-256 of the text, 32 bytes. */
  readonly digest: Buffer;
  /** Origins whose pages may use a browser key. */
  readonly origins: readonly string[];
}

const TEXT = /^ak_(server|browser|read|admin)_([0-9a-f]{8})_[0-9a-f]{64}$/;

/** SHA-256 of a key's text. A key has 256 random bits, so that a slow hash would add nothing. */
export function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** A new key: `ak_<kind>_<kid>_<64 hexadecimal digits>`, its kid and its 256 secret bits drawn by the system. */
export function makeKey(kind: KeyKind): { readonly kid: string; readonly text: string } {
  const kid = randomBytes(4).toString('hex');
  return { kid, text: `ak_${kind}_${kid}_${randomBytes(32).toString('hex')}` };
}

/** Kind and kid of a text that `makeKey` made; undefined for any other. */
export function readKeyText(text: string): { readonly kind: KeyKind; readonly kid: string } | undefined {
  const [, kind, kid] = TEXT.exec(text) ?? [];
  return kind === undefined || kid === undefined ? undefined : { kind: kind as KeyKind, kid };
}
