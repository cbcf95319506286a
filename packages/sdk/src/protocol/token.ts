import { hex, hmacSha256, sha256 } from './sha256.js';
import { isWellFormed } from './well-formed.js';

/** What a decision token says. Under the short keys of its JSON: e, a, p, s, d, i, u, r, t. */
export interface TokenClaims {
  /** `e` */
  readonly experiment: string;
  /** `a` The arm drawn. */
  readonly arm: string;
  /** `p` Probability with which it was drawn, in (0, 1]. */
  readonly propensity: number;
  /** `s` The experiment's own version, "epoch.sequence". */
  readonly snapshot: string;
  /** `d` Content hash of the definition. */
  readonly definition: string;
  /** `i` Id of the decision event. */
  readonly decision: string;
  /** `u` As the decision logged it: the partition key where there is one. */
  readonly unit?: string;
  /** `r` Likewise, where there is no unit. */
  readonly request?: string;
  /** `t` Time of the decision, ms since the epoch. */
  readonly issued: number;
}

/** Signs and verifies tokens. `kid` says which API key it comes from, without telling it. */
export interface TokenKey {
  readonly kid: string;
  readonly key: Uint8Array;
}

/** The kid of unsigned tokens, which open servers accept and no other. */
export const OPEN_KID = 'open';

export type TokenFailureCode = 'TOKEN_INVALID' | 'TOKEN_UNAUTHENTICATED';
export interface TokenFailure {
  readonly ok: false;
  readonly code: TokenFailureCode;
  readonly detail: string;
}
export interface DecodedToken {
  readonly ok: true;
  readonly claims: TokenClaims;
  readonly kid: string;
  /** The signed text: everything before the last dot. */
  readonly signed: string;
  readonly tag: string;
}

const MAX_LENGTH = 2048;
const MAX_STRING = 512;
const TAG_BYTES = 16;
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
/** The text of a key that `armature keys` made. */
const NAMED = /^ak_[a-z]+_([0-9a-f]{8})_/;
const SHAPE = /^v1\.(open|[0-9a-f]{8})\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{22}|)$/;

function toBase64Url(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const word = (bytes[i]! << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    text += DIGITS[word >>> 18]! + DIGITS[(word >>> 12) & 63]!;
    if (i + 1 < bytes.length) text += DIGITS[(word >>> 6) & 63]!;
    if (i + 2 < bytes.length) text += DIGITS[word & 63]!;
  }
  return text;
}

/** The bytes of base64url digits (the alphabet is checked already). A length of 4n + 1 never decodes to valid claims. */
function fromBase64Url(text: string): Uint8Array {
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  let word = 0;
  let bits = 0;
  let at = 0;
  for (let i = 0; i < text.length; i += 1) {
    word = ((word << 6) | DIGITS.indexOf(text[i]!)) & 0xffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[at] = (word >>> bits) & 255;
      at += 1;
    }
  }
  return bytes;
}

/**
 * The signing key of an API key: that of its SHA-256. Its kid is the one that the key names in its text (`armature keys`
 * makes `ak_<kind>_<kid>_<secret>`), and of any other text the first 8 hexadecimal digits of its SHA-256.
 *
 * @example
 * tokenKey('ak_server_3f9a1c02_0f').kid // => '3f9a1c02'
 */
export function tokenKey(apiKey: string): TokenKey {
  return tokenKeyOf(sha256(apiKey), NAMED.exec(apiKey)?.[1]);
}

/**
 * The signing key of an API key of which only the hash is known: key = HMAC-SHA256(SHA-256(apiKey), "token v1"). No
 * second secret is needed, and the token key does not give the API key away.
 *
 * @param digest SHA-256 of the API key, 32 bytes
 * @param kid 8 hexadecimal digits; by default the first of the digest
 * @example
 * tokenKeyOf(new Uint8Array(32)).kid // => '00000000'
 */
export function tokenKeyOf(digest: Uint8Array, kid: string = hex(digest.subarray(0, 4))): TokenKey {
  return { kid, key: hmacSha256(digest, 'token v1') };
}

const tagOf = (signed: string, key: Uint8Array): string => toBase64Url(hmacSha256(key, signed).subarray(0, TAG_BYTES));

/**
 * The token of a decision: `v1.<kid>.<claims>.<tag>`, claims being JSON in base64url and the tag 128 bits of
 * HMAC-SHA256 over everything before it. Without a key the token is unsigned: kid `open`, empty tag.
 *
 * @example
 * encodeToken({ experiment: 'button', arm: 'green', propensity: 0.5, snapshot: '1.1', definition: 'sha256:00', decision: 'd-1', issued: 0 }).slice(0, 8) // => 'v1.open.'
 */
