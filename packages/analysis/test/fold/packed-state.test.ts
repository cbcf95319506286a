import { applyRecord, emptyState, floorState, packState, stateDigest } from '@armature/analysis/fold';
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
  const floor = { log: 'log-1', offset: 300, at: START, state: packState(before) };
  const state = floorState(floor, 0, 'log-1', registry);
  for (const record of records.slice(300)) applyRecord(state, record, registry);
  expect(stateDigest(state)).toBe(stateDigest(foldAll(records).state));
  expect(state.journal).toBeUndefined();
  const [table] = state.ids.uuids.values();
  expect(table).toMatchObject({ fresh: undefined, freshCount: 0 });
  expect(state.trials.size, iso(state.watermark)).toBeLessThan(100);
});
