import { describe, expect, test } from 'vitest';
import { addValue, EMPTY_MOMENTS, meanInterval, welch } from '../src/index.js';

const sample = (values: readonly number[]) => values.reduce(addValue, EMPTY_MOMENTS);

// Oracle: scipy 1.17.1, stats.ttest_ind_from_stats(equal_var=False) and stats.t.ppf.
describe('Welch', () => {
  test.each([
    [
      { count: 12, mean: 10.5, m2: 48.2 },
      { count: 9, mean: 13.25, m2: 120.75 },
      { se: 1.429067825012112, p: 0.07947731002304047, low: -0.37978104101217003, high: 5.87978104101217 },
    ],
    [
      { count: 2, mean: 1, m2: 0.5 },
      { count: 2, mean: 4, m2: 2 },
      { se: 1.118033988749895, p: 0.15796345394903621, low: -3.9185228300710637, high: 9.918522830071064 },
    ],
    [
      { count: 1000, mean: 5, m2: 8991 },
      { count: 1500, mean: 5.3, m2: 33726.375 },
      { se: 0.15491771902027313, p: 0.05291798711669477, low: -0.0037807212063909468, high: 0.6037807212063906 },
    ],
  ])('agrees with scipy on summary statistics %#', (a, b, oracle) => {
    const { difference, oneLook, p } = welch(a, b);
    expect(difference.standardError).toBeCloseTo(oracle.se, 12);
    expect(p).toBeCloseTo(oracle.p, 11);
    expect(oneLook.low).toBeCloseTo(oracle.low, 9);
    expect(oneLook.high).toBeCloseTo(oracle.high, 9);
  });

  test('agrees with scipy on raw samples', () => {
    const { oneLook, p } = welch(sample([1.1, 2.3, 3.7, 4.2]), sample([2.9, 4.4, 6.1]));
    expect(p).toBeCloseTo(0.22894752233927, 11);
    expect(oneLook.low).toBeCloseTo(-1.559172768424704, 9);
    expect(oneLook.high).toBeCloseTo(4.842506101758037, 9);
  });

  test('one constant arm is still testable, two are degenerate', () => {
    const constant = { count: 5, mean: 2, m2: 0 };
    expect(welch(constant, { count: 5, mean: 3, m2: 4 }).oneLook.status).toBe('ok');
    const both = welch(constant, { count: 5, mean: 3, m2: 0 });
    expect(both.difference).toMatchObject({ status: 'ok', value: 1, standardError: 0 });
    expect(both.oneLook).toMatchObject({ status: 'degenerate', low: null, high: null });
    expect(both.p).toBeNull();
  });

  test('no trial and one trial are insufficient, with a reason and null numbers', () => {
    const some = { count: 5, mean: 2, m2: 3 };
    expect(welch(EMPTY_MOMENTS, some)).toMatchObject({ difference: { value: null }, p: null });
    expect(welch(EMPTY_MOMENTS, some).oneLook.reason).toBe('an arm has no closed trial');
    expect(welch({ count: 1, mean: 1, m2: 0 }, some)).toMatchObject({
      difference: { value: 1, standardError: null },
      oneLook: { status: 'insufficient', reason: 'an arm has one closed trial' },
      p: null,
    });
  });

  test('a tiny p keeps its digits', () => {
    // Oracle: mpmath 1.4.1 at 40 digits, betainc(999, 1/2, 0, 1998 / 2898).
    const { p } = welch({ count: 1000, mean: 0, m2: 999 * 500 }, { count: 1000, mean: 30, m2: 999 * 500 });
    expect(p! / 1.457608285513793e-163).toBeCloseTo(1, 9);
  });
});

test('the mean of one arm has the t interval', () => {
  // Oracle: scipy 1.17.1, stats.t.interval(0.95, 3, loc=mean, scale=stats.sem(x)).
  const { mean, oneLook } = meanInterval(sample([1.1, 2.3, 3.7, 4.2]));
  expect(mean.value).toBeCloseTo(2.825, 12);
  expect(oneLook.low).toBeCloseTo(0.5920843014657713, 9);
  expect(oneLook.high).toBeCloseTo(5.057915698534229, 9);
});
