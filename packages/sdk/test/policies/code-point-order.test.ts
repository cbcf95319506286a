import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareCodePoints } from '../../src/policies/code-point-order.js';

// oracle: code points, one by one
function byCodePoint(a: string, b: string): number {
  const x = [...a].map((character) => character.codePointAt(0)!);
  const y = [...b].map((character) => character.codePointAt(0)!);
  for (let i = 0; i < Math.min(x.length, y.length); i++) if (x[i] !== y[i]) return Math.sign(x[i]! - y[i]!);
  return Math.sign(x.length - y.length);
}

test('strings are ordered by code point, not by UTF-16 unit', () => {
  expect(['\u{1F600}', '\uFF5E'].sort()).toEqual(['\u{1F600}', '\uFF5E']);
  expect(['\u{1F600}', '\uFF5E'].sort(compareCodePoints)).toEqual(['\uFF5E', '\u{1F600}']);
});

test('the order agrees with a comparison of code points on well-formed strings', () => {
  const text = fc.string({ unit: 'binary', maxLength: 6 });
  fc.assert(fc.property(text, text, (a, b) => Math.sign(compareCodePoints(a, b)) === byCodePoint(a, b)));
});

test('a string is never before itself and two strings are ordered the same from both sides', () => {
  const text = fc.string({ unit: 'binary', maxLength: 4 });
  fc.assert(
    fc.property(text, text, (a, b) => {
      expect(compareCodePoints(a, a)).toBe(0);
      expect(Math.sign(compareCodePoints(a, b)) + Math.sign(compareCodePoints(b, a))).toBe(0);
    }),
  );
});
