import {
  applyRecord,
  bucketWidthMs,
  type ClosedTrial,
  decodeState,
  emptyState,
  encodeState,
  healthOf,
  mergeStatistics,
  openTrialsOf,
  statisticsOf,
} from '@armature/analysis/fold';
import { addMissing, addReward, type Cell, EMPTY_CELL } from '@armature/sdk/policies';
import {
  type DecisionData,
  EVENT_TYPES,
  type LogEvent,
  type LogRecord,
  type StatisticsCell,
} from '@armature/sdk/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { naiveJoin } from '../../../../test/oracles/naive-join.js';
import { experimentOf, forever, requests, units, VECTORS, worldOf } from './world.js';

const START = Date.parse('2026-01-01T00:00:00.000Z');
const ARMS = ['a', 'b', 'c'] as const;
const registry = worldOf();

const uuid = (ms: number, n: number) => {
  const hex = ms.toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-${String(n).padStart(12, '0')}`;
};
const iso = (ms: number) => new Date(ms).toISOString();
const envelope = (id: string, time: number) => ({ specversion: '1.0' as const, source: '/test', id, time: iso(time) });

function decision(id: string, time: number, data: Partial<DecisionData> & { experiment: string }): LogEvent {
  const { snapshot = '1.1', arm = 'a' } = data;
  const propensity = VECTORS[snapshot]?.[ARMS.indexOf(arm as 'a')] ?? 0;
  const full: DecisionData = {
    definition: `sha256:${data.experiment}`,
    arm,
    snapshot,
    propensity,
    reason: 'split',
    ...data,
  };
  return { ...envelope(id, time), type: EVENT_TYPES.decision, data: full };
}
const reward = (id: string, time: number, data: object): LogEvent =>
  ({ ...envelope(id, time), type: EVENT_TYPES.reward, data }) as LogEvent;
const tick = (n: number, time: number, start = false): LogEvent => ({
  ...envelope(`tick-${n}`, time),
  type: EVENT_TYPES.tick,
  data: start ? { start } : {},
});

function logOf(entries: readonly (readonly [number, LogEvent])[]): LogRecord<LogEvent>[] {
  return entries.map(([at, event], offset) => ({ offset, at, event }));
}

function foldAll(records: readonly LogRecord<LogEvent>[], world = registry) {
  const state = emptyState();
  const rows: ClosedTrial[] = [];
  for (const record of records) applyRecord(state, record, world, { counted: (row) => rows.push(row) });
  return { state, rows };
}

const cellOf = (statistics: readonly StatisticsCell[], experiment: string, arm: number, metric = 'click') =>
  statistics
    .filter((cell) => cell.experiment === experiment)
    .flatMap((cell) => cell.arms[arm]?.metrics[metric] ?? [])[0];

/** Cells from the naive joiner's trials, key by key. */
function naiveCells(records: readonly LogRecord<LogEvent>[]): Map<string, Cell> {
  const cells = new Map<string, Cell>();
  for (const trial of naiveJoin(records, registry)) {
    const experiment = registry.definition(trial.definition);
    if (experiment === undefined) continue;
    const bucket = Math.floor(trial.time / bucketWidthMs(experiment)) * bucketWidthMs(experiment);
    for (const [metric, { counted, reward: value }] of Object.entries(trial.metrics)) {
      if (!counted) continue;
      const key = [trial.experiment, trial.version, trial.rule, bucket, trial.arm, metric].join(' ');
      const before = cells.get(key) ?? EMPTY_CELL;
      cells.set(key, value === undefined ? addMissing(before) : addReward(before, value));
    }
  }
  return cells;
}

function foldCells(statistics: readonly StatisticsCell[]): Map<string, Cell> {
  const cells = new Map<string, Cell>();
  for (const { experiment, version, rule, bucket, arms } of statistics) {
    for (const [k, arm] of arms.entries()) {
      for (const [metric, cell] of Object.entries(arm.metrics))
        cells.set([experiment, version, rule, bucket, ARMS[k], metric].join(' '), cell);
    }
  }
  return cells;
}

function expectSameCells(actual: Map<string, Cell>, expected: Map<string, Cell>) {
  expect([...actual.keys()].sort()).toEqual([...expected.keys()].sort());
  for (const [key, cell] of expected) {
    const found = actual.get(key) ?? EMPTY_CELL;
    expect([key, found.trials, found.rewarded]).toEqual([key, cell.trials, cell.rewarded]);
    expect(Math.abs(found.mean - cell.mean)).toBeLessThanOrEqual(1e-12 * Math.max(1, Math.abs(cell.mean)));
    expect(Math.abs(found.m2 - cell.m2)).toBeLessThanOrEqual(1e-12 * Math.max(1, cell.m2));
  }
}

/** A random history: decisions of few units, rewards before, inside and after their windows, duplicates, exposures and ticks. */
const history = fc
  .array(
    fc.record({
      kind: fc.constantFrom('decision', 'decision', 'reward', 'reward', 'unit-reward', 'duplicate', 'exposure', 'tick'),
      gap: fc.constantFrom(0, 0, 500, 5_000, 20_000, 70_000),
      back: fc.constantFrom(0, 0, 1_000, 15_000, 61_000),
      experiment: fc.constantFrom('requests', 'units', 'forever'),
      arm: fc.constantFrom(...ARMS),
      snapshot: fc.constantFrom('1.1', '1.2', '2.1'),
      unit: fc.constantFrom('u1', 'u2', 'u3'),
      target: fc.nat({ max: 30 }),
      request: fc.option(fc.constantFrom('r1', 'r2'), { nil: undefined }),
      exposed: fc.constantFrom(true, true, true, false),
      split: fc.constantFrom(true, true, true, false),
      value: fc.constantFrom(0, 1, 0.25, 0.5, 2, -1),
      metric: fc.constantFrom('click', 'latency', 'spend'),
    }),
    { maxLength: 60 },
  )
  .map((steps) => {
    let at = START;
    const planned = steps.map((step, n) => {
      at += step.gap;
      return { ...step, at, time: at - step.back, id: uuid(at - step.back, n) };
    });
    const decisions = planned.filter((step) => step.kind === 'decision');
    const entries: [number, LogEvent][] = [];
    for (const [n, step] of planned.entries()) {
      const target = decisions[step.target % Math.max(1, decisions.length)];
      const { id, time, unit, value, metric, experiment } = step;
      const period = experiment === 'units' ? Math.floor((time - START) / 30_000) : undefined;
      if (step.kind === 'tick') entries.push([step.at, tick(n, step.at)]);
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
          ...(experiment === 'requests' && request ? { request } : {}),
          ...(split ? {} : { reason: 'override' as const }),
        };
        entries.push([step.at, decision(id, time, { ...data, ...extra })]);
      } else if (step.kind === 'duplicate' && entries.length > 0) {
        const again = entries[step.target % entries.length]?.[1];
        if (again) entries.push([step.at, again]);
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
    return logOf([...entries, [at + 40_000, tick(1e6, at)], [at + 400_000, tick(1e6 + 1, at)]]);
  });

describe('the fold, on random histories', () => {
  test('gives the cells of an independent naive joiner', () => {
    // oracle: test/oracles/naive-join.ts, nested loops over the whole log, sharing no code with the fold
    fc.assert(
      fc.property(history, (records) => {
        const { state } = foldAll(records);
        expectSameCells(foldCells(statisticsOf(state)), naiveCells(records));
      }),
      { numRuns: 3000 },
    );
  });

  test('gives the same bytes when the state was written and read back at any point', () => {
    fc.assert(
      fc.property(history, fc.nat(), (records, cut) => {
        const whole = encodeState(foldAll(records).state);
        const at = cut % (records.length + 1);
        const resumed = decodeState(encodeState(foldAll(records.slice(0, at)).state), registry);
        for (const record of records.slice(at)) applyRecord(resumed, record, registry);
        expect(encodeState(resumed)).toBe(whole);
      }),
      { numRuns: 500 },
    );
  });

  test('changes nothing but health and log time when every event is sent twice', () => {
    fc.assert(
      fc.property(history, (records) => {
        const twice = logOf(records.flatMap(({ at, event }) => [[at, event] as const, [at, event] as const]));
        expect(statisticsOf(foldAll(twice).state)).toEqual(statisticsOf(foldAll(records).state));
      }),
      { numRuns: 300 },
    );
  });

  test('accounts for every event and every opened trial', () => {
    fc.assert(
      fc.property(history, (records) => {
        const { state } = foldAll(records);
        const health = [...healthOf(state).values()];
        const total = (pick: (h: (typeof health)[number]) => number) => health.reduce((sum, h) => sum + pick(h), 0);
        const events = records.filter(
          ({ event }) => event.type !== EVENT_TYPES.tick && event.type !== EVENT_TYPES.exposure,
        );
        const exposureDuplicates = records.filter(({ event }) => event.type === EVENT_TYPES.exposure);
        const distinct = new Set(exposureDuplicates.map(({ event }) => event.id)).size;
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
      { numRuns: 300 },
    );
  });

  test('gives merged partitions the cells of one partition', () => {
    fc.assert(
      fc.property(history, (records) => {
        const byExperiment = ['requests', 'units', 'forever'].map((experiment) =>
          logOf(
            records
              .filter(({ event }) => event.type === EVENT_TYPES.tick || event.data.experiment === experiment)
              .map((r) => [r.at, r.event]),
          ),
        );
        const parts = byExperiment.map((part) => statisticsOf(foldAll(part).state));
        const whole = foldCells(statisticsOf(foldAll(records).state));
        expectSameCells(foldCells(mergeStatistics(parts)), whole);
      }),
      { numRuns: 300 },
    );
  });
});

describe('a trial', () => {
  const one = (over: object = {}) => decision(uuid(START, 1), START, { experiment: 'requests', ...over });

  test('counts as a zero only when its window and lateness have passed in log time', () => {
    const before = foldAll(
      logOf([
        [START, one()],
        [START + 65_999, tick(1, START)],
      ]),
    );
    expect(cellOf(statisticsOf(before.state), 'requests', 0)).toBeUndefined();
    expect(openTrialsOf(before.state).get('requests')).toEqual({ open: 1, firstClosesAt: START + 66_000 });
    const after = foldAll(
      logOf([
        [START, one()],
        [START + 66_000, tick(1, START)],
      ]),
    );
    expect(cellOf(statisticsOf(after.state), 'requests', 0)).toEqual({ trials: 1, rewarded: 0, mean: 0, m2: 0 });
    expect(openTrialsOf(after.state).get('requests')).toBeUndefined();
  });

  test('is closed by the append time of its decision, so that a client back from an outage loses no reward', () => {
    const hour = 3_600_000;
    const records = logOf([
      [START + hour, one()],
      [
        START + hour + 1,
        reward(uuid(START + 30_000, 2), START + 30_000, {
          experiment: 'requests',
          decision: uuid(START, 1),
          metrics: { click: 1 },
        }),
      ],
      [START + hour + 66_000, tick(1, START)],
    ]);
    expect(cellOf(statisticsOf(foldAll(records).state), 'requests', 0)).toEqual({
      trials: 1,
      rewarded: 1,
      mean: 1,
      m2: 0,
    });
  });

  test('counts a late reward in the health figures and not in the cells', () => {
    const late = reward(uuid(START + 60_001, 2), START + 60_001, {
      experiment: 'requests',
      decision: uuid(START, 1),
      metrics: { click: 1 },
    });
    const { state } = foldAll(
      logOf([
        [START, one()],
        [START + 60_001, late],
        [START + 70_000, tick(1, START)],
      ]),
    );
    expect(cellOf(statisticsOf(state), 'requests', 0)).toMatchObject({ trials: 1, rewarded: 0 });
    expect(healthOf(state).get('requests')).toMatchObject({ late: 1, unmatched: 0 });
  });

  test('counts a reward whose decision never came as unmatched once nothing can bring it any more', () => {
    const lost = reward(uuid(START, 2), START, {
      experiment: 'requests',
      decision: uuid(START, 77),
      metrics: { click: 1 },
    });
    const { state } = foldAll(
      logOf([
        [START, lost],
        [START + 6 * 3_600_000 + 1, tick(1, START, true)],
      ]),
    );
    expect(healthOf(state).get('requests')).toMatchObject({ unmatched: 1, rewards: 1 });
  });

  test('is excluded when its propensity is not its version’s', () => {
    const { state } = foldAll(logOf([[START, one({ propensity: 0.4999 })]]));
    expect(healthOf(state).get('requests')).toMatchObject({ propensityMismatch: 1 });
    expect(statisticsOf(state)).toEqual([]);
  });

  test('counts one metric of a unit’s reward as late when only another one’s window is still open', () => {
    const both = reward(uuid(START + 90_000, 2), START + 90_000, {
      experiment: 'units',
      unit: 'u1',
      metrics: { click: 1, spend: 7 },
    });
    const first = decision(uuid(START, 1), START, { experiment: 'units', unit: 'u1', period: 1 });
    const { state } = foldAll(
      logOf([
        [START, first],
        [START + 90_000, both],
        [START + 300_000, tick(1, START)],
      ]),
    );
    expect(cellOf(statisticsOf(state), 'units', 0, 'spend')).toMatchObject({ rewarded: 1, mean: 7 });
    expect(healthOf(state).get('units')).toMatchObject({ late: 1 });
  });

  test('of a unit that is drawn once for ever is not opened again after its window', () => {
    const at = START + 10 * 86_400_000;
    const again = decision(uuid(at, 2), at, { experiment: 'forever', unit: 'u1' });
    const { state } = foldAll(
      logOf([
        [START, decision(uuid(START, 1), START, { experiment: 'forever', unit: 'u1' })],
        [at, tick(1, at, true)],
        [at, again],
      ]),
    );
    expect(healthOf(state).get('forever')).toMatchObject({ decisions: 2, repeated: 1 });
  });

  test('of a period that is long over adds nothing', () => {
    const of = (n: number, period: number) =>
      decision(uuid(START + n, n), START + n, { experiment: 'units', unit: `u${n}`, period });
    const { state } = foldAll(
      logOf([
        [START, of(1, 100)],
        [START + 2, of(2, 103)],
        [START + 3, of(3, 100)],
        [START + 4, of(4, 101)],
      ]),
    );
    expect(healthOf(state).get('units')).toMatchObject({ decisions: 4, repeated: 1 });
  });
});

describe('log time', () => {
  test('moves by ten minutes at most on one record, so that one wrong clock closes nothing', () => {
    const { state } = foldAll(
      logOf([
        [START, tick(0, START)],
        [START + 86_400_000, tick(1, START)],
      ]),
    );
    expect(state.watermark).toBe(START + 600_000);
  });

  test('may jump at the first tick after a start', () => {
    const { state } = foldAll(
      logOf([
        [START, tick(0, START)],
        [START + 86_400_000, tick(1, START, true)],
      ]),
    );
    expect(state.watermark).toBe(START + 86_400_000);
  });

  test('refuses an event that is older than the dedupe horizon, and counts it', () => {
    const old = decision(uuid(START - 6 * 3_600_000 - 1, 1), START, { experiment: 'requests' });
    const { state } = foldAll(
      logOf([
        [START, tick(0, START)],
        [START, old],
      ]),
    );
    expect(healthOf(state).get('requests')).toMatchObject({ tooOld: 1, decisions: 0 });
  });
});

test('the width of a bucket follows the window', () => {
  const width = (windowMs: number) => bucketWidthMs(experimentOf({ metrics: [{ ...requests.metrics[0]!, windowMs }] }));
  expect([2_000, 60_000, 600_000, 3_600_000, 259_200_000].map(width)).toEqual([
    1_000, 60_000, 600_000, 3_600_000, 86_400_000,
  ]);
});

test('the fold refuses a record that is not the next one', () => {
  expect(() => applyRecord(emptyState(), { offset: 3, at: START, event: tick(1, START) }, registry)).toThrow(
    'the fold is at offset 0, got record 3',
  );
});

test('the fixtures use all three ways to assign', () => {
  expect([requests.assign, units.reassignMs, forever.reassignMs]).toEqual(['request', 30_000, null]);
});