export function encodeToken(claims: TokenClaims, key?: TokenKey): string {
  const json = JSON.stringify({
    e: claims.experiment,
    a: claims.arm,
    p: claims.propensity,
    s: claims.snapshot,
    d: claims.definition,
    i: claims.decision,
    u: claims.unit,
    r: claims.request,
    t: claims.issued,
  });
  const signed = `v1.${key?.kid ?? OPEN_KID}.${toBase64Url(encoder.encode(json))}`;
  return `${signed}.${key === undefined ? '' : tagOf(signed, key.key)}`;
}

function failure(code: TokenFailureCode, detail: string): TokenFailure {
  return { ok: false, code, detail };
}

const isText = (value: unknown): value is string =>
  typeof value === 'string' && value.length > 0 && value.length <= MAX_STRING && isWellFormed(value);

function claimsOf(json: unknown): TokenClaims | undefined {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return undefined;
  const { e, a, p, s, d, i, u, r, t } = json as { readonly [key: string]: unknown };
  if (!isText(e) || !isText(a) || !isText(s) || !isText(d) || !isText(i)) return undefined;
  if (typeof p !== 'number' || !(p > 0 && p <= 1)) return undefined;
  if (typeof t !== 'number' || !Number.isSafeInteger(t) || t < 0) return undefined;
  if ((u !== undefined && !isText(u)) || (r !== undefined && !isText(r))) return undefined;
  return {
    experiment: e,
    arm: a,
    propensity: p,
    snapshot: s,
    definition: d,
    decision: i,
    ...(u === undefined ? {} : { unit: u }),
    ...(r === undefined ? {} : { request: r }),
    issued: t,
  };
}

/**
 * Reads a token without checking its tag: for a reader that holds no key, such as a client that routes a reward.
 *
 * @param text anything at all
 * @returns the claims and the parts, or TOKEN_INVALID with a reason; never throws
 * @example
 * decodeToken('garbage').ok // => false
 */
export function decodeToken(text: unknown): DecodedToken | TokenFailure {
  if (typeof text !== 'string') return failure('TOKEN_INVALID', 'a token is a string');
  if (text.length > MAX_LENGTH) return failure('TOKEN_INVALID', `a token has at most ${MAX_LENGTH} characters`);
  const parts = SHAPE.exec(text);
  if (parts === null) return failure('TOKEN_INVALID', 'the text has not the form v1.<kid>.<claims>.<tag>');
  const [, kid, body, tag] = parts as unknown as readonly [string, string, string, string];
  if ((kid === OPEN_KID) !== (tag === '')) return failure('TOKEN_INVALID', 'only unsigned tokens have an empty tag');
  try {
    const claims = claimsOf(JSON.parse(decoder.decode(fromBase64Url(body))));
    if (claims === undefined) return failure('TOKEN_INVALID', 'a claim is missing or has the wrong type');
    return { ok: true, claims, kid, signed: text.slice(0, text.lastIndexOf('.')), tag };
  } catch {
    return failure('TOKEN_INVALID', 'the claims are not JSON in base64url');
  }
}

/** Whether two tags are equal, in a time that does not tell where they differ. */
function sameTag(a: string, b: string): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < a.length; i += 1) difference |= a.charCodeAt(i) ^ b.charCodeAt(i);
  return difference === 0;
}

/**
 * Reads a token and checks that one of the keys signed it. `'open'` is a server without keys: it accepts unsigned
 * tokens and only those; a server with keys refuses them.
 *
 * @param text anything at all
 * @returns the claims, or TOKEN_INVALID (no token) or TOKEN_UNAUTHENTICATED (not ours); never throws.
 *   Expiry is the caller's: it compares the reward's time with the metric's window.
 * @example
 * verifyToken('v1.open.e30.', []).ok // => false
 */
export function verifyToken(text: unknown, keys: readonly TokenKey[] | 'open'): DecodedToken | TokenFailure {
  const token = decodeToken(text);
  if (!token.ok) return token;
  if (keys === 'open') {
    if (token.kid === OPEN_KID) return token;
    return failure('TOKEN_UNAUTHENTICATED', `signed by key ${token.kid}, and this server has no keys`);
  }
  if (token.kid === OPEN_KID) return failure('TOKEN_UNAUTHENTICATED', 'unsigned, and this server has keys');
  let known = false;
  for (const { kid, key } of keys) {
    if (kid !== token.kid) continue;
    known = true;
    if (sameTag(tagOf(token.signed, key), token.tag)) return token;
  }
  return failure('TOKEN_UNAUTHENTICATED', known ? 'the tag does not match' : `no key ${token.kid} on this server`);
}
