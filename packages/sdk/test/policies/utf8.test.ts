import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeUtf8, utf8Buffer } from '../../src/policies/utf8.js';

function encoded(text: string): readonly number[] {
  const length = encodeUtf8(text);
  return [...utf8Buffer().subarray(0, length)];
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
  expect(utf8Buffer().length).toBeLessThan(70_000);
});

test('the sixteen bytes behind a text are zero, whatever stood there before', () => {
  encodeUtf8('x'.repeat(64));
  const length = encodeUtf8('abc');
  expect([...utf8Buffer().subarray(length, length + 16)]).toEqual(new Array(16).fill(0));
});
