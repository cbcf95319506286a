import { describe, expect, test } from 'vitest';
import { healthChecks, ratioReport, worstStatus } from '../src/index.js';
import { NO_HEALTH } from './report-input.js';

const even = { version: '1.2', p: [0.5, 0.5], opened: [510, 490] };

describe('the ratio report', () => {
  test('holds the split of the versions that have trials, not of one that has none', () => {
    const unused = { version: '1.1', p: [0.9, 0.1], opened: [0, 0] };
    const { chiSquare, arms } = ratioReport(['a', 'b'], [unused, even], true);
    expect(chiSquare).toMatchObject({ status: 'ok', degreesOfFreedom: 1 });
    expect(chiSquare!.statistic).toBeCloseTo(0.4, 12);
    expect(arms).toEqual([
      { arm: 'a', opened: 510, expected: 500 },
      { arm: 'b', opened: 490, expected: 500 },
    ]);
  });

  test('has no chi-square where weights moved, and nothing to say without trials', () => {
    expect(ratioReport(['a', 'b'], [even], false).chiSquare).toBeNull();
    expect(ratioReport(['a', 'b'], [], true)).toMatchObject({
      sequential: { status: 'insufficient' },
      chiSquare: null,
      arms: [
        { opened: 0, expected: 0 },
        { opened: 0, expected: 0 },
      ],
    });
  });
});

describe('the health line', () => {
  const good = ratioReport(['a', 'b'], [even], true);
  const of = (id: string, health = NO_HEALTH, ratio = good) => healthChecks(health, ratio).find((c) => c.id === id)!;

  test('is ok with labels and no advice when nothing is wrong', () => {
    const checks = healthChecks({ ...NO_HEALTH, decisions: 1000, rewards: 900, duplicates: 40 }, good);
    expect(worstStatus(checks)).toBe('ok');
    expect(checks.map(({ label }) => label)).toEqual([
      'propensities ok',
      'unmatched 0',
      'late 0',
      'duplicates 40',
      'fallback 0.0%',
      'invalid 0',
      'too old 0',
      'dropped 0',
    ]);
    expect(checks.every(({ text }) => text === null)).toBe(true);
  });

  test.each(['unmatched', 'late', 'invalid'] as const)('warns of %s rewards above one in a hundred', (id) => {
    expect(of(id, { ...NO_HEALTH, rewards: 1000, [id]: 10 }).status).toBe('ok');
    expect(of(id, { ...NO_HEALTH, rewards: 1000, [id]: 11 })).toMatchObject({ status: 'warning', count: 11 });
  });

  test('warns of decisions without a snapshot by their share', () => {
    const fallback = of('fallback', { ...NO_HEALTH, decisions: 200, notRandomised: { default: 5, override: 9 } });
    expect(fallback).toMatchObject({ status: 'warning', count: 5, label: 'fallback 2.5%' });
  });

  test('a ratio that 20 speaks against is doubtful, one that 1000 speaks against has failed', () => {
    const ratio = (up: number) => ratioReport(['a', 'b'], [{ ...even, opened: [5000 + up, 5000 - up] }], false);
    expect(of('propensities', NO_HEALTH, ratio(100)).status).toBe('ok');
    expect(of('propensities', NO_HEALTH, ratio(180))).toMatchObject({
      status: 'warning',
      label: 'propensities doubtful',
    });
    expect(of('propensities', NO_HEALTH, ratio(260))).toMatchObject({ status: 'failed', label: 'propensities FAILED' });
  });

  test('mismatched propensities are counted and left out', () => {
    const mismatched = of('propensities', { ...NO_HEALTH, propensityMismatch: 3 });
    expect(mismatched).toMatchObject({ status: 'warning', label: 'propensities 3 mismatched' });
  });
});
