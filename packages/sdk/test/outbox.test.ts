import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ACCESS_REFUSED, REQUEST_REFUSED, UNAVAILABLE } from '../src/client-errors.js';
import { correctedClock } from '../src/clock.js';
import { type ArmatureError, clientError } from '../src/errors.js';
import { Outbox, type OutboxOptions } from '../src/outbox.js';
import type { OutboxCounts } from '../src/outbox-counts.js';
import type { OutgoingEvent } from '../src/transport.js';
import { type ScriptedTransport, type Step, scriptedTransport } from './scripted-transport.js';

interface Item {
  readonly time: number;
  readonly id: string;
}

const toEvent = ({ id }: Item): OutgoingEvent => ({ id }) as OutgoingEvent;

function outboxOn(transport: ScriptedTransport, options: OutboxOptions = {}, errors: ArmatureError[] = []) {
  const outbox = new Outbox<Item>(
    {
      send: transport.send,
      toEvent,
      clock: correctedClock(Date.now),
      random: () => 0.5,
      onError: (error) => errors.push(error),
    },
    options,
  );
  let n = 0;
  const push = (count = 1): boolean[] =>
    Array.from({ length: count }, () => outbox.push({ time: Date.now(), id: `e-${n++}` }));
  return { outbox, push, errors };
}

const total = ({ sent, queued, dropped }: OutboxCounts): number =>
  sent + queued + dropped.full + dropped.rejected + dropped.expired + dropped.closed;

beforeEach(() => {
  vi.useFakeTimers({ now: 1_700_000_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

const refused = clientError(REQUEST_REFUSED, { got: '400' });
const some = fc.uniqueArray(fc.nat(12), { maxLength: 4 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.constant<Step>({ kind: 'accept' }),
  fc.constant<Step>({ kind: 'lost-answer' }),
  fc.constantFrom<Step>({ kind: 'fail', error: new Error('refused') }, { kind: 'fail', error: refused }),
  fc.tuple(some, some).map(([refuse, retry]): Step => ({ kind: 'items', refuse, retry })),
);
const action = fc.oneof(
  fc.record({ push: fc.integer({ min: 1, max: 30 }) }),
  fc.record({ waitMs: fc.integer({ min: 1, max: 40_000 }) }),
  fc.constant({ flush: true as const }),
);

test('whatever the server does, every event is in exactly one place', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 20 }),
      fc.array(action, { maxLength: 15 }),
      async (script, actions) => {
        const transport = scriptedTransport(script);
        const { outbox, push } = outboxOn(transport, { capacity: 40, batch: 10 });
        for (const one of actions) {
          if ('push' in one) push(one.push);
          else if ('waitMs' in one) await vi.advanceTimersByTimeAsync(one.waitMs);
          else await outbox.flush();
          expect(total(outbox.counts)).toBe(outbox.counts.produced);
        }
        const closing = outbox.close(5000);
        await vi.advanceTimersByTimeAsync(6000);
        const counts = await closing;
        expect(total(counts)).toBe(counts.produced);
        expect(counts.queued).toBe(0);
        expect(transport.held.size).toBeGreaterThanOrEqual(counts.sent);
        expect(transport.mostInFlight).toBeLessThanOrEqual(1);
      },
    ),
    { numRuns: 150 },
  );
});

describe('sending', () => {
  test('waits a second for company', async () => {
    const transport = scriptedTransport([]);
    const { push } = outboxOn(transport);
    push(3);
    await vi.advanceTimersByTimeAsync(999);
    expect(transport.sizes).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(transport.sizes).toEqual([3]);
  });

  test('does not wait once a batch is full, and never sends inside push', async () => {
    const transport = scriptedTransport([]);
    const { push } = outboxOn(transport, { batch: 10 });
    push(25);
    expect(transport.sizes).toEqual([]);
    await vi.advanceTimersByTimeAsync(5);
    expect(transport.sizes).toEqual([10, 10]);
    await vi.advanceTimersByTimeAsync(1000);
    expect(transport.sizes).toEqual([10, 10, 5]);
  });

  test('repeats the whole batch in order after a lost answer, so that ids can dedupe', async () => {
    const transport = scriptedTransport([{ kind: 'lost-answer' }]);
    const { outbox, push } = outboxOn(transport);
    push(4);
    await vi.advanceTimersByTimeAsync(1000);
    expect(outbox.counts).toMatchObject({ sent: 0, queued: 4 });
    await vi.advanceTimersByTimeAsync(500);
    expect(outbox.counts).toMatchObject({ sent: 4, queued: 0 });
    expect([...transport.held.keys()]).toEqual(['e-0', 'e-1', 'e-2', 'e-3']);
  });

  test('keeps what may be retried at the head, in order', async () => {
    const transport = scriptedTransport([{ kind: 'items', refuse: [1], retry: [0, 3] }]);
    const { outbox, push, errors } = outboxOn(transport);
    push(5);
    await outbox.flush();
    expect(outbox.counts).toEqual({
      produced: 5,
      sent: 4,
      queued: 0,
      dropped: { full: 0, rejected: 1, expired: 0, closed: 0 },
    });
    expect([...transport.held.keys()]).toEqual(['e-2', 'e-4', 'e-0', 'e-3']);
    expect(errors.map(({ code }) => code)).toEqual(['EVENT_REJECTED']);
  });

  test('waits for what Retry-After asks, and then the jitter', async () => {
    const error = Object.assign(clientError(UNAVAILABLE), { retryAfterMs: 7000 });
    const transport = scriptedTransport([{ kind: 'fail', error }]);
    const { push } = outboxOn(transport);
    push();
    await vi.advanceTimersByTimeAsync(1000 + 7499);
    expect(transport.sizes).toEqual([1]);
    await vi.advanceTimersByTimeAsync(1);
    expect(transport.sizes).toEqual([1, 1]);
  });

  test('a refused key slows it down to half a minute and more, but never stops it', async () => {
    const script = Array.from({ length: 10 }, (): Step => ({ kind: 'fail', error: clientError(ACCESS_REFUSED) }));
    const transport = scriptedTransport(script);
    const { outbox, push } = outboxOn(transport);
    push();
    await vi.advanceTimersByTimeAsync(1000 + 10 * 45_000);
    expect(transport.sizes.length).toBe(11);
    expect(outbox.counts.sent).toBe(1);
  });

  test('one event that makes the server refuse the body does not hold up the others', async () => {
    const { held, ...rest } = scriptedTransport([]);
    const transport: ScriptedTransport = {
      ...rest,
      held,
      async send(events) {
        if (events.some(({ id }) => id === 'e-7')) throw refused;
        for (const event of events) held.set(event.id, event);
        return { accepted: events.length, rejected: 0, errors: [] };
      },
    };
    const { outbox, push } = outboxOn(transport);
    push(20);
    await outbox.flush();
    expect(outbox.counts).toMatchObject({ sent: 19, queued: 0, dropped: { rejected: 1 } });
  });
});

