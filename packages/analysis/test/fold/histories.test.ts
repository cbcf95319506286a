import { applyRecord, healthOf, mergeStatistics, stateDigest, statisticsOf } from '@armature/analysis/fold';
import { EVENT_TYPES, type LogEvent } from '@armature/sdk/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { expectSameCells, foldedCells, naiveCells } from '../../../../test/oracles/naive-cells.js';
import { naiveJoin } from '../../../../test/oracles/naive-join.js';
import { ARMS, decision, envelope, foldAll, logOf, registry, reward, START, tick, uuid } from './records.js';
import { writtenAndRead } from './written-state.js';

/** Names of the user's own are used again and again, but not when they may have been forgotten. */
const ofItsTime = (name: string, now: number) => `${name} of ${Math.floor(now / 14_400_000)}`;

/** A random history: decisions of few units, rewards before, inside and after their windows, duplicates, exposures and ticks. */
const historyOf = (gaps: readonly number[], skews: readonly number[]) =>
  fc
    .array(
      fc.record({
        kind: fc.constantFrom(
          'decision',
          'decision',
          'reward',
          'reward',
          'unit-reward',
          'duplicate',
          'exposure',
          'tick',
          'start',
        ),
        gap: fc.constantFrom(...gaps),
        /** How wrong the log's clock is for one record. */
        skew: fc.constantFrom(...skews),
        back: fc.constantFrom(0, 0, 1_000, 15_000, 61_000),
        experiment: fc.constantFrom('requests', 'units', 'forever'),
        arm: fc.constantFrom(...ARMS),
        snapshot: fc.constantFrom('1.1', '1.2', '2.1'),
        unit: fc.constantFrom('u1', 'u2', 'u3'),
        target: fc.nat({ max: 30 }),
        own: fc.constantFrom(undefined, undefined, undefined, 'order-1', 'order-2'),
        request: fc.option(fc.constantFrom('r1', 'r2'), { nil: undefined }),
        exposed: fc.constantFrom(true, true, true, false),
        split: fc.constantFrom(true, true, true, false),
        value: fc.constantFrom(0, 1, 0.25, 0.5, 2, -1),
        metric: fc.constantFrom('click', 'latency', 'spend', 'opened'),
      }),
      { maxLength: 60, size: 'medium' },
    )
    .map((steps) => {
      let now = START;
      const planned = steps.map((step, n) => {
        now += step.gap;
        const time = now - step.back;
        return {
          ...step,
          now,
          at: now + step.skew,
          time,
          id: step.own === undefined ? uuid(time, n) : ofItsTime(step.own, now),
        };
      });
      const decisions = planned.filter((step) => step.kind === 'decision');
      const entries: [number, LogEvent][] = [];
      for (const [n, step] of planned.entries()) {
        const target = decisions[step.target % Math.max(1, decisions.length)];
        const { id, time, unit, value, metric, experiment } = step;
        const period = experiment === 'units' ? Math.floor((time - START) / 30_000) : undefined;
        if (step.kind === 'tick' || step.kind === 'start')
          entries.push([step.at, tick(n, step.at, step.kind === 'start')]);
        else if (step.kind === 'decision') {
          const { arm, snapshot, request, exposed, split } = step;
          const data = {
            experiment,
            arm,
            snapshot,
            unit,
            ...(period === undefined ? {} : { period }),
            ...(exposed ? {} : { exposed }),
          };
          const extra = {
            ...(experiment === 'requests' && request ? { request: ofItsTime(request, step.now) } : {}),
            ...(split ? {} : { reason: 'override' as const }),
          };
          entries.push([step.at, decision(id, time, { ...data, ...extra })]);
        } else if (step.kind === 'duplicate' && entries.length > 0) {
          const again = entries[step.target % entries.length]?.[1];
          const forgotten = again?.id.includes(' of ') && again.id !== ofItsTime(again.id.slice(0, 7), step.now);
          if (again && !forgotten) entries.push([step.at, again]);
        } else if (step.kind === 'exposure' && target) {
          entries.push([
            step.at,
            {
              ...envelope(id, time),
              type: EVENT_TYPES.exposure,
              data: { experiment: target.experiment, decision: target.id },
            },
          ]);
        } else if (step.kind === 'reward' && target) {
          entries.push([
            step.at,
            reward(id, time, { experiment: target.experiment, decision: target.id, metrics: { [metric]: value } }),
          ]);
        } else if (step.kind === 'unit-reward') {
          entries.push([step.at, reward(id, time, { experiment, unit, metrics: { [metric]: value } })]);
        }
      }
      const last = [40_000, 400_000, 900_000, 1_400_000, 1_900_000].map((later, n): [number, LogEvent] => {
        return [now + later, tick(1e6 + n, now + later)];
      });
      return logOf([...entries, ...last]);
    });

