import { healthOf, statisticsOf } from '@armature/analysis/fold';
import { describe, expect, test } from 'vitest';
import { decision, foldAll, logOf, reward, START, tick, uuid } from './records.js';
import { experimentOf, worldOf } from './world.js';

const world = worldOf([experimentOf({ id: 'sticky', assign: 'sticky' })]);
const day = 86_400_000;
let made = 0;
const idAt = (time: number): string => {
  made += 1;
  return uuid(time, made);
};
const drawn = (time: number, data: object) =>
  decision(idAt(time), time, { experiment: 'sticky', unit: 'u-1', ...data });
const paid = (time: number, of: { readonly id: string }, click: number) =>
  reward(idAt(time), time, { experiment: 'sticky', decision: of.id, unit: 'u-1', metrics: { click } });
const at = (event: ReturnType<typeof drawn>): [number, typeof event] => [Date.parse(event.time), event];
/** Six hours of ticks, ten minutes apart: whatever was open is closed. */
const closing = (from: number) =>
  Array.from({ length: 36 }, (_, i) => at(tick(from + i, from + (i + 1) * 600_000) as ReturnType<typeof drawn>));
const cellsOf = (state: Parameters<typeof statisticsOf>[0]) =>
  statisticsOf(state).map(({ version, arms }) => [
    version,
    arms.map(({ opened, metrics }) => [opened, metrics.click?.mean]),
  ]);

describe('a unit that keeps its arm', () => {
  test('is one trial, under the version that drew it, however often and late it comes back', () => {
    const first = drawn(START, { arm: 'b' });
    const again = drawn(START + 30_000, { arm: 'b', reason: 'sticky' });
    const late = drawn(START + 20 * day, { arm: 'b', reason: 'sticky' });
    const { state } = foldAll(
      logOf([
        at(first),
        at(again),
        at(paid(START + 40_000, again, 1) as typeof first),
        at(paid(START + 50_000, first, 2) as typeof first),
        ...closing(START),
        at(tick(1, START + 20 * day, true) as typeof first),
        at(late),
        at(paid(START + 20 * day + 1, late, 5) as typeof first),
        ...closing(START + 20 * day),
      ]),
      world,
    );
    expect(cellsOf(state)).toEqual([
      [
        '1.1',
        [
          [0, undefined],
          [1, 3],
          [0, undefined],
        ],
      ],
    ]);
    expect(healthOf(state).get('sticky')).toMatchObject({ decisions: 3, repeated: 2, propensityMismatch: 0 });
  });

  test('belongs to the first decision in the log, where two processes drew it at once', () => {
    const loser = drawn(START + 5, { arm: 'c', snapshot: '1.2' });
    const winner = drawn(START, { arm: 'a' });
    const kept = drawn(START + 30_000, { arm: 'a', reason: 'sticky' });
    const records = [at(loser), at(winner), at(kept), at(paid(START + 31_000, kept, 1) as typeof loser)] as const;
    const { state } = foldAll(logOf([...records, ...closing(START)]), world);
    expect(cellsOf(state)).toEqual([
      [
        '1.2',
        [
          [0, undefined],
          [0, undefined],
          [1, 1],
        ],
      ],
    ]);
  });

  test('whose first decision was lost is opened by a later one, under the version that drew it', () => {
    const sticky = drawn(START + 60_000, { arm: 'c', reason: 'sticky' });
    const records = [at(sticky), at(paid(START + 61_000, sticky, 4) as typeof sticky), ...closing(START)];
    const { state } = foldAll(logOf(records), world);
    expect(cellsOf(state)).toEqual([
      [
        '1.1',
        [
          [0, undefined],
          [0, undefined],
          [1, 4],
        ],
      ],
    ]);
  });

  test('and was drawn anew while its arm was killed pays to its first arm', () => {
    const first = drawn(START, { arm: 'a' });
    const instead = drawn(START + 10_000, { arm: 'c', snapshot: '1.2' });
    const records = [at(first), at(instead), at(paid(START + 20_000, instead, 7) as typeof first), ...closing(START)];
    const { state } = foldAll(logOf(records), world);
    expect(cellsOf(state)).toEqual([
      [
        '1.1',
        [
          [1, 7],
          [0, undefined],
          [0, undefined],
        ],
      ],
    ]);
  });

  test('of another learning epoch is another trial', () => {
    const [before, after] = [drawn(START, { arm: 'a' }), drawn(START + 1000, { arm: 'c', snapshot: '2.1' })];
    const { state } = foldAll(logOf([at(before), at(after), ...closing(START)]), world);
    expect(cellsOf(state).map(([version]) => version)).toEqual(['1.1', '2.1']);
  });
});
