/** The closing lines of `npm test`: what they count, and what makes a run fail. */
import { expect, test } from 'vitest';
import { closingLines } from '../scripts/test-report.mjs';

type Status = 'passed' | 'failed' | 'pending';

/** A report in the form of vitest's JSON reporter: files with their tests' titles and statuses. */
function report(files: Record<string, [title: string, status: Status][]>, brokenFile = '') {
  const all = Object.values(files).flat();
  const count = (status: Status) => all.filter(([, found]) => found === status).length;
  const testResults = Object.entries(files).map(([name, tests]) => ({
    name: `/checkout/${name}`,
    status: name === brokenFile || tests.some(([, status]) => status === 'failed') ? 'failed' : 'passed',
    assertionResults: tests.map(([fullName, status]) => ({ fullName, status })),
  }));
  return {
    numPassedTests: count('passed'),
    numFailedTests: count('failed'),
    numPendingTests: count('pending'),
    numTodoTests: 0,
    testResults,
  };
}

const run = { exitCode: 0, root: '/checkout', narrowed: false };

test('the last line counts what passed, failed and was skipped', () => {
  const files = { 'a.test.ts': [['x', 'passed'] as [string, Status], ['y', 'failed'] as [string, Status]] };
  expect(closingLines(report(files), { ...run, exitCode: 1 })).toEqual({
    lines: ['1 passed, 1 failed, 0 skipped'],
    exitCode: 1,
  });
});

test('a suite whose tool is missing is named as not run, and the run passes', () => {
  const files: Record<string, [string, Status][]> = {
    'a.test.ts': [['x', 'passed']],
    'b.test.ts': [
      ['logs [needs data] y', 'pending'],
      ['logs [needs data] z', 'pending'],
    ],
  };
  expect(closingLines(report(files), run)).toEqual({
    lines: ['not run, because data is not on this machine: b.test.ts (2 tests)', '1 passed, 0 failed, 2 skipped'],
    exitCode: 0,
  });
});

test('the servers that were used are named, each once', () => {
  const used = [
    'Redis 7.0.15: started redis-server on 127.0.0.1:20001',
    'Kafka 4.1.1: started from /libs on 127.0.0.1:20002,127.0.0.1:20003,127.0.0.1:20004 with Java 17',
    'Redis 7.0.15: started redis-server on 127.0.0.1:20005',
    'Kafka: broker.example:9092, from ARMATURE_KAFKA_BROKERS',
  ];
  expect(closingLines(report({ 'a.test.ts': [['x', 'passed']] }), { ...run, used }).lines).toEqual([
    'used Kafka 4.1.1: started from /libs on 127.0.0.1 with Java 17',
    'used Kafka: broker.example:9092, from ARMATURE_KAFKA_BROKERS',
    'used Redis 7.0.15: started redis-server on 127.0.0.1',
    '1 passed, 0 failed, 0 skipped',
  ]);
});

test('a test skipped for no reason makes the run fail, unless the run was narrowed by title', () => {
  const files: Record<string, [string, Status][]> = {
    'a.test.ts': [
      ['x', 'passed'],
      ['y', 'pending'],
    ],
  };
  expect(closingLines(report(files), run)).toEqual({
    lines: ['1 test skipped without naming a tool that is missing', '1 passed, 0 failed, 1 skipped'],
    exitCode: 1,
  });
  expect(closingLines(report(files), { ...run, narrowed: true }).exitCode).toBe(0);
});

test('a run that was narrowed by title says of no tool that it is missing', () => {
  const files: Record<string, [string, Status][]> = {
    'a.test.ts': [
      ['x', 'passed'],
      ['logs [needs data] y', 'pending'],
    ],
  };
  expect(closingLines(report(files), { ...run, narrowed: true }).lines).toEqual(['1 passed, 0 failed, 1 skipped']);
});

test('a file that cannot be loaded counts as failed', () => {
  const broken = report({ 'a.test.ts': [['x', 'passed']], 'b.test.ts': [] }, 'b.test.ts');
  expect(closingLines(broken, { ...run, exitCode: 1 }).lines).toEqual(['1 passed, 1 failed, 0 skipped']);
});

test('an error outside the tests counts as failed', () => {
  const passing = report({ 'a.test.ts': [['x', 'passed']] });
  expect(closingLines(passing, { ...run, exitCode: 1 }).lines.at(-1)).toBe('1 passed, 1 failed, 0 skipped');
});

test('a run in which nothing passed is no success', () => {
  expect(closingLines(report({}), run)).toEqual({ lines: ['0 passed, 0 failed, 0 skipped'], exitCode: 1 });
});
