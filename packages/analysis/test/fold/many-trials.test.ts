import { applyRecord, emptyState, statisticsOf } from '@armature/analysis/fold';
import type { LogEvent } from '@armature/sdk/protocol';
import { expect, test } from 'vitest';
import { decision, registry, reward, START, tick, uuid } from './records.js';
import { experimentOf, worldOf } from './world.js';

test('many requests of one unit close in a time that grows with them, not with their square', () => {
  const trials = 20_000;
  const state = emptyState();
  const fold = (at: number, event: LogEvent): void => applyRecord(state, { offset: state.offset, at, event }, registry);
  for (let n = 0; n < trials; n += 1) {
    fold(START, decision(uuid(START, n), START, { experiment: 'requests', unit: 'anonymous' }));
  }
  const data = { experiment: 'requests', unit: 'anonymous', metrics: { click: 1 } };
  fold(START, reward(uuid(START, trials), START, data));
  const before = performance.now();
  fold(START + 66_000, tick(1, START));
  expect(state.trials.size).toBe(0);
  // measured: 25 ms, and 3400 ms when each closing trial looked through all the others
  expect(performance.now() - before).toBeLessThan(1000);
});

test('the queues of definitions without open trials are let go', () => {
  const many = Array.from({ length: 500 }, (_, n) => experimentOf({ id: `exp-${n}` }));
  const world = worldOf(many);
  const state = emptyState();
  let offset = 0;
  const apply = (at: number, event: LogEvent): void => applyRecord(state, { offset: offset++, at, event }, world);
  let at = START;
  for (const [n, { id }] of many.entries()) {
    at += 70_000; // window and lateness of the one before are over
    apply(at, decision(uuid(at, n), at, { experiment: id }));
  }
  apply(at + 70_000, tick(1, at));
  expect(state.index.queues.size).toBeLessThanOrEqual(64);
  expect(state.trials.size).toBe(0);
  expect(statisticsOf(state)).toHaveLength(500);
});
