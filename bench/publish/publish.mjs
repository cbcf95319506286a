import { interleave, timesSlower } from '../harness/interleave.mjs';

const module = new URL('./looks.mjs', import.meta.url);

export const title = 'publish: a look of the publisher, 4 partitions of 52,560 cells, 4 arms';
const MOST_MS = 5;

export async function measure({ rounds, onRound }) {
  const parts = Object.fromEntries(['totals', 'cells'].map((how) => [how, { module, options: { how } }]));
  const by = await interleave(parts, { rounds: Math.min(rounds, 5), onRound });
  const ms = ({ cpuUs }) => cpuUs / 1000;
  return [
    {
      what: 'statistics of an experiment, by running totals',
      unit: 'ms CPU',
      ours: ms(by.totals),
      peer: { name: 'ms, all cells merged', value: ms(by.cells) },
      ...timesSlower(by.totals, by.cells),
      most: MOST_MS,
    },
  ];
}
