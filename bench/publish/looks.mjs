import { createRegistry, emptyState, mergedCells, mergeStatistics, statisticsOf } from '@armature/analysis/fold';
import { EMPTY_CELL, merge } from '@armature/sdk/policies';

/**
 * What the publisher looks at to make a version, after a year of ten-minute buckets. `totals`: sums that each partition
 * keeps; `cells`: all cells, merged anew. An operation is a look at one experiment.
 */
const { runningTotals } = await import(
  new URL('../../packages/server/dist/aggregation/running-totals.js', import.meta.url).href
);
const ARMS = ['a', 'b', 'c', 'd'];
const PARTITIONS = 4;
const BUCKETS = 52_560;
const VERSIONS = 60;
const BUCKET_MS = 600_000;
const METRIC = 'sale';

function registryOf() {
  const registry = createRegistry();
  for (let v = 1; v <= VERSIONS; v++) {
    const version = `1.${v}`;
    const data = { experiment: 'e', version, definition: '', arms: ARMS, rules: {}, means: {}, asOf: {} };
    registry.applyConfig({ specversion: '1.0', type: 'dev.armature.snapshot.v1', source: '/bench', id: version, data });
  }
  return registry;
}

function stateOf(partition) {
  const state = emptyState();
  for (let n = 0; n < BUCKETS; n++) {
    const version = `1.${1 + Math.floor((n * VERSIONS) / BUCKETS)}`;
    const bucket = n * BUCKET_MS;
    const arms = ARMS.map((_, k) => {
      const cell = { trials: 9, rewarded: 2 + ((n + k + partition) % 3), mean: 1 + (n % 7) / 8, m2: 0.5 };
      return { opened: 9, metrics: new Map([[METRIC, cell]]) };
    });
    const cell = { experiment: 'e', version, rule: 'policy', bucket, order: n, changed: false, arms };
    state.cells.set(`e\0${version}\0policy\0${bucket}`, cell);
  }
  return state;
}

export async function prepare({ how }) {
  const registry = registryOf();
  const states = Array.from({ length: PARTITIONS }, (_, p) => stateOf(p));
  const totals = states.map((state) => runningTotals(state, registry));
  const lookAt = {
    totals() {
      const parts = totals.map((of) => of.cells('e', 1, ARMS, METRIC));
      return ARMS.map((_, k) => parts.reduce((sum, cells) => merge(sum, cells[k]), EMPTY_CELL));
    },
    cells: () => mergedCells(mergeStatistics(states.map(statisticsOf)), 'e', '1', ARMS, METRIC, () => ARMS),
  };
  let last;
  return {
    least: 1,
    async run(n) {
      for (let i = 0; i < n; i++) last = lookAt[how]();
    },
    async verify() {
      const expected = lookAt.cells();
      for (const [k, { trials, rewarded, mean }] of expected.entries()) {
        const same = last[k].trials === trials && last[k].rewarded === rewarded;
        if (!same || Math.abs(last[k].mean / mean - 1) > 1e-12) throw new Error('the two ways differ');
      }
      return {};
    },
  };
}
