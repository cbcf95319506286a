import { decodeToken, encodeToken, tokenKey, verifyToken } from '@armature/sdk/protocol';
import { mustHold, type Target } from './target.js';

const KEY = tokenKey('ak_fuzz_0123456789');
const CLAIMS = {
  ...{ experiment: 'button', arm: 'green', propensity: 0.5, snapshot: '1.1', definition: 'sha256:00', decision: 'd-1' },
  issued: 1_795_411_602_000,
};
const SIGNED = encodeToken({ ...CLAIMS, unit: 'u-1' }, KEY);
const GOOD = new Set([SIGNED, encodeToken({ ...CLAIMS, request: 'é' }, KEY)]);

/** A decision token: what was signed by the key, or TOKEN_INVALID, or TOKEN_UNAUTHENTICATED. */
export const token: Target = {
  name: 'token',
  corpus: [...GOOD, encodeToken(CLAIMS), 'v1.open.e30.', 'v1.00000000.e30.AAAAAAAAAAAAAAAAAAAAAA'],
  words: ['v1.', 'open', '.', 'e30', 'AAAA', KEY.kid, Buffer.from('{"e":"a","p":1e999}').toString('base64url')],
  run(input) {
    const text = input.toString('utf8');
    for (const keys of [[KEY], 'open', []] as const) {
      const verified = verifyToken(text, keys);
      if (!verified.ok) mustHold(/^TOKEN_(INVALID|UNAUTHENTICATED)$/.test(verified.code), `code ${verified.code}`);
      else if (keys !== 'open') mustHold(GOOD.has(text), 'a token that nobody signed was taken');
    }
    const decoded = decodeToken(text);
    if (decoded.ok) mustHold(decoded.claims.propensity > 0 && decoded.claims.propensity <= 1, 'claims that are none');
  },
};
