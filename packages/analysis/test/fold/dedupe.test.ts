import { healthOf, statisticsOf } from '@armature/analysis/fold';
import { describe, expect, test } from 'vitest';
import { decision, foldAll, logOf, reward, START, tick, uuid } from './records.js';
import { experimentOf, requests, worldOf } from './world.js';

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
