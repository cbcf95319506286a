import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { creationTime, eventTime } from '../../src/fold/log-time.js';

const time = (text: string) => eventTime(text, Number.POSITIVE_INFINITY);
const PATTERN = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const UUID = '019b76da-a800-7c3a-9d2b-5f60718293a4';

/** A text with one of its characters replaced. */
const spoilt = (text: fc.Arbitrary<string>) =>
  fc
    .tuple(text, fc.nat(), fc.string({ minLength: 1, maxLength: 1, unit: 'binary-ascii' }))
    .map(([whole, place, character]) => {
      const at = place % whole.length;
      return whole.slice(0, at) + character + whole.slice(at + 1);
    });
const times = fc.integer({ min: 1.7e12, max: 1.7e12 + 300_000 }).map((ms) => new Date(ms).toISOString());

describe('the time of an event', () => {
  // oracle: Date.parse
  test('is what its text says, for times that share their minute and for texts that are no time', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(times, spoilt(times), fc.string()), { minLength: 1, maxLength: 8 }), (texts) => {
        for (const text of texts) expect([text, time(text)]).toEqual([text, Date.parse(text)]);
      }),
      { numRuns: 2000 },
    );
  });

  test('is never after the log took it', () => {
    expect(eventTime('2026-01-01T00:00:01.500Z', 1000)).toBe(1000);
  });
});

describe('the creation time of an id', () => {
  // oracle: the pattern of RFC 9562 for version 7, and the first twelve digits as a number
  test('is inside a UUIDv7, and the event’s own time for every other id', () => {
    const ids = fc.oneof(fc.uuid({ version: 7 }), fc.uuid(), spoilt(fc.constant(UUID)), fc.string());
    fc.assert(
      fc.property(ids, (id) => {
        const inside = Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
        expect(creationTime(id, '2026-01-01T00:00:00Z')).toBe(PATTERN.test(id) ? inside : Date.UTC(2026, 0, 1));
      }),
      { numRuns: 2000 },
    );
  });
});
