import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type SseEvent, sseParser } from '../src/sse.js';

function parse(pieces: readonly string[], cap = 1000): { events: SseEvent[]; retries: number[] } {
  const events: SseEvent[] = [];
  const retries: number[] = [];
  const parser = sseParser(
    (event) => events.push(event),
    (ms) => retries.push(ms),
    cap,
  );
  for (const piece of pieces) parser.push(piece);
  return { events, retries };
}

const lines = [
  ': hb',
  '',
  'retry: 2000',
  'id: 7.43',
  'event: snapshot',
  'data: {"a":',
  'data:  1}',
  '',
  'event: ignored, it has no data',
  '',
  'data',
  '',
  'retry: soon',
  'unknown: field',
  'data: last',
  '',
  'data: never finished',
];

// The events that the parsing rules of WHATWG HTML 9.2.6 give for these lines.
const expected = {
  events: [
    { event: 'snapshot', data: '{"a":\n 1}', id: '7.43' },
    { event: 'message', data: '', id: '7.43' },
    { event: 'message', data: 'last', id: '7.43' },
  ],
  retries: [2000],
};

test.each([
  ['LF', '\n'],
  ['CRLF', '\r\n'],
  ['CR', '\r'],
])('lines may end in %s', (_, end) => {
  expect(parse([lines.join(end)])).toEqual(expected);
});

test('the stream may be cut anywhere, also between CR and LF', () => {
  fc.assert(
    fc.property(fc.constantFrom('\n', '\r\n', '\r'), fc.array(fc.nat(200), { maxLength: 12 }), (end, cuts) => {
      const text = `\uFEFF${lines.join(end)}`;
      const places = [0, ...cuts.map((cut) => cut % text.length).sort((a, b) => a - b), text.length];
      expect(parse(places.slice(1).map((to, i) => text.slice(places[i], to)))).toEqual(expected);
    }),
    { numRuns: 300 },
  );
});

test('an event beyond the cap is refused, in one line or in many', () => {
  expect(() => parse([`data: ${'x'.repeat(1001)}`])).toThrow(RangeError);
  expect(() => parse(Array.from({ length: 101 }, () => 'data: 0123456789\n'))).toThrow(RangeError);
  expect(parse(Array.from({ length: 500 }, () => 'data: 0123456789\n\n')).events.length).toBe(500);
});

test('a long line in many pieces is read once, not anew with each piece', () => {
  const pieces = Array.from({ length: 40_000 }, () => 'x'.repeat(100));
  const started = process.cpuUsage();
  expect(parse(['data: ', ...pieces, '\n\n'], 5_000_000).events[0]?.data.length).toBe(4_000_000);
  // Read anew with each piece this is 8e10 characters, a minute and more.
  expect(process.cpuUsage(started).user / 1e6).toBeLessThan(5);
});
