import { describe, expect, test } from 'vitest';
import { parseEvent } from '../../src/protocol/parse-event.js';
import { decision, envelope, type Json, reward } from './event-fixtures.js';

describe('events that are accepted', () => {
  test.each([
    ['a decision', decision()],
    [
      'a decision with every optional field',
      decision({
        request: 'r-1',
        period: 20415,
        rule: 'policy',
        outer: 0.5,
        key: 'k',
        exposed: false,
        served: 'large',
        context: { device: 'phone', hour: 5, returning: true },
        propensities: [0.187654322, 0.812345678],
        dropped: 3,
      }),
    ],
    ['a reward by decision', reward(1)],
    ['a reward by unit', { ...reward(1), data: { experiment: 'a', unit: 'u', metrics: { click: 1, revenue: 12.5 } } }],
    ['a reward by token', { ...reward(1), data: { token: 'v1.open.e30.', metrics: { click: 0 } } }],
    ['an exposure', { ...envelope, type: 'dev.armature.exposure.v1', data: { experiment: 'a', decision: 'd' } }],
    ['unknown fields, which are kept', { ...decision({ extra: { deep: [1] } }), traceparent: '00-ab-cd-01' }],
    ['row 19: a subnormal reward', reward(5e-324)],
    ['row 19: 0.1 + 0.2', reward(0.1 + 0.2)],
    ['row 21: an NFC id', decision({ unit: '\u00e9' })],
    ['row 21: an NFD id', decision({ unit: 'e\u0301' })],
    ['row 21: an id of 128 bytes', decision({}, { id: `${'€'.repeat(42)}ab` })],
  ])('%s', (_, event) => {
    expect(parseEvent(event)).toEqual({ ok: true, event });
  });

  test('row 19: a reward of -0 becomes 0', () => {
    const parsed = parseEvent(reward(-0));
    expect(parsed.ok && 'metrics' in parsed.event.data && Object.is(parsed.event.data.metrics.correct, 0)).toBe(true);
  });
});

