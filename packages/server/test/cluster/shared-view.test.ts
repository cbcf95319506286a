import { EMPTY_CELL } from '@armature/sdk/policies';
import { expect, test } from 'vitest';
import { totalEntry, totalsText } from '../../src/aggregation/shared-totals.js';
import type { StateMark } from '../../src/cluster/ports.js';
import { sharedView } from '../../src/cluster/shared-view.js';

const name = { experiment: 'hero', epoch: 1, arm: 'a', metric: 'click' };
const mark = (revision: string, offset: number, totals: string): StateMark => ({
  log: 'log-1',
  revision,
  offset,
  totals,
});

test('sums that this version cannot read are never taken for those that it read before', async () => {
  const totals = totalsText([totalEntry(name, { ...EMPTY_CELL, trials: 3 })]);
  let marks = [mark('r.1', 10, totals)];
  const view = sharedView({ marks: async () => marks }, 1, 'log-1');
  expect(await view.refresh()).toBe(true);
  marks = [mark('r.2', 20, '{"schema":2,"sums":[]}')];
  await expect(view.refresh()).rejects.toThrow('totals of schema 2; this version reads schema 1');
  await expect(view.refresh()).rejects.toThrow('totals of schema 2; this version reads schema 1');
  expect(view.partitions[0]?.state.offset).toBe(10);
  marks = [mark('r.3', 30, totalsText([totalEntry(name, { ...EMPTY_CELL, trials: 9 })]))];
  expect(await view.refresh()).toBe(true);
  expect(view.partitions[0]?.state.offset).toBe(30);
  expect(view.partitions[0]?.totals.cells('hero', 1, ['a'], 'click')[0]?.trials).toBe(9);
});
