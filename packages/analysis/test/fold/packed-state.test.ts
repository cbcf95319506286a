import { applyRecord, emptyState, floorState, packState, stateDigest } from '@armature/analysis/fold';
import { encodeFloor } from '@armature/analysis/log';
import { expect, test } from 'vitest';
import { decision, foldAll, iso, logOf, registry, reward, START, tick, uuid } from './records.js';

/** Decisions a second apart, each with its reward, and ticks that close them. */
const history = Array.from({ length: 400 }, (_, n): [number, ReturnType<typeof tick>][] => {
  const at = START + 1000 * n;
  const id = uuid(at, n);
  const about = { experiment: 'requests', decision: id, metrics: { click: 1 } };
  return [
    [at, decision(id, at, { experiment: 'requests' })] as never,
    [at + 1, reward(uuid(at, 1000 + n), at, about)] as never,
    [at + 2, tick(n, at)],
  ];
}).flat();
const records = logOf(history);

test('a fold that goes on from a kept state is the whole fold, and keeps no account of what changes', () => {
  const before = emptyState();
  for (const record of records.slice(0, 300)) applyRecord(before, record, registry);
  const floor = { log: 'log-1', offset: 300, at: START, ...packState(before) };
  const state = floorState(floor, 0, 'log-1', registry);
  for (const record of records.slice(300)) applyRecord(state, record, registry);
  expect(stateDigest(state)).toBe(stateDigest(foldAll(records).state));
  expect(state.journal).toBeUndefined();
  const [table] = state.ids.uuids.values();
  expect(table).toMatchObject({ fresh: undefined, freshCount: 0 });
  expect(state.trials.size, iso(state.watermark)).toBeLessThan(100);
});

test('what is kept of deleted records takes twelve bytes for an id, and is no text, which could not be as long', () => {
  const state = emptyState();
  const record = (n: number) => decision(uuid(START, n), START, { experiment: 'forever', unit: `u${n}` });
  for (const each of logOf(Array.from({ length: 5000 }, (_, n) => [START, record(n)])))
    applyRecord(state, each, registry);
  state.trials.clear();
  const pieces = encodeFloor({ log: 'log-1', offset: 5000, at: START, ...packState(state) });
  const bytes = pieces.reduce((sum, { length }) => sum + length, 0);
  // 5000 decisions and as many units
  expect(bytes).toBeGreaterThan(12 * 10_000);
  expect(bytes).toBeLessThan(12 * 10_000 + 3000);
});