describe('losing', () => {
  test.each([
    ['was refused', refused, 60_000],
    ['waited too long', new Error('down'), 7 * 3_600_000],
  ])('the last event, which %s while the server failed, keeps no later one', async (_, then, ms) => {
    const transport = scriptedTransport([]);
    const answers: unknown[] = [new Error('down')];
    let healthy = false;
    const send: ScriptedTransport['send'] = async (events) => {
      if (!healthy) throw answers.shift() ?? then;
      return transport.send(events);
    };
    const { outbox, push } = outboxOn({ ...transport, send });
    push();
    await vi.advanceTimersByTimeAsync(ms);
    expect(outbox.counts).toMatchObject({ produced: 1, sent: 0, queued: 0 });
    healthy = true;
    push();
    await vi.advanceTimersByTimeAsync(1000);
    expect(outbox.counts).toMatchObject({ produced: 2, sent: 1, queued: 0 });
  });

  test('drops the newest when full, and counts them', () => {
    const { outbox, push, errors } = outboxOn(scriptedTransport([]), { capacity: 3 });
    expect(push(5)).toEqual([true, true, true, false, false]);
    expect(outbox.counts).toMatchObject({ produced: 5, queued: 3, dropped: { full: 2 } });
    expect(errors.map(({ code }) => code)).toEqual(['OUTBOX_FULL']);
  });

  test('drops what waited longer than six hours', async () => {
    const script = Array.from({ length: 2000 }, (): Step => ({ kind: 'fail', error: new Error('down') }));
    const { outbox, push } = outboxOn(scriptedTransport(script));
    push(2);
    await vi.advanceTimersByTimeAsync(6 * 3_600_000);
    push(1);
    await vi.advanceTimersByTimeAsync(40_000);
    expect(outbox.counts).toMatchObject({ produced: 3, sent: 0, queued: 1, dropped: { expired: 2 } });
  });

  test('a send that hangs is given up after 15 s and repeated', async () => {
    const transport = scriptedTransport([]);
    const { send } = transport;
    let hangs = true;
    const hanging: ScriptedTransport = {
      ...transport,
      send: (events) => (hangs ? new Promise(() => {}) : send(events)),
    };
    const { outbox, push } = outboxOn(hanging);
    push(2);
    await vi.advanceTimersByTimeAsync(16_000);
    hangs = false;
    await vi.advanceTimersByTimeAsync(1000);
    expect(outbox.counts).toMatchObject({ sent: 2, queued: 0 });
  });
});

describe('closing', () => {
  test('sends what is left, through failures, before the deadline', async () => {
    const fail: Step = { kind: 'fail', error: new Error('503') };
    const { outbox, push } = outboxOn(scriptedTransport([fail, { kind: 'accept' }, fail]), { batch: 10 });
    push(25);
    const closing = outbox.close(5000);
    await vi.advanceTimersByTimeAsync(5000);
    expect(await closing).toMatchObject({ sent: 25, queued: 0, dropped: { closed: 0 } });
  });

  test('gives up at the deadline, counts what is left, and takes nothing more', async () => {
    const script = Array.from({ length: 100 }, (): Step => ({ kind: 'fail', error: new Error('down') }));
    const { outbox, push } = outboxOn(scriptedTransport(script));
    push(5);
    const closing = outbox.close(2000);
    await vi.advanceTimersByTimeAsync(2000);
    expect(await closing).toMatchObject({ produced: 5, queued: 0, dropped: { closed: 5 } });
    expect(push(1)).toEqual([false]);
    expect(outbox.counts).toMatchObject({ produced: 6, dropped: { closed: 6 } });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(total(outbox.counts)).toBe(6);
  });
});