describe('events that are refused, each with its code and its pointer', () => {
  const long = 'x'.repeat(10_240);
  const at = (time: unknown) => decision({}, { time });
  test.each([
    ['row 18: a reward of null', reward(null), '/data/metrics/correct', 'REWARD_NOT_NUMBER', 'correct is null'],
    ['row 18: a reward of true', reward(true), '/data/metrics/correct', 'REWARD_NOT_NUMBER', 'correct is true'],
    ['row 18: a reward of "12"', reward('12'), '/data/metrics/correct', 'REWARD_NOT_NUMBER', 'correct is "12"'],
    ['row 18: a reward of ""', reward(''), '/data/metrics/correct', 'REWARD_NOT_NUMBER', 'correct is ""'],
    ['row 18: a reward of []', reward([]), '/data/metrics/correct', 'REWARD_NOT_NUMBER', 'correct is an empty list'],
    ['row 18: a reward of {}', reward({}), '/data/metrics/correct', 'REWARD_NOT_NUMBER', 'correct is a map'],
    ['row 19: 1e999', reward(JSON.parse('1e999')), '/data/metrics/correct', 'REWARD_NOT_FINITE', 'correct is Infinity'],
    [
      'row 19: -1e999',
      reward(JSON.parse('-1e999')),
      '/data/metrics/correct',
      'REWARD_NOT_FINITE',
      'correct is -Infinity',
    ],
    ['row 19: NaN', reward(Number.NaN), '/data/metrics/correct', 'REWARD_NOT_FINITE', 'correct is NaN'],
    ['row 21: a numeric id', decision({}, { id: 12 }), '/id', 'ID_INVALID', 'id is a number, not a string'],
    ['row 21: an id above 2^53', decision({}, { id: 2 ** 60 }), '/id', 'ID_INVALID', 'id is a number, not a string'],
    ['row 21: an empty id', decision({}, { id: '' }), '/id', 'ID_INVALID', 'id is empty'],
    ['row 21: an id of 10 kB', decision({}, { id: long }), '/id', 'ID_INVALID', 'id has more than 128 bytes'],
    [
      'row 21: 129 bytes in 43 signs',
      decision({ unit: '€'.repeat(43) }),
      '/data/unit',
      'ID_INVALID',
      'unit has 129 bytes, more than 128',
    ],
    [
      'row 21: a control character',
      decision({ unit: 'a\u0000b' }),
      '/data/unit',
      'ID_INVALID',
      'unit has a control character at position 1',
    ],
    [
      'row 21: a lone surrogate',
      decision({ request: 'ab\udc00' }),
      '/data/request',
      'ID_INVALID',
      'request has a lone surrogate at position 2',
    ],
    ['row 21: an id of null', decision({ unit: null }), '/data/unit', 'ID_INVALID', 'unit is null, not a string'],
    [
      'row 27: seconds',
      at(1795411602),
      '/time',
      'TIME_INVALID',
      'time is a number; as seconds since the epoch it would be "2026-11-23T05:26:42.000Z"',
    ],
    [
      'row 27: milliseconds',
      at(1795411602123),
      '/time',
      'TIME_INVALID',
      'time is a number; as milliseconds since the epoch it would be "2026-11-23T05:26:42.123Z"',
    ],
    [
      'row 27: seconds in a string',
      at('1795411602'),
      '/time',
      'TIME_INVALID',
      'time is a number in a string; as seconds since the epoch it would be "2026-11-23T05:26:42.000Z"',
    ],
    [
      'row 27: year 275760',
      at('+275760-09-13T00:00:00Z'),
      '/time',
      'TIME_INVALID',
      'time is no time in the years 2000 to 2199',
    ],
    [
      'row 27: a negative year',
      at('-000001-01-01T00:00:00Z'),
      '/time',
      'TIME_INVALID',
      'time is no time in the years 2000 to 2199',
    ],
    ['row 27: a negative number', at(-5), '/time', 'TIME_INVALID', 'time is a number, not a string'],
    [
      'row 27: the 30th of February',
      at('2026-02-30T00:00:00Z'),
      '/time',
      'TIME_INVALID',
      'time is no time in the years 2000 to 2199',
    ],
    ['row 27: another zone', at('2026-11-23T05:26:42+01:00'), '/time', 'TIME_INVALID', 'time is not RFC 3339 in UTC'],
    ['row 27: a text', at('yesterday'), '/time', 'TIME_INVALID', 'time is not RFC 3339 in UTC'],
    [
      'row 58: a propensity of 0',
      decision({ propensity: 0 }),
      '/data/propensity',
      'PROPENSITY_INVALID',
      'propensity is 0, not a number in (0, 1]',
    ],
    [
      'row 58: a propensity above 1',
      decision({ propensity: 1.5 }),
      '/data/propensity',
      'PROPENSITY_INVALID',
      'propensity is 1.5, not a number in (0, 1]',
    ],
    [
      'row 58: no propensity',
      decision({ propensity: undefined }),
      '/data/propensity',
      'REQUIRED',
      'propensity is missing',
    ],
    [
      'a propensity in a string',
      decision({ propensity: '.5' }),
      '/data/propensity',
      'PROPENSITY_INVALID',
      'propensity is ".5", not a number in (0, 1]',
    ],
    [
      'a vector that does not sum to 1',
      decision({ propensity: 0.5, propensities: [0.5, 0.4] }),
      '/data/propensities',
      'PROPENSITY_INVALID',
      'propensities does not sum to 1',
    ],
    [
      'a propensity that is not in its vector',
      decision({ propensity: 0.4, propensities: [0.5, 0.5] }),
      '/data/propensity',
      'PROPENSITY_INVALID',
      'propensity is not an entry of propensities',
    ],
    [
      'an arm with capitals',
      decision({ arm: 'Small' }),
      '/data/arm',
      'NAME_INVALID',
      'arm "Small" has "S", which no name may have',
    ],
    [
      'row 6: an arm called constructor',
      decision({ arm: 'constructor' }),
      '/data/arm',
      'NAME_INVALID',
      'arm "constructor" is reserved',
    ],
    [
      'row 6: an arm called toString',
      decision({ arm: 'toString' }),
      '/data/arm',
      'NAME_INVALID',
      'arm "toString" is reserved',
    ],
    [
      'a metric that is no name',
      reward(1, { metrics: { 'a/b': 1 } }),
      '/data/metrics/a~1b',
      'NAME_INVALID',
      'a/b "a/b" has "/", which no name may have',
    ],
    ['a missing arm', decision({ arm: undefined }), '/data/arm', 'REQUIRED', 'arm is missing'],
    [
      'an unknown reason',
      decision({ reason: 'luck' }),
      '/data/reason',
      'REASON_INVALID',
      expect.stringContaining('reason is "luck", not one of split'),
    ],
    [
      'a hash that is none',
      decision({ definition: 'sha256:xyz' }),
      '/data/definition',
      'HASH_INVALID',
      expect.stringContaining('definition is "sha256:xyz"'),
    ],
    [
      'a version that is none',
      decision({ snapshot: 7.42 }),
      '/data/snapshot',
      'VERSION_INVALID',
      expect.stringContaining('snapshot is 7.42'),
    ],
    [
      'a count in fractions',
      decision({ dropped: 1.5 }),
      '/data/dropped',
      'NUMBER_INVALID',
      expect.stringContaining('dropped is 1.5'),
    ],
    [
      'a context of objects',
      decision({ context: { a: {} } }),
      '/data/context/a',
      'TYPE_INVALID',
      expect.stringContaining('a is a map'),
    ],
    [
      'another CloudEvents version',
      decision({}, { specversion: '0.3' }),
      '/specversion',
      'SPECVERSION_INVALID',
      'specversion is "0.3", not "1.0"',
    ],
    ['no source', decision({}, { source: undefined }), '/source', 'REQUIRED', 'source is missing'],
    [
      'a mistyped type',
      decision({}, { type: 'dev.armature.decison.v1' }),
      '/type',
      'UNKNOWN_TYPE',
      'type is "dev.armature.decison.v1", did you mean dev.armature.decision.v1?',
    ],
    [
      'a type only the server writes',
      decision({}, { type: 'dev.armature.snapshot.v1' }),
      '/type',
      'UNKNOWN_TYPE',
      expect.any(String),
    ],
    ['no metrics', reward(1, { metrics: {} }), '/data/metrics', 'REWARD_EMPTY', 'metrics names no metric'],
    [
      'a reward for nothing',
      reward(1, { decision: undefined }),
      '/data',
      'REWARD_TARGET',
      expect.stringContaining('neither a token'),
    ],
    [
      'a reward by token and by decision',
      reward(1, { token: 'v1' }),
      '/data',
      'REWARD_TARGET',
      expect.stringContaining('both a token'),
    ],
    [
      'row 35: 100 metrics in one reward',
      reward(1, { metrics: Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`m${i}`, 1])) }),
      '/data/metrics',
      'TOO_MANY',
      'metrics has more than 64 metrics',
    ],
    ['no data', { ...envelope, type: 'dev.armature.reward.v1' }, '/data', 'REQUIRED', 'data is missing'],
    ['an array', [], '', 'EVENT_INVALID', 'the event is an empty list, not an object'],
    ['row 17: a key __proto__', JSON.parse('{"__proto__":{"x":1}}'), '', 'JSON_FORBIDDEN_KEY', expect.any(String)],
    [
      'row 17: a metric __proto__',
      reward(1, { metrics: JSON.parse('{"__proto__":1,"a":1}') }),
      '/data/metrics',
      'JSON_FORBIDDEN_KEY',
      expect.any(String),
    ],
  ])('%s', (_, event, pointer, code, detail) => {
    const given =
      event !== null && typeof event === 'object' && !Array.isArray(event) ? withoutUndefined(event) : event;
    expect(parseEvent(given)).toEqual({ ok: false, faults: [{ pointer, code, detail }] });
  });

  test('every fault of an event is told at once', () => {
    const parsed = parseEvent(decision({ arm: 7, propensity: 2, reason: 'x' }, { id: '' }));
    expect(parsed.ok ? [] : parsed.faults.map((fault) => fault.pointer)).toEqual([
      '/id',
      '/data/arm',
      '/data/propensity',
      '/data/reason',
    ]);
  });
});

function withoutUndefined(value: object): Json {
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .map(([key, member]) => [
        key,
        member !== null && typeof member === 'object' && key === 'data' ? withoutUndefined(member) : member,
      ]),
  );
}
