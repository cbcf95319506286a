import { gzipSync } from 'node:zlib';
import { decisionOf, rewardOf } from '../../packages/server/test/workspace.js';
import { type Answer, type HttpWorld, KEY } from './http-world.js';
import type { Row } from './row.js';

const text = (value: unknown): string => JSON.stringify(value);
const bytes = (...values: readonly number[]): Uint8Array<ArrayBuffer> => new Uint8Array(values);
const good = (w: HttpWorld): ReturnType<typeof decisionOf> =>
  decisionOf(w.loop.engine.snapshot, 'reader', 'large', Date.now());
const rewarding = (value: string): string =>
  text([rewardOf('reader', 'd-1', { correct: 0.123 }, Date.now())]).replace('0.123', value);
const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

/** A whole request that is refused, as a problem document that says no key. */
const request = (
  row: number,
  input: string,
  send: (world: HttpWorld) => Promise<Answer>,
  status: number,
  code: string,
): Row<HttpWorld> => ({
  row,
  input,
  expected: `${status} ${code}`,
  act: async (world) => {
    const { status: got, body } = await send(world);
    const { type, retryable, requestId, detail } = body;
    const whole = String(type).startsWith('urn:') && retryable === false && typeof requestId === 'string';
    if (!whole || String(detail).includes(KEY)) return { got: `${got} and no problem document`, says: text(body) };
    return { got: `${got} ${body.code}`, says: String(detail) };
  },
});

/** Bodies and headers that are refused before any item is looked at. */
export const REQUESTS: readonly Row<HttpWorld>[] = [
  request(15, 'a body over 1 MiB', (w) => w.post(`[${' '.repeat(1024 * 1024)}]`), 413, 'BODY_TOO_LARGE'),
  request(15, '1,001 items', (w) => w.post(text(Array.from({ length: 1001 }, () => 0))), 413, 'TOO_MANY_ITEMS'),
  request(16, 'no JSON', (w) => w.post('hello'), 400, 'JSON_INVALID'),
  request(16, 'an empty body', (w) => w.post(''), 400, 'JSON_EMPTY'),
  request(16, 'a byte order mark', (w) => w.post(`\ufeff${text([good(w)])}`), 400, 'JSON_BOM'),
  request(16, 'something behind the value', (w) => w.post(`${text([good(w)])} x`), 400, 'JSON_TRAILING'),
  request(16, 'a cut body', (w) => w.post(text([good(w)]).slice(0, -5)), 400, 'JSON_INVALID'),
  request(16, 'NaN', (w) => w.post(rewarding('NaN')), 400, 'JSON_INVALID'),
  request(16, 'a number', (w) => w.post('7'), 400, 'EVENT_INVALID'),
  request(
    17,
    'the key __proto__',
    (w) => w.post(rewarding('1').replace('"correct"', '"__proto__"')),
    400,
    'JSON_FORBIDDEN_KEY',
  ),
  request(
    17,
    'the keys constructor.prototype',
    (w) => w.post(text([good(w)]).replace('"arm":"large"', '"arm":"large","constructor":{"prototype":{}}')),
    400,
    'JSON_FORBIDDEN_KEY',
  ),
  request(21, 'invalid UTF-8', (w) => w.post(bytes(0x5b, 0x22, 0xff, 0x22, 0x5d)), 400, 'JSON_UTF8'),
  request(22, 'a key twice', (w) => w.post(rewarding('1,"correct":0')), 400, 'JSON_DUPLICATE_KEY'),
  request(22, 'a key twice, escaped', (w) => w.post(rewarding('1,"correc\\u0074":0')), 400, 'JSON_DUPLICATE_KEY'),
  request(23, 'nesting of 100,000', (w) => w.post(nested(100_000)), 400, 'JSON_TOO_DEEP'),
  request(23, 'nesting of 17', (w) => w.post(nested(17)), 400, 'JSON_TOO_DEEP'),
  request(
    28,
    'gzip',
    (w) => w.post(new Uint8Array(gzipSync(text([good(w)]))), { 'content-encoding': 'gzip' }),
    415,
    'CONTENT_ENCODING',
  ),
  request(
    28,
    'two encodings',
    (w) => w.post(text([good(w)]), { 'content-encoding': 'gzip, br' }),
    415,
    'CONTENT_ENCODING',
  ),
  request(29, 'text/plain', (w) => w.post(text([good(w)]), { 'content-type': 'text/plain' }), 415, 'CONTENT_TYPE'),
  request(
    29,
    'multipart',
    (w) => w.post(text([good(w)]), { 'content-type': 'multipart/form-data; boundary=x' }),
    415,
    'CONTENT_TYPE',
  ),
  request(
    29,
    'utf-16',
    (w) => w.post(text([good(w)]), { 'content-type': 'application/cloudevents-batch+json; charset=utf-16' }),
    415,
    'CONTENT_TYPE',
  ),
  request(
    26,
    'another API key',
    (w) => w.post(text([good(w)]), { authorization: 'Bearer ak_other' }),
    401,
    'UNAUTHORIZED',
  ),
  request(26, 'no API key', (w) => w.post(text([good(w)]), { authorization: '' }), 401, 'UNAUTHORIZED'),
];
