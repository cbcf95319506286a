import { interleave, timesSlower } from '../harness/interleave.mjs';

const at = (path) => new URL(path, import.meta.url);

export const title = 'weights: P(best) of Beta arms, the mean over young, middling, old and mixed ones';
const MOST_ERROR = 1e-10;
/** us CPU at most, by the number of arms. */
const GOALS = { 10: 60, 100: 800 };

export async function measure({ rounds, onRound }) {
  const rows = [];
  for (const arms of [2, 10, 100]) {
    const parts = {
      exact: { module: at('./exact.mjs'), options: { arms } },
      'monte carlo': { module: at('./monte-carlo.mjs'), options: { arms } },
    };
    // 100 arms by Monte Carlo take a second or so: a few rounds must do
    const by = await interleave(parts, { rounds: arms === 100 ? Math.min(rounds, 3) : rounds, onRound });
    const { exact, 'monte carlo': sampled } = by;
    const note = `error ${exact.facts.error.toExponential(1)}, of the draws ${sampled.facts.error.toExponential(1)}`;
    const what = `weights of ${arms} arms`;
    rows.push({
      what,
      unit: 'us CPU',
      ours: exact.cpuUs,
      peer: { name: '20,000 draws', value: sampled.cpuUs },
      ...timesSlower(exact, sampled),
      note,
    });
    if (GOALS[arms] === undefined) continue;
    rows.push({ what, unit: 'us CPU', ours: exact.cpuUs, spread: exact.spread, most: GOALS[arms] });
    const { error } = exact.facts;
    rows.push({ what: `${what}, error`, unit: '', ours: error, most: MOST_ERROR, exact: true });
  }
  return rows;
}
