import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalJson, contentHash } from '../../src/protocol/canonical-json.js';

test.each([
  // oracle: RFC 8785 section 3.2.2 and 3.2.3 (sorting by UTF-16 code unit, ECMAScript numbers)
  [
    {
      numbers: [Number('333333333.33333329'), 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
      literals: [null, true, false],
    },
    '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27]}',
  ],
  [{ '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\u{1f600}': 5, '\u0080': 6, '\u00f6': 7 }, undefined],
  [{ b: { d: 1, c: undefined }, a: -0 }, '{"a":0,"b":{"d":1}}'],
  [[], '[]'],
  ['é\n', '"é\\n"'],
  [Object.assign(Object.create(null), { x: 1 }), '{"x":1}'],
])('the canonical text of %j is sorted and without spaces', (value, expected) => {
  const text = canonicalJson(value);
  if (expected !== undefined) expect(text).toBe(expected);
  else
    expect(Object.keys(JSON.parse(text)).filter((key) => key !== '1')).toEqual([
      '\r',
      '\u0080',
      'ö',
      '€',
      '\u{1f600}',
      '\ufb33',
    ]);
});

test.each([
  ['NaN', { a: [0, Number.NaN] }, 'NaN at /a/1'],
  ['Infinity', Number.POSITIVE_INFINITY, 'Infinity at the top'],
  ['a lone surrogate', { a: '\ud800' }, 'a lone surrogate at /a'],
  ['undefined in an array', [undefined], 'a value of type undefined at /0'],
  ['a bigint', { n: 1n }, 'a value of type bigint at /n'],
  ['a date', { at: new Date(0) }, 'an instance of Date at /at'],
])('%s has no canonical text and the error says where', (_, value, got) => {
  expect(() => canonicalJson(value)).toThrow(expect.objectContaining({ code: 'NOT_CANONICAL', got }));
});

test('a value that contains itself is refused instead of overflowing the stack', () => {
  const loop: { self?: unknown } = {};
  loop.self = loop;
  expect(() => canonicalJson(loop)).toThrow(expect.objectContaining({ code: 'NOT_CANONICAL' }));
});

test('the content hash does not depend on the order of members and reads back the same value', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4, noUnicodeString: true }), (value) => {
      const text = canonicalJson(value);
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      expect(canonicalJson(JSON.parse(text))).toBe(text);
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
      const reversed = Object.fromEntries(Object.entries(value).reverse());
      expect(contentHash(reversed)).toBe(contentHash(value));
    }),
    { numRuns: 500 },
  );
});

test('the content hash is sha256: and the digest of the canonical text', () => {
  // oracle: printf '{"a":1}' | sha256sum
  expect(contentHash({ a: 1 })).toBe('sha256:015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862');
});
