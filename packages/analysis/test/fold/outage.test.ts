import {
  applyRecord,
  encodeState,
  healthOf,
  openTrialsOf,
  type PartitionState,
  stateDigest,
  statisticsOf,
} from '@armature/analysis/fold';
import type { LogEvent } from '@armature/sdk/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decision, foldAll, logOf, reward, START, tick, uuid } from './records.js';
import { experimentOf, requests, worldOf } from './world.js';
import { writtenAndRead } from './written-state.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Window 10 minutes, allowed lateness one: the defaults of a window of ten minutes. */
const world = worldOf([
  experimentOf({
    id: 'requests',
    metrics: [{ ...requests.metrics[0]!, type: 'binary', combine: 'max', windowMs: 10 * MINUTE, latenessMs: MINUTE }],
  }),
]);
const written = (state: PartitionState): string => [...encodeState(state)].join('');
const decided = (n: number, at: number): [number, LogEvent] => [
  at,
  decision(uuid(at, n), at, { experiment: 'requests' }),
];
/** A reward for decision `n` of `made`, from `time`, that the log takes at `at`. */
const rewarded = (n: number, made: number, time: number, at: number): [number, LogEvent] => [
  at,
  reward(uuid(time, 1000 + n), time, { experiment: 'requests', decision: uuid(made, n), metrics: { click: 1 } }),
];
const started = (at: number): [number, LogEvent] => [at, tick(at, at, true)];
const ticked = (at: number): [number, LogEvent] => [at, tick(at, at)];
const TWENTY = Array.from({ length: 20 }, (_, n) => n);
const clicks = (state: Parameters<typeof statisticsOf>[0]) => {
  const cells = statisticsOf(state).flatMap(({ arms }) => arms.flatMap(({ metrics }) => metrics.click ?? []));
  const trials = cells.reduce((sum, cell) => sum + cell.trials, 0);
  return { trials, successes: cells.reduce((sum, cell) => sum + cell.rewarded * cell.mean, 0) };
};

describe('an outage longer than window and lateness', () => {
  test('loses no reward that its clients had queued', () => {
    const back = START + 21 * MINUTE;
    const { state } = foldAll(
      logOf([
        ...TWENTY.map((n) => decided(n, START + n)),
        ticked(START + MINUTE),
        started(back),
        ...TWENTY.map((n) => rewarded(n, START + n, START + 5 * MINUTE, back + 30_000)),
        ticked(back + 10 * MINUTE),
      ]),
      world,
    );
    expect(healthOf(state).get('requests')).toMatchObject({ rewards: 20, late: 0 });
    expect(clicks(state)).toEqual({ trials: 20, successes: 20 });
  });

  test('still counts as late what happened after the window', () => {
    const back = START + 21 * MINUTE;
    const { state } = foldAll(
      logOf([
        decided(1, START),
        started(back),
        rewarded(1, START, START + 10 * MINUTE + 1, back + 1),
        ticked(back + 10 * MINUTE),
      ]),
      world,
    );
    expect(healthOf(state).get('requests')).toMatchObject({ late: 1 });
    expect(clicks(state)).toEqual({ trials: 1, successes: 0 });
  });

  test.each([
    ['a week', 168 * HOUR, 10 * MINUTE],
    ['20 minutes', 20 * MINUTE, 10 * MINUTE],
    ['a minute', MINUTE, 2 * MINUTE],
    ['a second', 1000, 2000],
    ['nothing', 0, 0],
  ])('of %s makes closing wait for twice as long, ten minutes at most', (_, downMs, graceMs) => {
    const down = START + 11 * MINUTE - 1;
    const log = [decided(1, START), ticked(START + 9 * MINUTE), ticked(down), started(down + downMs)];
    const closesAt = Math.max(START + 11 * MINUTE, down + downMs + graceMs);
    const before = foldAll(logOf([...log, ticked(closesAt - 1)]), world).state;
    expect(openTrialsOf(before).get('requests')).toEqual({ open: 1, firstClosesAt: closesAt });
    expect(clicks(before).trials).toBe(0);
    expect(clicks(foldAll(logOf([...log, ticked(closesAt)]), world).state).trials).toBe(1);
  });

  test('inside the grace of another one prolongs it', () => {
    const first = START + 21 * MINUTE;
    const second = first + 9 * MINUTE;
    const log = [decided(1, START), started(first), ticked(first + 4 * MINUTE), started(second)];
    const { state } = foldAll(
      logOf([...log, rewarded(1, START, START + 1, second + 9 * MINUTE), ticked(second + 10 * MINUTE)]),
      world,
    );
    expect(clicks(state)).toEqual({ trials: 1, successes: 1 });
  });

  test('costs no bytes of state', () => {
    const log = [decided(1, START), ticked(START + MINUTE)];
    const short = written(foldAll(logOf([...log, started(START + MINUTE + 1)]), world).state);
    const long = written(foldAll(logOf([...log, started(START + 168 * HOUR)]), world).state);
    expect(long.length).toBeLessThanOrEqual(short.length);
  });
});

