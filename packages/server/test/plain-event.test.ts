import { EVENT_TYPES, parseEvent, REASONS } from '@armature/sdk/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isPlainEvent } from '../src/ingest/plain-event.js';

const odd = fc.oneof(
  fc.constantFrom<unknown>(
    undefined,
    null,
    true,
    '',
    0,
    -0,
    1,
    -1,
    1.5,
    2 ** 53,
    [],
    {},
    '1.0',
    'constructor',
    '__proto__',
  ),
  fc.constantFrom<unknown>(
    Number.NaN,
    Number.POSITIVE_INFINITY,
    5e-324,
    'x'.repeat(65),
    'x'.repeat(129),
    'a\u0000',
    '\ud800',
    'é',
  ),
  fc.string({ maxLength: 5 }),
  fc.double(),
);
const id = fc.oneof(
  fc.uuid({ version: 7 }),
  fc.constantFrom<unknown>('u-1', 'ü', 'a b', 'x'.repeat(128), 'x'.repeat(129), ''),
);
const name = fc.constantFrom<unknown>('reader', 'a', 'a.b_c-d', 'a'.repeat(64));
const badName = fc.constantFrom<unknown>('constructor', 'prototype', 'Large', '-a', 'a'.repeat(65), 'tostring');
const time = fc.oneof(
  fc
    .date({ min: new Date(Date.UTC(1999, 0)), max: new Date(Date.UTC(2101, 0)), noInvalidDate: true })
    .map((date) => date.toISOString()),
  fc.constantFrom('2026-02-28T00:00:00Z', '2026-02-29T00:00:00Z', '2026-11-31T23:59:59.999Z', '2026-11-24T24:00:00Z'),
  fc.constantFrom('2026-11-24T05:26:42.123456789Z', '2026-11-24T05:26:42.1234567890Z', '2099-12-28T23:59:60Z'),
);
const number = fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer(), fc.double());
const metrics = fc.oneof(
  { weight: 9, arbitrary: fc.dictionary(fc.constantFrom('a', 'sale', 'constructor', 'A'), number, { maxKeys: 3 }) },
  { weight: 1, arbitrary: fc.constant(Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`m${i}`, 1]))) },
);
const decision = fc.record(
  {
    experiment: name,
    definition: fc.constant(`sha256:${'0'.repeat(64)}`),
    arm: name,
    propensity: number,
    snapshot: fc.constantFrom('1.1', '7.42', '01.1'),
    reason: fc.constantFrom(...REASONS),
    unit: id,
    request: id,
    period: fc.nat(),
    outer: fc.double({ min: 0, max: 1, noNaN: true }),
  },
  { requiredKeys: ['experiment', 'definition', 'arm', 'propensity', 'snapshot', 'reason'] },
);
const reward = fc.record(
  { experiment: name, decision: id, unit: id, request: id, token: id, metrics },
  { requiredKeys: ['metrics'] },
);
const envelope = (type: string, data: fc.Arbitrary<object>): fc.Arbitrary<{ [key: string]: unknown; data: object }> =>
  fc.record({
    ...{ specversion: fc.constant('1.0'), type: fc.constant(type), source: fc.constantFrom('/sdk/1', '/a b') },
    ...{ id, time, data },
  });
const KEYS = [
  'experiment',
  'definition',
  'arm',
  'propensity',
  'snapshot',
  'reason',
  'unit',
  'request',
  'period',
  'outer',
];
const anything = fc.oneof(
  odd,
  badName,
  fc.constantFrom<unknown>('1', '1.1.1', '12345678901.1', 'sha256:0', `sha256:${'F'.repeat(64)}`),
);
/** A good event in which one field is now and then something else, or gone. */
const event = fc
  .tuple(
    fc.oneof(
      envelope(EVENT_TYPES.decision, decision),
      envelope(EVENT_TYPES.reward, reward),
      envelope(EVENT_TYPES.exposure, decision),
      envelope(EVENT_TYPES.tick, reward),
    ),
    fc.option(fc.tuple(fc.constantFrom('specversion', 'type', 'source', 'id', 'time', 'data', 'more'), anything), {
      freq: 1,
    }),
    fc.option(fc.tuple(fc.constantFrom(...KEYS, 'decision', 'token', 'metrics', 'rule', 'more'), anything), {
      freq: 1,
    }),
  )
  .map(([item, outer, inner]) => {
    const data = inner === null ? item.data : { ...item.data, [inner[0]]: inner[1] };
    const whole: { [key: string]: unknown } = { ...item, data };
    if (outer !== null && outer[0] !== 'data') whole[outer[0]] = outer[1];
    return whole;
  });

test('what passes for plain is what the full parser gives back unchanged', () => {
  let plain = 0;
  fc.assert(
    fc.property(event, (item) => {
      if (!isPlainEvent(item)) return;
      plain += 1;
      expect(parseEvent(item)).toEqual({ ok: true, event: item });
    }),
    { numRuns: 40_000, seed: 1 },
  );
  expect(plain).toBeGreaterThan(500);
});

test('nothing that is no object passes for plain', () => {
  for (const item of [null, undefined, 1, 'x', [], [[]], true]) expect(isPlainEvent(item)).toBe(false);
});
