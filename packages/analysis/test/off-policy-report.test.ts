import { expect, test } from 'vitest';
import { createRandom, type LoggedRow, offPolicyReport, uniformPolicy } from '../src/index.js';

const random = createRandom(8);
const rows = Array.from({ length: 2000 }, (_, time): LoggedRow => {
  const arm = random() < 0.9 ? 'a' : 'b';
  return { time, arm, propensity: arm === 'a' ? 0.9 : 0.1, reward: random() < (arm === 'a' ? 0.1 : 0.3) ? 1 : 0 };
});

test('a foreign log is reported arm by arm and policy by policy', () => {
  const report = offPolicyReport({ source: 'log', rows, policies: [uniformPolicy(rows)], now: 0 });
  expect(report).toMatchObject({ rows: 2000, from: '1970-01-01T00:00:00.000Z', to: '1970-01-01T00:00:01.999Z' });
  expect(report.arms.map(({ arm }) => arm)).toEqual(['a', 'b']);
  expect(report.arms[0]!.share + report.arms[1]!.share).toBeCloseTo(1, 12);
  for (const { value, naiveMean } of report.arms) expect(value.snipw.value).toBeCloseTo(naiveMean, 12);
  const [uniform] = report.policies;
  expect(uniform!.policy).toBe('uniform over 2 arms');
  const [a, b] = report.arms.map(({ value }) => value.ipw.value!);
  expect(uniform!.value.ipw.value).toBeCloseTo((a! + b!) / 2, 12);
});

test('an empty log is a report without numbers', () => {
  const report = offPolicyReport({ source: 'log', rows: [], policies: [uniformPolicy([])], now: 0 });
  expect(report).toMatchObject({ rows: 0, from: null, to: null, arms: [] });
  expect(report.policies[0]!.value.ipw).toMatchObject({ value: null, reason: 'no row' });
  expect(JSON.parse(JSON.stringify(report))).toEqual(report);
});
