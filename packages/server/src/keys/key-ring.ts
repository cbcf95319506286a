import { timingSafeEqual } from 'node:crypto';
import { type TokenKey, tokenKey, tokenKeyOf } from '@armature/sdk/protocol';
import { serverError } from '../errors.js';
import type { Logger } from '../ports.js';
import { type ApiKey, digestOf, type KeyKind, readKeyText } from './api-key.js';
import type { KeyRecord } from './key-records.js';

/** How often the keys of the data directory are read, ms. */
export const KEYS_MS = 1000;

/** The keys of a server as they are now. */
export interface KeyRing {
  /** Whether requests need a key. A server that needs one goes on needing one until its process ends. */
  readonly closed: boolean;
  /** Those that are not revoked. */
  readonly keys: readonly ApiKey[];
  /** The live key of this text. Every one is compared, in constant time. */
  find(text: string): ApiKey | undefined;
  /** Keys that tokens are verified with; 'open' where tokens are unsigned. */
  readonly tokenKeys: readonly TokenKey[] | 'open';
  /** Signs the tokens that this process makes itself: it is nobody's API key, so revoking one does not touch them. */
  readonly signingKey: TokenKey | undefined;
  /** Reads the keys of the data directory again. A file that cannot be read changes nothing. */
  refresh(): Promise<void>;
  /** Told of each change. Returns what ends it. */
  onChange(listener: () => void): () => void;
}

export interface KeyRingParts {
  /** Texts of keys that the configuration gives. */
  readonly configured: readonly string[];
  /** Reads the keys of the data directory; undefined where none was ever made. */
  readonly read: () => Promise<readonly KeyRecord[] | undefined>;
  /** The signing key of the data directory, made at first use. */
  readonly kept: () => Promise<TokenKey>;
  /** Whether tokens are signed even where requests need no key. */
  readonly alwaysSign: boolean;
  readonly logger: Logger;
}

/** Kinds whose holders sign tokens. A browser's key is everybody's: what it signs proves nothing. */
const SIGNERS: readonly KeyKind[] = ['server', 'admin'];

/** A configured key may do everything, unless it was made for less. */
function configuredKey(text: string): ApiKey {
  const made = readKeyText(text);
  if (made?.kind === 'browser') {
    throw serverError('KEY_INVALID', {
      got: `the browser key ${made.kid} in the configuration, which names no origins`,
      todo: 'make browser keys with `armature keys create`, which keeps their origins',
    });
  }
  const { kid } = tokenKey(text);
  return { kid, kind: made?.kind ?? 'admin', name: 'configured', digest: digestOf(text), origins: [] };
}

function recordedKey({ kid, kind, name, sha256, origins }: KeyRecord): ApiKey {
  return { kid, kind, name, digest: Buffer.from(sha256, 'hex'), origins: origins ?? [] };
}

/** A revoked key is refused wherever else it stands. */
function liveKeys(configured: readonly ApiKey[], records: readonly KeyRecord[]): readonly ApiKey[] {
  const revoked = new Set(records.filter((key) => key.revoked !== undefined).map(({ sha256 }) => sha256));
  return [...configured, ...records.map(recordedKey)].filter(({ digest }) => !revoked.has(digest.toString('hex')));
}

/**
 * Opens the keys of a server: those of its configuration and those of its data directory.
 *
 * @throws KEY_FILE_INVALID, or KEY_INVALID for a browser key in the configuration
 */
export async function openKeyRing(parts: KeyRingParts): Promise<KeyRing> {
  const configured = parts.configured.map(configuredKey);
  const listeners = new Set<() => void>();
  let closed = configured.length > 0;
  let keys: readonly ApiKey[] = [];
  let signingKey: TokenKey | undefined;
  let tokenKeys: KeyRing['tokenKeys'] = 'open';
  let seen: string | undefined;
  let told: string | undefined;

  const take = async (records: readonly KeyRecord[] | undefined): Promise<void> => {
    const text = JSON.stringify(records ?? []);
    const closes = closed || records !== undefined;
    if (text === seen && closes === closed) return;
    closed = closes; // first: where no signing key can be kept nobody may call, rather than everybody
    if (closes || parts.alwaysSign) signingKey ??= await parts.kept();
    keys = liveKeys(configured, records ?? []);
    const signers = keys.filter(({ kind }) => SIGNERS.includes(kind));
    tokenKeys =
      signingKey === undefined ? 'open' : [signingKey, ...signers.map((key) => tokenKeyOf(key.digest, key.kid))];
    if (seen !== undefined) parts.logger.info('API keys changed', { live: keys.length });
    seen = text;
    for (const listener of listeners) listener();
  };
  await take(await parts.read());
  return {
    get closed() {
      return closed;
    },
    get keys() {
      return keys;
    },
    get tokenKeys() {
      return tokenKeys;
    },
    get signingKey() {
      return signingKey;
    },
    find(text) {
      const digest = digestOf(text);
      let found: ApiKey | undefined;
      for (const key of keys) if (timingSafeEqual(key.digest, digest)) found ??= key;
      return found;
    },
    async refresh() {
      try {
        await take(await parts.read());
        told = undefined;
      } catch (cause) {
        if (told !== String(cause))
          parts.logger.error('API keys not read, those before stay', { cause: String(cause) });
        told = String(cause);
      }
    },
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
