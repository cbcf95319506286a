import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { contentHash } from '../../src/protocol/canonical-json.js';
import { parseConfigLogEvent, parseEvent, parseLogEvent } from '../../src/protocol/parse-event.js';
import { decision, envelope, hash, type Json, reward } from './event-fixtures.js';

describe('records of the logs', () => {
  test('a log partition holds ticks, and no tokens', () => {
    const tick = { ...envelope, type: 'dev.armature.tick.v1', data: { start: true } };
    expect(parseLogEvent(tick)).toEqual({ ok: true, event: tick });
    expect(parseEvent(tick).ok).toBe(false);
    const token = { ...reward(1), data: { token: 'v1.open.e30.', metrics: { click: 0 } } };
    expect(parseLogEvent(token)).toMatchObject({ ok: false, faults: [{ code: 'REWARD_TARGET' }] });
  });

  test('a definition is accepted only under the hash of its body', () => {
    const body = { id: 'a', arms: [] };
    const config = (definition: string) => ({
      ...envelope,
      type: 'dev.armature.config.v1',
      data: { experiment: 'a', definition, action: 'applied', effect: 'keeps-posterior', by: 'file', body },
    });
    expect(parseConfigLogEvent(config(contentHash(body))).ok).toBe(true);
    expect(parseConfigLogEvent(config(hash))).toMatchObject({
      ok: false,
      faults: [{ pointer: '/data/definition', code: 'HASH_INVALID' }],
    });
  });

  test('the vectors of a version have one entry for each arm', () => {
    const version = (rules: Json, means: Json = { click: [0.5, 0.25] }) => ({
      ...envelope,
      type: 'dev.armature.snapshot.v1',
      data: { experiment: 'a', version: '1.1', definition: hash, arms: ['x', 'y'], rules, means, asOf: { 0: 12 } },
    });
    expect(parseConfigLogEvent(version({ policy: [0.5, 0.5] })).ok).toBe(true);
    expect(parseConfigLogEvent(version({ policy: [1] }))).toMatchObject({
      ok: false,
      faults: [{ pointer: '/data/rules/policy' }],
    });
    expect(parseConfigLogEvent(version({ policy: [0.5, 0.5] }, { click: [1] })).ok).toBe(false);
  });
});

test('arbitrary input never throws and changes no prototype', () => {
  const before = Object.getOwnPropertyNames(Object.prototype).join();
  const hostile = fc.oneof(
    fc.anything({ withNullPrototype: true, withBigInt: true, withObjectString: true }),
    fc.jsonValue().map((data) => ({ ...envelope, type: 'dev.armature.reward.v1', data })),
    fc.anything().map((propensities) => decision({ propensities })),
    fc
      .dictionary(fc.constantFrom('__proto__', 'constructor', 'unit', 'metrics'), fc.anything())
      .map((data) => decision(data)),
  );
  fc.assert(
    fc.property(hostile, (value) => {
      for (const parse of [parseEvent, parseLogEvent, parseConfigLogEvent]) {
        const parsed = parse(value);
        if (!parsed.ok) expect(parsed.faults.length).toBeGreaterThan(0);
      }
    }),
    { numRuns: 3000 },
  );
  expect(Object.getOwnPropertyNames(Object.prototype).join()).toBe(before);
  expect(({} as Json).x).toBeUndefined();
});
