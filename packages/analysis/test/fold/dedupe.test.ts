import {
  applyRecord,
  emptyState,
  healthOf,
  restoreState,
  startJournal,
  stateDigest,
  statisticsOf,
  takeChanges,
} from '@armature/analysis/fold';
import { EVENT_TYPES } from '@armature/sdk/protocol';
import { describe, expect, test } from 'vitest';
import { decision, envelope, foldAll, logOf, registry, reward, START, tick, uuid } from './records.js';
import { experimentOf, requests, worldOf } from './world.js';
import { memoryStore } from './written-state.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Where one ten-minute bucket of ids ends and the next begins. */
const EDGE = START + 10 * MINUTE;
const opened = (state: Parameters<typeof statisticsOf>[0]) =>
  statisticsOf(state).reduce((sum, cell) => sum + cell.arms.reduce((all, arm) => all + arm.opened, 0), 0);

describe('an id counts once', () => {
  test('when its maker was ahead of the log, and the copy came ten minutes later by the id', () => {
    const event = decision(uuid(EDGE + 500, 1), EDGE + 500, { experiment: 'requests' });
    const { state } = foldAll(
      logOf([
        [EDGE - 500, event],
        [EDGE + 5_000, event],
      ]),
    );
    expect(opened(state)).toBe(1);
    expect(healthOf(state).get('requests')).toMatchObject({ decisions: 1, duplicates: 1 });
  });

  test.each([5_000, 11 * MINUTE, 5 * HOUR])('when the user repeats it %i ms later with another time', (later) => {
    const about = { experiment: 'lasting', decision: uuid(START, 1), metrics: { click: 1 } };
    const { state } = foldAll(
      logOf([
        [START, decision(uuid(START, 1), START, { experiment: 'lasting' })],
        [EDGE - 1, reward('order-17', EDGE - 1, about)],
        [EDGE - 1 + later, tick(1, START, true)],
        [EDGE - 1 + later, reward('order-17', EDGE - 1 + later, about)],
        [START + 25 * HOUR, tick(2, START, true)],
        [START + 25 * HOUR + 10 * MINUTE, tick(3, START)],
      ]),
      lasting,
    );
    expect(healthOf(state).get('lasting')).toMatchObject({ rewards: 1, duplicates: 1 });
    expect(statisticsOf(state)[0]?.arms[0]?.metrics.click).toMatchObject({ trials: 1, mean: 1 });
  });
});

describe('an id of the user’s own', () => {
  const order = (experiment: string, more: object = {}) =>
    reward('order-17', START + 10, { experiment, unit: 'u1', metrics: { click: 1 }, ...more });

  test('is a key in its experiment only', () => {
    const { state } = foldAll(
      logOf([
        [START, decision(uuid(START, 1), START, { experiment: 'units', unit: 'u1', period: 1 })],
        [START, decision(uuid(START, 2), START, { experiment: 'forever', unit: 'u1' })],
        [START + 20, order('units')],
        [START + 20, order('forever')],
        [START + 30, order('forever', { metrics: { click: 0 } })],
        [START + 70_000, tick(1, START)],
      ]),
    );
    expect(healthOf(state).get('units')).toMatchObject({ rewards: 1, duplicates: 0 });
    expect(healthOf(state).get('forever')).toMatchObject({ rewards: 1, duplicates: 1 });
    const cells = statisticsOf(state).map(({ arms }) => arms[0]?.metrics.click);
    // row 24 of the catalogue of bad input: the first wins, whatever the copy says
    expect(cells).toMatchObject([
      { trials: 1, mean: 1 },
      { trials: 1, mean: 1 },
    ]);
  });

  test('is a key among events of its type only', () => {
    const about = { experiment: 'requests', decision: 'order-17' };
    const { state } = foldAll(
      logOf([
        [START, decision('order-17', START, { experiment: 'requests', exposed: false })],
        [START + 1, { ...envelope('order-17', START), type: EVENT_TYPES.exposure, data: about }],
        [START + 2, order('requests', about)],
        [START + 70_000, tick(1, START)],
      ]),
    );
    expect(healthOf(state).get('requests')).toMatchObject({ decisions: 1, rewards: 1, duplicates: 0 });
    expect(statisticsOf(state)[0]?.arms[0]?.metrics.click).toMatchObject({ trials: 1, mean: 1 });
  });

  test('is never taken for a request, whatever the experiments are called', () => {
    const twins = worldOf([
      experimentOf({ id: 'cart', metrics: requests.metrics }),
      experimentOf({ id: 'visit', metrics: requests.metrics }),
    ]);
    const { state } = foldAll(
      logOf([
        [START, decision(uuid(START, 1), START, { experiment: 'visit' })],
        [START, reward('cart', START, { experiment: 'visit', decision: uuid(START, 1), metrics: { click: 1 } })],
        [START + 1, decision(uuid(START + 1, 2), START + 1, { experiment: 'cart', request: 'visit' })],
        [START + 70_000, tick(1, START)],
      ]),
      twins,
    );
    expect(healthOf(state).get('cart')).toMatchObject({ decisions: 1, repeated: 0 });
    expect(opened(state)).toBe(2);
  });

  test('counts once as long as a copy is taken, when its maker was five minutes ahead of the log', () => {
    const late = HOUR - 1_000; // a second before the hour's keys are followed by the next hour's
    const made = START + late + 5 * MINUTE;
    const event = reward('order-17', made, { experiment: 'requests', decision: uuid(START, 1), metrics: { click: 1 } });
    const { state } = foldAll(
      logOf([
        [START + late, event],
        [START + 7 * HOUR + 2_000, tick(1, START, true)],
        [START + 7 * HOUR + 3 * MINUTE, event],
      ]),
    );
    expect(healthOf(state).get('requests')).toMatchObject({ rewards: 1, duplicates: 1, tooOld: 0 });
  });

  test('names the decision of its own experiment, where two have given it', () => {
    const { state } = foldAll(
      logOf([
        [START, decision('visit-1', START, { experiment: 'requests' })],
        [START, decision('visit-1', START, { experiment: 'forever', unit: 'visit-1' })],
        [START + 2, reward('r', START, { experiment: 'forever', decision: 'visit-1', metrics: { click: 1 } })],
        [START + 70_000, tick(1, START)],
      ]),
    );
    expect(opened(state)).toBe(2);
    expect(statisticsOf(state).map(({ arms }) => arms[0]?.metrics.click?.mean)).toEqual([1, 0]);
  });
});