describe('a start', () => {
  test('with a clock that went back moves nothing and delays nothing', () => {
    const log = [decided(1, START), ticked(START + 9 * MINUTE), started(START + MINUTE), ticked(START + 11 * MINUTE)];
    expect(clicks(foldAll(logOf(log), world).state)).toEqual({ trials: 1, successes: 0 });
  });

  test('of a new log delays nothing', () => {
    const log = [started(START), decided(1, START + 1), ticked(START + 9 * MINUTE), ticked(START + 11 * MINUTE + 1)];
    expect(clicks(foldAll(logOf(log), world).state).trials).toBe(1);
  });
});

describe('a clock that is a day ahead', () => {
  const wrong = START + 24 * HOUR;

  test('for one record closes nothing, and takes log time ten minutes ahead', () => {
    const log = [decided(1, START), ticked(wrong), rewarded(1, START, START + 1, START + 2)];
    const { state } = foldAll(logOf([...log, ...[5, 10, 15, 20].map((m) => ticked(START + m * MINUTE))]), world);
    expect(state.watermark).toBe(START + 20 * MINUTE);
    expect(clicks(state)).toEqual({ trials: 1, successes: 1 });
  });

  test('for ten seconds of many records takes log time twenty minutes ahead, not a day', () => {
    const records = Array.from({ length: 1000 }, (_, n) => ticked(wrong + 10 * n));
    const { state } = foldAll(logOf([decided(1, START), ...records]), world);
    // ten minutes at once, then sixty times the 9,990 ms between the first of them and the last
    expect(state.watermark).toBe(START + 10 * MINUTE + 60 * 9_990);
    expect(clicks(state).trials).toBe(0);
  });

  test('when a trial opens holds up that trial alone', () => {
    const log: [number, LogEvent][] = [
      decided(1, START),
      [wrong, decision(uuid(START, 2), START, { experiment: 'requests' })],
      decided(3, START + MINUTE),
      ...[5, 10, 15, 20, 25].map((m) => ticked(START + m * MINUTE)),
    ];
    const { state } = foldAll(logOf(log), world);
    expect(openTrialsOf(state).get('requests')).toMatchObject({ open: 1 });
    expect(clicks(state).trials).toBe(2);
  });
});

