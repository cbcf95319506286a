import { createHash, createHmac } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeToken, encodeToken, type TokenClaims, tokenKey, verifyToken } from '../../src/protocol/token.js';

const claims: TokenClaims = {
  experiment: 'digit-reader',
  arm: 'small',
  propensity: 0.812345678,
  snapshot: '7.42',
  definition: `sha256:${'5a'.repeat(32)}`,
  decision: '019ab2c4-7e1f-7c3a-9d2b-5f60718293a4',
  unit: 'u-8f3a91c2',
  issued: 1795411602123,
};
const key = tokenKey('ak_live_1');

test('a token carries its claims and is accepted under the key that signed it', () => {
  const token = encodeToken(claims, key);
  expect(decodeToken(token)).toMatchObject({ ok: true, claims, kid: key.kid });
  expect(verifyToken(token, [tokenKey('other'), key])).toMatchObject({ ok: true, claims });
});

test('kid, key and tag are what HMAC-SHA256 of node:crypto says', () => {
  const digest = createHash('sha256').update('ak_live_1').digest();
  expect(key.kid).toBe(digest.toString('hex').slice(0, 8));
  const secret = createHmac('sha256', digest).update('token v1').digest();
  const [version, kid, body, tag] = encodeToken(claims, key).split('.');
  const expected = createHmac('sha256', secret).update(`${version}.${kid}.${body}`).digest().subarray(0, 16);
  expect(tag).toBe(expected.toString('base64url'));
  expect(JSON.parse(Buffer.from(body!, 'base64url').toString())).toEqual({
    e: claims.experiment,
    a: claims.arm,
    p: claims.propensity,
    s: claims.snapshot,
    d: claims.definition,
    i: claims.decision,
    u: claims.unit,
    t: claims.issued,
  });
});

test('any claims come back as they went in, non-ASCII units included', () => {
  const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 });
  const any = fc.record({
    experiment: text,
    arm: text,
    propensity: fc.double({ min: 1e-9, max: 1, noNaN: true }),
    snapshot: text,
    definition: text,
    decision: text,
    unit: text,
    issued: fc.nat(),
  });
  fc.assert(
    fc.property(any, (given) => {
      expect(verifyToken(encodeToken(given, key), [key])).toMatchObject({ ok: true, claims: given });
      expect(verifyToken(encodeToken(given), 'open')).toMatchObject({ ok: true, claims: given });
    }),
    { numRuns: 500 },
  );
});

test('row 26: one changed character anywhere in a signed token is refused', () => {
  const token = encodeToken(claims, key);
  for (let at = 0; at < token.length; at += 1) {
    const other = token[at] === 'A' ? 'B' : 'A';
    const result = verifyToken(token.slice(0, at) + other + token.slice(at + 1), [key]);
    expect(result.ok, `character ${at}`).toBe(false);
  }
});

test.each([
  ['row 26: signed by another key', encodeToken(claims, tokenKey('ak_live_2')), [key], 'TOKEN_UNAUTHENTICATED'],
  ['row 26: unsigned where keys exist', encodeToken(claims), [key], 'TOKEN_UNAUTHENTICATED'],
  ['row 26: unsigned where the list of keys is empty', encodeToken(claims), [], 'TOKEN_UNAUTHENTICATED'],
  ['row 26: signed, at a server without keys', encodeToken(claims, key), 'open', 'TOKEN_UNAUTHENTICATED'],
  ['row 26: kid open with a tag', `${encodeToken(claims)}${'A'.repeat(22)}`, 'open', 'TOKEN_INVALID'],
  ['row 26: kid of a key with an empty tag', encodeToken(claims).replace('open', key.kid), [key], 'TOKEN_INVALID'],
  ['row 26: tag cut', encodeToken(claims, key).slice(0, -1), [key], 'TOKEN_INVALID'],
  ['row 26: missing', undefined, [key], 'TOKEN_INVALID'],
  ['row 26: empty', '', [key], 'TOKEN_INVALID'],
  ['too long', `v1.open.${'A'.repeat(3000)}.`, 'open', 'TOKEN_INVALID'],
  ['claims that are no JSON', 'v1.open.AAAA.', 'open', 'TOKEN_INVALID'],
  ['claims with a propensity of 0', encodeToken({ ...claims, propensity: 0 }), 'open', 'TOKEN_INVALID'],
  ['claims with a time in fractions', encodeToken({ ...claims, issued: 0.5 }), 'open', 'TOKEN_INVALID'],
  ['claims with an empty unit', encodeToken({ ...claims, unit: '' }), 'open', 'TOKEN_INVALID'],
] as const)('%s is refused with a code', (_, token, keys, code) => {
  expect(verifyToken(token, keys)).toMatchObject({ ok: false, code, detail: expect.any(String) });
});

test('arbitrary input never throws and changes no prototype', () => {
  const before = Object.getOwnPropertyNames(Object.prototype).join();
  const hostile = fc.oneof(
    fc.anything(),
    fc.string({ unit: 'binary' }),
    fc.json().map((json) => `v1.open.${Buffer.from(json).toString('base64url')}.`),
    fc.uint8Array().map((bytes) => `v1.${key.kid}.${Buffer.from(bytes).toString('base64url')}.${'A'.repeat(22)}`),
  );
  fc.assert(
    fc.property(hostile, (text) => {
      expect(decodeToken(text)).toHaveProperty('ok');
      expect(verifyToken(text, [key]).ok).toBe(false);
    }),
    { numRuns: 3000 },
  );
  expect(Object.getOwnPropertyNames(Object.prototype).join()).toBe(before);
});
