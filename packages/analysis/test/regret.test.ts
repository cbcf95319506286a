import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Stratum, type TrialRow, worthOf } from '../src/index.js';
import { agree, arbitraryRows, strataOfRows } from './trial-rows.js';

const ARMS = ['a', 'b', 'c'];
const HIGHER = { better: 'higher', missing: 'zero' } as const;

/** Row by row, as written: G_t(k) - R_t and R_t - mean_k G_t(k). */
function naive(rows: readonly TrialRow[]) {
  const score = (row: TrialRow, k: number) =>
    row.means[k]! + (row.arm === k ? ((row.reward ?? 0) - row.means[k]!) / row.p[k]! : 0);
  const summary = (values: readonly number[]) => {
    const sum = values.reduce((a, b) => a + b, 0);
    const mean = sum / values.length;
    const squares = values.reduce((all, value) => all + (value - mean) ** 2, 0);
    return { sum, error: Math.sqrt((squares * values.length) / (values.length - 1)) };
  };
  return {
    regret: ARMS.map((_, k) => summary(rows.map((row) => score(row, k) - (row.reward ?? 0)))),
    gain: summary(rows.map((row) => (row.reward ?? 0) - (score(row, 0) + score(row, 1) + score(row, 2)) / 3)),
  };
}

test('regret and gain from strata equal the sums over rows, with their standard errors', () => {
  fc.assert(
    fc.property(
      arbitraryRows(3).filter((rows) => rows.length > 1),
      (rows) => {
        const worth = worthOf(strataOfRows(rows, ARMS), [0, 1, 2], HIGHER);
        const oracle = naive(rows);
        for (const [k, { regret }] of worth.regret.entries()) {
          const { sum, error } = oracle.regret[k]!;
          const draws = rows.filter(({ arm }) => arm === k).length;
          if (draws < 2) {
            expect(regret).toMatchObject({ status: 'insufficient', standardError: null });
            continue;
          }
          expect(agree(regret.value!, sum, error * 10 + 100)).toBe(true);
          expect(agree(regret.standardError!, error)).toBe(true);
        }
        if (ARMS.some((_, k) => rows.filter(({ arm }) => arm === k).length < 2)) return;
        expect(agree(worth.evenSplit.gain.value!, oracle.gain.sum, oracle.gain.error * 10 + 100)).toBe(true);
        expect(agree(worth.evenSplit.gain.standardError!, oracle.gain.error)).toBe(true);
      },
    ),
    { numRuns: 100 },
  );
});

const stratum: Stratum = {
  version: '1.1',
  rule: 'policy',
  arms: ['a', 'b'],
  p: [0.5, 0.5],
  means: [0.1, 0.2],
  from: 0,
  to: 0,
  opened: [500, 500],
  cells: [
    { trials: 500, rewarded: 50, mean: 1, m2: 0 },
    { trials: 500, rewarded: 100, mean: 1, m2: 0 },
  ],
};

describe('the worth of an even split on an even split', () => {
  const worth = worthOf([stratum], [0, 1], HIGHER);

  test('gains nothing, and always serving the better arm would have brought the difference', () => {
    expect(worth.total).toBe(150);
    expect(worth.evenSplit.gain.value).toBeCloseTo(0, 9);
    expect(worth.evenSplit.value.value).toBeCloseTo(150, 9);
    expect(worth.regret[1]!.regret.value).toBeCloseTo(50, 9);
    expect(worth.regret[0]!.regret.value).toBeCloseTo(-50, 9);
  });

  test('the maximum names the better arm, and simultaneous intervals are wider than those of one look', () => {
    expect(worth.maximum.arm).toBe(1);
    const [, b] = worth.regret;
    expect(b!.simultaneous.low!).toBeLessThan(b!.oneLook.low!);
    expect(worth.maximum.simultaneous.high).toBe(b!.simultaneous.high);
    expect(worth.maximum.simultaneous.level).toBe(0.95);
  });

  test('where less is better, the signs turn', () => {
    const lower = worthOf([stratum], [0, 1], { ...HIGHER, better: 'lower' });
    expect(lower.regret[0]!.regret.value).toBeCloseTo(50, 9);
    expect(lower.maximum.arm).toBe(0);
  });
});

test('without trials everything is null with a reason', () => {
  const worth = worthOf([], [0, 1], HIGHER);
  expect(worth).toMatchObject({ total: 0, trials: 0, maximum: { arm: null } });
  expect(worth.evenSplit.gain).toMatchObject({ value: null, reason: 'no trial has closed' });
  expect(worthOf([stratum], [], HIGHER).maximum.regret.value).toBeNull();
});
