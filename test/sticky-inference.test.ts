/**
 * Equal arms, units that keep theirs: how often a 5 % test finds a difference. 150 runs here; for a table with more,
 * `ARMATURE_RUNS=1000 npx vitest run test/sticky-inference.test.ts`.
 */
import { expect, test } from 'vitest';
import { falseAlarms } from './sticky-study.js';

const RUNS = Number(process.env.ARMATURE_RUNS ?? 150);

/** The largest share that chance explains at four Monte-Carlo standard errors. */
const most = (share: number): number => share + 4 * Math.sqrt((share * (1 - share)) / RUNS);

const study = { replications: RUNS, seed: 1, newcomers: 50, versions: 40, returns: 20 };
test.each([
  ['units alike', { ...study, unitSd: 0, rise: 0 }],
  ['units that differ', { ...study, unitSd: 1, rise: 0 }],
  ['units that differ, under a trend', { ...study, unitSd: 1, rise: 1 }],
])(
  'equal arms, %s: first decisions give no more false alarms than they may',
  (name, plan) => {
    const alarms = falseAlarms(plan);
    const rounded = Object.entries(alarms).map(([key, value]) => `${key} ${value.toFixed(3)}`);
    if (process.env.ARMATURE_RUNS !== undefined) console.log(`${name}, ${RUNS} runs: ${rounded.join(' · ')}`);
    expect(alarms.weight).toBeGreaterThan(0.6); // the weights do move
    expect(alarms.oneLook).toBeLessThan(most(0.05));
    expect(alarms.anytime).toBeLessThan(most(0.05));
    // what is refused: row-wise methods find differences that are not there (verified before: 31 to 85 %)
    if (plan.unitSd > 0) expect(Math.min(alarms.rowWise, alarms.naive)).toBeGreaterThan(0.2);
  },
  600_000,
);