test('a state that was written down is the same when a decision does not count that is older than the memory of ids', () => {
  const made = START + 1_000;
  const taken = START + 5 * HOUR;
  const about = { experiment: 'requests', decision: uuid(made, 2) };
  const late = START + 7 * HOUR;
  const records = logOf([
    [taken, decision(uuid(made, 1), made, { experiment: 'requests', reason: 'default' })],
    [taken, decision(uuid(made, 2), made, { experiment: 'requests', exposed: false, propensity: 0.123 })],
    [late, tick(1, late, true)],
    [late, { ...envelope(uuid(late, 3), late), type: EVENT_TYPES.exposure, data: about }],
  ]);
  const store = memoryStore();
  const state = emptyState();
  startJournal(state);
  for (const record of records) {
    applyRecord(state, record, registry);
    if (record.offset === 1 || record.offset === 3) store.save(takeChanges(state));
  }
  expect(healthOf(state).get('requests')).toMatchObject({ propensityMismatch: 1 });
  expect(stateDigest(restoreState(store.load(), registry))).toBe(stateDigest(state));
});

test('a reward that names another experiment than its decision is invalid there, and joins nothing', () => {
  const { state } = foldAll(
    logOf([
      [START, decision(uuid(START, 1), START, { experiment: 'requests' })],
      [START, reward(uuid(START, 2), START, { experiment: 'units', decision: uuid(START, 1), metrics: { click: 1 } })],
      [START + 70_000, tick(1, START)],
    ]),
  );
  expect(healthOf(state).get('units')).toMatchObject({ rewards: 1, invalid: 1 });
  expect(statisticsOf(state)[0]?.arms[0]?.metrics.click).toMatchObject({ trials: 1, rewarded: 0 });
});

/** Trials of which are open for longer than ids are remembered. */
const day = { ...requests.metrics[0]!, windowMs: 24 * HOUR, latenessMs: 0 };
const lasting = worldOf([experimentOf({ id: 'lasting', metrics: [day] })]);

test('a request that comes back when its key is forgotten adds nothing to its trial while that is open', () => {
  const later = START + 7 * HOUR;
  const of = (n: number, at: number) => decision(uuid(at, n), at, { experiment: 'lasting', request: 'r-1' });
  const records = logOf([
    [START, of(1, START)],
    [later, tick(1, START, true)],
    [later, of(2, later)],
    [START + 40 * HOUR, tick(2, START, true)],
    [START + 40 * HOUR + 10 * MINUTE, tick(3, START)],
  ]);
  const { state } = foldAll(records, lasting);
  expect(opened(state)).toBe(1);
  expect(healthOf(state).get('lasting')).toMatchObject({ decisions: 2, repeated: 1 });
  expect(statisticsOf(state)[0]?.arms[0]?.metrics.click).toMatchObject({ trials: 1 });
});
