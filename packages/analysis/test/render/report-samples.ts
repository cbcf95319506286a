import {
  buildReport,
  createRandom,
  type LoggedRow,
  type OffPolicyReport,
  offPolicyReport,
  type Report,
  thompsonPolicy,
  uniformPolicy,
} from '../../src/index.js';
import { CLICK, experimentOn, inputOf } from '../report-input.js';

/** Reports of every kind that a rendering must stand, built as the product builds them. */

const environment = { arms: ['a', 'b', 'c', 'd'], rates: [0.0259, 0.0237, 0.0193, 0.0153] };
const plan = { environment, policy: thompsonPolicy(0.02), trials: 12_000, updateEvery: 400, seed: 5 };
const FIRST_CLOSES = Date.UTC(2026, 10, 24, 14, 5);
const OPEN = { open: 128, firstClosesAt: FIRST_CLOSES };

/** Weights moved, all trials closed. */
export const learned: Report = buildReport(inputOf(plan));

/** A split that stood still, with a second metric that nobody rewarded. */
export const split: Report = buildReport(
  inputOf(
    { ...plan, policy: () => [0.4, 0.3, 0.2, 0.1], seed: 6 },
    {
      experiment: experimentOn(environment.arms, {
        policy: { kind: 'fixed' },
        floor: 0,
        control: 'd',
        metrics: [CLICK, { ...CLICK, name: 'latency_ms', type: 'real', better: 'lower', missing: 'ignored' }],
      }),
    },
  ),
);

/** Too few draws for anytime intervals, some trials open. */
export const early: Report = buildReport(inputOf({ ...plan, trials: 900, updateEvery: 100 }, { open: OPEN }));

/** Nothing has happened. */
export const empty: Report = buildReport(inputOf({ ...plan, trials: 0 }));

/** Decisions, and no closed trial. */
export const openOnly: Report = (() => {
  const input = inputOf({ ...plan, trials: 400 }, { open: { ...OPEN, open: 400 } });
  const statistics = input.statistics.map((cell) => ({
    ...cell,
    arms: cell.arms.map(({ opened }) => ({ opened, metrics: {} })),
  }));
  return buildReport({ ...input, statistics });
})();

/** Nothing is learnt from. */
export const rewardless: Report = (() => {
  const { reward: _, ...experiment } = experimentOn(environment.arms, { metrics: [] });
  return buildReport(inputOf(plan, { experiment }));
})();

/** A foreign log: two arms that can be valued and one that cannot. */
export const imported: OffPolicyReport = (() => {
  const random = createRandom(8);
  const shares = { small: 0.6, large: 0.395, rare: 0.005 } as const;
  const rows = Array.from({ length: 3000 }, (_, i): LoggedRow => {
    const u = random();
    const arm = u < shares.small ? 'small' : u < shares.small + shares.large ? 'large' : 'rare';
    const reward = random() < (arm === 'large' ? 0.3 : 0.1) ? 1 : 0;
    return { time: Date.UTC(2026, 10, 20) + 60_000 * i, arm, propensity: shares[arm], reward };
  });
  const policies = [{ name: 'always large', target: ({ arm }: LoggedRow) => (arm === 'large' ? 1 : 0) }];
  return offPolicyReport({ source: 'men.csv', rows, policies: [...policies, uniformPolicy(rows)], now: FIRST_CLOSES });
})();

/** A foreign log without a row. */
export const importedNothing: OffPolicyReport = offPolicyReport({
  source: 'empty.csv',
  rows: [],
  policies: [uniformPolicy([])],
  now: FIRST_CLOSES,
});

export const SAMPLES = { learned, split, early, empty, openOnly, rewardless, imported, importedNothing } as const;

/** A report whose every name is this one, followed by its place. */
export function namedReport(name: string): Report {
  const arms = ['0', '1', '2', '3'].map((place) => name + place);
  const input = inputOf({ ...plan, trials: 2000, environment: { ...environment, arms } });
  const metrics = [{ ...CLICK, name }];
  const statistics = input.statistics.map((cell) => ({
    ...cell,
    experiment: name,
    arms: cell.arms.map(({ opened, metrics: { click } }) => ({ opened, metrics: click ? { [name]: click } : {} })),
  }));
  const versions = new Map(
    [...input.versions].map(([version, { means, ...data }]) => [
      version,
      { ...data, experiment: name, means: means.click === undefined ? {} : { [name]: means.click } },
    ]),
  );
  const experiment = experimentOn(arms, { id: name, description: name, control: arms[3]!, reward: name, metrics });
  return buildReport({ ...input, experiment, statistics, versions });
}
