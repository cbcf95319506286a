import { EVENT_TYPES, partitionKey } from '@armature/sdk/protocol';
import { describe, expect, test } from 'vitest';
import { decodeRecord } from '../../src/cluster/decode-record.js';
import type { RawRecord } from '../../src/cluster/ports.js';
import { partitionOf } from '../../src/ingest/partition-of.js';

const AT = Date.parse('2026-03-01T10:00:00.000Z');

const reward = (metrics: unknown, unit = 'u-1') => ({
  specversion: '1.0',
  type: EVENT_TYPES.reward,
  source: '/shop',
  id: '019ab2c4-7e1f-7c3a-9d2b-5f60718293a4',
  time: '2026-03-01T10:00:00.000Z',
  data: { experiment: 'button', unit, metrics },
});

const raw = (value: string | Uint8Array | null, partition = 0): RawRecord => ({
  partition,
  offset: 7,
  at: AT,
  key: null,
  value: typeof value === 'string' ? Buffer.from(value) : value,
  headers: {},
});

describe('decodeRecord', () => {
  test('gives back an event in its partition', () => {
    const event = reward({ click: 1 });
    const partition = partitionOf(partitionKey(event as never), 4);
    expect(decodeRecord(raw(JSON.stringify(event), partition), 4)).toEqual({ record: { offset: 7, at: AT, event } });
  });

  test('keeps unknown fields, as the log of one machine does', () => {
    const event = { ...reward({ click: 1 }), traceparent: '00-1-2-03' };
    expect(decodeRecord(raw(JSON.stringify(event)), 1).record.event).toEqual(event);
  });

  test.each([
    ['no value', null, /no value/],
    ['no UTF-8', Uint8Array.of(0xc3, 0x28), /UTF-8/i],
    ['no JSON', '{"specversion":', /end|JSON/i],
    ['a text', '"hello"', /not an object/],
    ['an unknown type', JSON.stringify({ ...reward({}), type: 'order.v1' }), /type/],
    [
      'a key that reaches a prototype',
      JSON.stringify(reward({ click: 1 })).replace('"unit"', '"__proto__"'),
      /__proto__/,
    ],
    ['a reward that is a text', JSON.stringify(reward({ click: '1' })), /click/],
    [
      'a token, which only the server can redeem',
      JSON.stringify({ ...reward({}), data: { token: 'v1.a.b.c', metrics: { click: 1 } } }),
      /token/,
    ],
    ['deep nesting', '['.repeat(5000), /more than 16 levels/],
  ])('takes %s for what moves log time and nothing else', (_, value, detail) => {
    const { record, fault } = decodeRecord(raw(value), 1);
    expect(record).toMatchObject({ offset: 7, at: AT, event: { type: EVENT_TYPES.tick, data: {} } });
    expect(fault?.code).toBe('NOT_AN_EVENT');
    expect(fault?.detail).toMatch(detail);
  });

  test('refuses an event that lies in another partition than its key says: it would never meet its trial', () => {
    const event = reward({ click: 1 });
    const own = partitionOf(partitionKey(event as never), 4);
    const { record, fault } = decodeRecord(raw(JSON.stringify(event), (own + 1) % 4), 4);
    expect(record.event.type).toBe(EVENT_TYPES.tick);
    expect(fault).toMatchObject({ code: 'MISPLACED', detail: expect.stringContaining(`partition ${own} of 4`) });
  });

  test('refuses a reward whose square is no number', () => {
    const { fault } = decodeRecord(raw(JSON.stringify(reward({ click: 1e300 }))), 1);
    expect(fault).toEqual({ code: 'REWARD_OUT_OF_RANGE', detail: 'click is 1e+300, whose square is no number' });
  });
});
