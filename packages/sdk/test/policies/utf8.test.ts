import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeUtf8, utf8Words } from '../../src/policies/utf8.js';

/** The byte at `i` of what was written last. */
const byteAt = (i: number): number => (utf8Words()[i >> 2]! >>> (8 * (i & 3))) & 0xff;

function encoded(text: string): readonly number[] {
  return Array.from({ length: encodeUtf8(text) }, (_, i) => byteAt(i));
}

// oracle: the platform's TextEncoder
test('any string, lone surrogates among them, is written as TextEncoder writes it', () => {
  const units = fc.array(fc.oneof(fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: 0xd800, max: 0xdfff })));
  fc.assert(
    fc.property(units, (codes) => {
      const text = String.fromCharCode(...codes);
      expect(encoded(text)).toEqual([...new TextEncoder().encode(text)]);
    }),
  );
});

test('a buffer that grew for a long text does not change what a short one gives', () => {
  const long = 'ü'.repeat(200_000);
  expect(encodeUtf8(long)).toBe(400_000);
  expect(encoded('kurz')).toEqual([107, 117, 114, 122]);
  expect(utf8Words().length).toBeLessThan(20_000);
});

test.each(['abc', 'sixteen letters!', 'ünïcödé', ''])('behind %j are zeros to the end of its last block', (text) => {
  encodeUtf8('é'.repeat(64));
  const length = encodeUtf8(text);
  const end = ((length >> 4) + 1) << 4;
  for (let i = length; i < end; i++) expect(byteAt(i)).toBe(0);
});
