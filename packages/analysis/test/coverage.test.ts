import { describe, expect, test } from 'vitest';
import { coverageStudy, coverageTable, thompsonPolicy } from '../src/index.js';

/** A share of 60 runs may lie three Monte-Carlo standard errors off. */
const slack = (share: number) => 3 * Math.sqrt((share * (1 - share)) / 60);

describe('the coverage study', () => {
  // 60 runs a cell, a third as long as those of the full study, which stands in docs/statistics.md.
  const progress: number[] = [];
  const plan = { replications: 60, seed: 1, policy: thompsonPolicy(0.05), trials: 5000, firstLook: 500 };
  const rows = coverageStudy(plan, (done) => progress.push(done));
  const cell = (arms: string, trend: string) => rows.find((row) => row.arms.startsWith(arms) && row.trend === trend)!;

  test('has equal and unequal arms under each trend, and reports its progress', () => {
    expect(rows.map(({ arms, trend }) => `${arms.split(' ')[0]}, ${trend}`)).toEqual(
      ['equal', 'unequal'].flatMap((arms) => ['none', 'daily wave, ±.04', 'rising by .10'].map((t) => `${arms}, ${t}`)),
    );
    expect(progress.at(-1)).toBe(60 * rows.length);
  });

  test.each(rows)('$arms, trend $trend: one look covers, anytime holds', ({ oneLook, anytimeEverMissed }) => {
    expect(oneLook.value).toBeGreaterThanOrEqual(0.95 - slack(0.95));
    expect(anytimeEverMissed.value).toBeLessThanOrEqual(0.05 + slack(0.05));
  });

  test('under a trend the naive interval fails where there is nothing to find', () => {
    expect(cell('equal', 'rising by .10').naive.value).toBeLessThan(0.75);
  });

  test('looked at again and again, the one-look interval misses more often than it says', () => {
    expect(Math.max(...rows.map(({ oneLookEverMissed }) => oneLookEverMissed.value))).toBeGreaterThan(0.1);
  });

  test('is the same for the same seed', () => {
    const short = { ...plan, replications: 3, trials: 1000 };
    expect(coverageStudy(short)).toEqual(coverageStudy(short));
  });

  test('prints a Markdown table with Monte-Carlo errors', () => {
    const lines = coverageTable(rows).split('\n');
    expect(lines).toHaveLength(2 + rows.length);
    expect(lines[2]).toMatch(/^\| equal \(0\.1, 0\.1, 0\.1\) \| none \| 60 \| \d\.\d{3} ± \d\.\d{3} \|/);
  });
});
