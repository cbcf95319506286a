import { applyRecord, bucketWidthMs, emptyState, healthOf, openTrialsOf, statisticsOf } from '@armature/analysis/fold';
import type { StatisticsCell } from '@armature/sdk/protocol';
import { describe, expect, test } from 'vitest';
import { decision, foldAll, logOf, registry, reward, START, tick, uuid } from './records.js';
import { experimentOf, forever, requests, units } from './world.js';

const cellOf = (statistics: readonly StatisticsCell[], experiment: string, arm: number, metric = 'click') =>
  statistics
    .filter((cell) => cell.experiment === experiment)
    .flatMap((cell) => cell.arms[arm]?.metrics[metric] ?? [])[0];

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
