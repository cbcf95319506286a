import fc from 'fast-check';
import { expect, test } from 'vitest';
import { appendAscii, encodeUtf8, isPrintable, utf8Words } from '../../src/policies/utf8.js';

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

test('what is appended stands where it would stand had it been written at once, with zeros behind', () => {
  const suffix = fc.string({ unit: fc.constantFrom('\0', '0', '5', '9'), maxLength: 32 });
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 70 }), suffix, (text, more) => {
      encodeUtf8('ü'.repeat(200)); // what was there before is no zero
      const length = appendAscii(encodeUtf8(text), more);
      const bytes = Array.from({ length: ((length >> 4) + 1) << 4 }, (_, i) => byteAt(i));
      expect(bytes.slice(0, length)).toEqual([...new TextEncoder().encode(text + more)]);
      expect(bytes.slice(length).every((byte) => byte === 0)).toBe(true);
    }),
    { numRuns: 3000 },
  );
});

test('printable ASCII is told from everything else', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string({ unit: 'binary-ascii' }), fc.string({ unit: 'grapheme-ascii' }), fc.string()),
      (text) => {
        encodeUtf8(text);
        expect(isPrintable()).toBe(/^[\x20-\x7e]*$/.test(text));
      },
    ),
    { numRuns: 3000 },
  );
  for (const text of ['\u007f', 'abc\u001f', 'abcd\u0000', 'é', '\ud800', '~ ', '']) {
    encodeUtf8(text);
    expect(isPrintable()).toBe(text === '~ ' || text === '');
  }
});
