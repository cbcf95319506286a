import { afterEach, expect, test } from 'vitest';
import { virtualClock } from '../src/index.js';
import { decisionOf, FILES, type Workspace, workspace } from './workspace.js';

let space: Workspace;
afterEach(() => space.dispose());

test('a batch is taken in part: each fault by its index, the rest durable', async () => {
  space = await workspace(FILES);
  const engine = await space.open({ partitions: 2, clock: virtualClock(Date.now()) });
  const good = () => decisionOf(engine.snapshot, 'reader', 'large', engine.clock.now());
  const items = Array.from({ length: 10 }, (_, i) => (i % 3 === 0 ? { ...good(), id: '' } : good()));
  const { accepted, rejected, errors } = await engine.ingest(items);
  expect([accepted, rejected]).toEqual([6, 4]);
  expect(errors.map(({ index }) => index)).toEqual([0, 3, 6, 9]);
  expect(engine.health().get('reader')?.decisions).toBe(6);
});