const GAPS = [0, 0, 500, 5_000, 20_000, 70_000];
/** A log that is never shut for long, and whose clock is right. */
const steady = historyOf(GAPS, [0]);
/** With outages of minutes and hours, and a clock that is wrong now and then. */
const history = historyOf([...GAPS, 700_000, 9_000_000], [0, 0, 0, 0, 0, 0, -30_000, 2_000_000, 86_400_000]);

describe('the fold, on random histories', () => {
  test('gives the cells of an independent naive joiner', () => {
    // oracle: test/oracles/naive-join.ts, nested loops over the whole log, sharing no code with the fold
    fc.assert(
      fc.property(history, (records) => {
        const { state } = foldAll(records);
        expectSameCells(foldedCells(statisticsOf(state), registry), naiveCells(naiveJoin(records, registry), registry));
      }),
      { numRuns: Number(process.env.HISTORIES ?? 3000) },
    );
  });

  test('gives the same bytes when the state was written and read back at any point', () => {
    fc.assert(
      fc.property(history, fc.nat(), fc.integer({ min: 1, max: 9 }), (records, cut, every) => {
        const whole = stateDigest(foldAll(records).state);
        const at = cut % (records.length + 1);
        const resumed = writtenAndRead(records.slice(0, at), registry, every);
        for (const record of records.slice(at)) applyRecord(resumed, record, registry);
        expect(stateDigest(resumed)).toBe(whole);
      }),
      { numRuns: Number(process.env.HISTORIES ?? 500) },
    );
  });

  // on a steady log: where log time lags behind the records, each further record moves it
  test('changes nothing but health and log time when every event is sent twice', () => {
    fc.assert(
      fc.property(steady, (records) => {
        const twice = logOf(records.flatMap(({ at, event }) => [[at, event] as const, [at, event] as const]));
        expect(statisticsOf(foldAll(twice).state)).toEqual(statisticsOf(foldAll(records).state));
      }),
      { numRuns: Number(process.env.HISTORIES ?? 300) },
    );
  });

  test('accounts for every event and every opened trial', () => {
    fc.assert(
      fc.property(steady, (records) => {
        const { state } = foldAll(records);
        const health = [...healthOf(state).values()];
        const total = (pick: (h: (typeof health)[number]) => number) => health.reduce((sum, h) => sum + pick(h), 0);
        const events = records.filter(
          ({ event }) => event.type !== EVENT_TYPES.tick && event.type !== EVENT_TYPES.exposure,
        );
        const exposureDuplicates = records.filter(({ event }) => event.type === EVENT_TYPES.exposure);
        const distinct = new Set(
          exposureDuplicates.map(({ event }) => `${event.id} ${'experiment' in event.data && event.data.experiment}`),
        ).size;
        const counted = total((h) => h.decisions + h.rewards + h.duplicates + h.tooOld);
        expect(counted).toBe(events.length + exposureDuplicates.length - distinct);
        const opened = statisticsOf(state).reduce(
          (sum, cell) => sum + cell.arms.reduce((n, arm) => n + arm.opened, 0),
          0,
        );
        const others = total(
          (h) => h.repeated + h.propensityMismatch + Object.values(h.notRandomised).reduce((a, b) => a + b, 0),
        );
        expect(opened + others + state.unexposed.size).toBe(total((h) => h.decisions));
      }),
      { numRuns: Number(process.env.HISTORIES ?? 300) },
    );
  });

  test('gives merged partitions the cells of one partition', () => {
    fc.assert(
      fc.property(steady, (all) => {
        // each partition has its own log time, and after a start its own grace
        const ordinary = all.filter(({ event }) => event.type !== EVENT_TYPES.tick || event.data.start !== true);
        const records = logOf(ordinary.map(({ at, event }) => [at, event]));
        const byExperiment = ['requests', 'units', 'forever'].map((experiment) =>
          logOf(
            records
              .filter(({ event }) => event.type === EVENT_TYPES.tick || event.data.experiment === experiment)
              .map((r) => [r.at, r.event]),
          ),
        );
        const parts = byExperiment.map((part) => statisticsOf(foldAll(part).state));
        const whole = foldedCells(statisticsOf(foldAll(records).state), registry);
        expectSameCells(foldedCells(mergeStatistics(parts), registry), whole);
      }),
      { numRuns: Number(process.env.HISTORIES ?? 300) },
    );
  });
});