describe('laws of outages', () => {
  // All outages together stay within the six hours in which an event may be sent again.
  /** Trials, how long after each its reward came and, per outage, how far into the log it fell and how long it lasted. */
  const course = fc.record({
    delays: fc.array(fc.integer({ min: 0, max: 10 * MINUTE }), { minLength: 1, maxLength: 20 }),
    outages: fc.array(fc.tuple(fc.integer({ min: 0, max: 15 * MINUTE }), fc.integer({ min: 0, max: 100 * MINUTE })), {
      minLength: 1,
      maxLength: 3,
    }),
    waits: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 20, maxLength: 20 }),
  });

  test('what is sent within the grace of an outage gives the counts of a log that was never shut', () => {
    fc.assert(
      fc.property(course, ({ delays, outages, waits }) => {
        const made = delays.map((_, n) => START + n * 1000);
        const end = START + 40 * MINUTE + outages.reduce((sum, [after, length]) => sum + after + length, 0);
        const shut: { from: number; to: number }[] = [];
        let at = START;
        for (const [after, length] of outages) {
          shut.push({ from: at + after, to: at + after + length });
          at += after + length;
        }
        const during = (time: number) => shut.find(({ from, to }) => from <= time && time < to);
        /** When the log takes what was made at a time: at once, or within the grace of the outage, as its client waits. */
        const takenAt = (time: number, n: number): number => {
          const outage = during(time);
          if (outage === undefined) return time;
          const grace = Math.min(2 * (outage.to - outage.from), 10 * MINUTE);
          const sent = Math.floor(outage.to + (waits[n] ?? 0) * Math.max(0, grace - 1));
          return during(sent) === undefined ? sent : takenAt(sent, n);
        };
        const kept = made.map((time, n) => ({ n, time })).filter(({ time }) => during(time) === undefined);
        const events = kept.flatMap(({ n, time }) => {
          const paid = time + (delays[n] ?? 0);
          return [decided(n, time), rewarded(n, time, paid, takenAt(paid, n))];
        });
        const ticks: [number, LogEvent][] = [];
        for (let time = START; time <= end; time += 10_000) if (during(time) === undefined) ticks.push(ticked(time));
        const starts = shut.filter(({ to }) => during(to) === undefined).map(({ to }) => started(to));
        const order = (a: readonly [number, LogEvent], b: readonly [number, LogEvent]) =>
          a[0] - b[0] || Number(b[1].id.startsWith('tick')) - Number(a[1].id.startsWith('tick'));
        const records = [...starts, ...ticks, ...events].sort(order);
        const { state } = foldAll(logOf(records), world);
        expect(clicks(state)).toEqual({ trials: kept.length, successes: kept.length });
        expect(healthOf(state).get('requests')?.late ?? 0).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  test('the order of rewards between two movements of log time changes nothing', () => {
    const rewards = fc.array(
      fc.record({
        target: fc.nat({ max: 4 }),
        time: fc.integer({ min: -10_000, max: 70_000 }),
        value: fc.constantFrom(0, 0.25, 0.5, 1, 2),
        metric: fc.constantFrom('click', 'spend'),
      }),
      { minLength: 2, maxLength: 12 },
    );
    const shuffled = rewards.chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray([...all.keys()], { minLength: all.length })),
    );
    fc.assert(
      fc.property(shuffled, fc.integer({ min: 0, max: 90_000 }), ([all, order], sent) => {
        const at = START + 5 + sent;
        const events = all.map(({ target, time, value, metric }, n): [number, LogEvent] => {
          const about = { experiment: 'units', decision: uuid(START, target), unit: `u${target}` };
          return [at, reward(uuid(START + time, 100 + n), START + time, { ...about, metrics: { [metric]: value } })];
        });
        const opening = [0, 1, 2, 3, 4].map((n): [number, LogEvent] => {
          return [START, decision(uuid(START, n), START, { experiment: 'units', unit: `u${n}`, period: 1 })];
        });
        const closing = [60_000, 120_000, 200_000].map((later) => ticked(at + later));
        const of = (entries: [number, LogEvent][]) => foldAll(logOf([...opening, ...entries, ...closing])).state;
        const inOrder = of(events);
        const mixed = of(order.flatMap((n) => events.slice(n, n + 1)));
        expect(statisticsOf(mixed)).toEqual(statisticsOf(inOrder));
        expect(healthOf(mixed)).toEqual(healthOf(inOrder));
      }),
      { numRuns: 500 },
    );
  });

  test('a state that was written and read back within a grace goes on with the same bytes', () => {
    const log = logOf([
      decided(1, START),
      started(START + HOUR),
      rewarded(1, START, START + 1, START + HOUR + 5),
      ticked(START + HOUR + 10 * MINUTE),
    ]);
    const whole = stateDigest(foldAll(log, world).state);
    for (const cut of log.keys()) {
      const resumed = writtenAndRead(log.slice(0, cut), world, 2);
      for (const record of log.slice(cut)) applyRecord(resumed, record, world);
      expect(stateDigest(resumed)).toBe(whole);
    }
  });
});
