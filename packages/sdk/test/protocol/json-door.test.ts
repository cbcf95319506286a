import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseJsonStrict } from '../../src/protocol/json-door.js';

const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);

describe('bodies that are refused, each with its code', () => {
  test.each([
    ['row 16: empty', '', 'JSON_EMPTY', 0],
    ['row 16: white space only', ' \r\n\t', 'JSON_EMPTY', 0],
    ['row 16: no JSON', 'hello', 'JSON_INVALID', undefined],
    ['row 16: a byte order mark', '\ufeff{}', 'JSON_BOM', 0],
    ['row 16: trailing garbage', '{"a":1} x', 'JSON_TRAILING', 8],
    ['row 16: two values', '[1][2]', 'JSON_TRAILING', 3],
    ['row 16: NaN', '{"a":NaN}', 'JSON_INVALID', undefined],
    ['row 16: a comma too many', '[1,]', 'JSON_INVALID', undefined],
    ['row 16: single quotes', "{'a':1}", 'JSON_INVALID', undefined],
    ['row 16: a comment', '{/* */"a":1}', 'JSON_INVALID', undefined],
    ['row 16: cut in the middle of a string', '{"a":"b', 'JSON_INVALID', undefined],
    ['row 16: cut in an object', '{"a":1', 'JSON_INVALID', undefined],
    ['row 16: too many brackets', '{"a":1}}', 'JSON_TRAILING', 7],
    ['row 17: a key __proto__', '{"a":{"__proto__":{"x":1}}}', 'JSON_FORBIDDEN_KEY', 6],
    ['row 17: the same, escaped', '{"\\u005f_proto__":1}', 'JSON_FORBIDDEN_KEY', 1],
    ['row 17: constructor.prototype', '{"constructor":{"a":1,"prototype":{}}}', 'JSON_FORBIDDEN_KEY', 22],
    ['row 22: the same key twice', '{"reward":1,"reward":2}', 'JSON_DUPLICATE_KEY', 12],
    ['row 22: the same key, once escaped', '{"a":1,"\\u0061":2}', 'JSON_DUPLICATE_KEY', 7],
    ['row 22: the same key after a nested object', '[{"a":{"b":1},"c":[{"a":1}],"a":2}]', 'JSON_DUPLICATE_KEY', 28],
    ['row 23: 17 levels', nested(17), 'JSON_TOO_DEEP', 16],
    ['row 23: 100,000 levels', nested(100_000), 'JSON_TOO_DEEP', 16],
  ])('%s', (_, body, code, offset) => {
    expect(parseJsonStrict(body)).toMatchObject({ ok: false, code, detail: expect.any(String) });
    if (offset !== undefined) expect(parseJsonStrict(body)).toHaveProperty('offset', offset);
    if (code !== 'JSON_INVALID')
      expect(parseJsonStrict(new TextEncoder().encode(body))).toMatchObject({ code, offset });
  });

  test.each([
    ['row 21: a byte that is no UTF-8', [0x22, 0xff, 0x22]],
    ['row 21: a surrogate in UTF-8', [0x22, 0xed, 0xa0, 0x80, 0x22]],
    ['row 21: an overlong form', [0x22, 0xc0, 0xaf, 0x22]],
    ['row 29: UTF-16', [0xff, 0xfe, 0x5b, 0x00, 0x5d, 0x00]],
  ])('%s', (_, bytes) => {
    expect(parseJsonStrict(Uint8Array.from(bytes))).toMatchObject({ ok: false, code: 'JSON_UTF8' });
  });
});

test.each([
  '{"a":{"a":{"a":1}},"b":[{"a":1},{"a":2}]}',
  '{"constructor":1,"prototype":2}',
  '{"x":{"constructor":"y"},"z":{"prototype":{}}}',
  '"a \\" quoted \\\\"',
  '{"k\\\\":1,"k\\"":2}',
  ' [ 1e999 , -0.5e-3, true, null ] ',
  nested(16),
  '7',
])('%s is accepted as JSON.parse reads it', (body) => {
  expect(parseJsonStrict(body)).toEqual({ ok: true, value: JSON.parse(body) });
});

test('what JSON.stringify writes is accepted and reads the same', () => {
  const value = fc.jsonValue({ maxDepth: 8 }).filter((json) => !JSON.stringify(json).includes('__proto__'));
  fc.assert(
    fc.property(value, fc.constantFrom(undefined, 1, '\t'), (json, indent) => {
      const text = JSON.stringify(json, undefined, indent);
      expect(parseJsonStrict(text)).toEqual({ ok: true, value: JSON.parse(text) });
    }),
    { numRuns: 1000 },
  );
});

test('arbitrary text and bytes never throw, change no prototype, and pass only what JSON.parse passes', () => {
  const before = Object.getOwnPropertyNames(Object.prototype).join();
  const pieces = fc.constantFrom('{', '}', '[', ']', '"', ',', ':', '\\', 'a', '1', ' ', '"a"', '"__proto__"', 'null');
  const text = fc.oneof(
    fc.array(pieces, { maxLength: 30 }).map((parts) => parts.join('')),
    fc.string({ unit: 'binary' }),
  );
  fc.assert(
    fc.property(fc.oneof(text, fc.uint8Array()), (body) => {
      const parsed = parseJsonStrict(body);
      if (!parsed.ok) return;
      const plain = typeof body === 'string' ? body : new TextDecoder().decode(body);
      expect(parsed.value).toEqual(JSON.parse(plain));
    }),
    { numRuns: 5000 },
  );
  expect(Object.getOwnPropertyNames(Object.prototype).join()).toBe(before);
});
