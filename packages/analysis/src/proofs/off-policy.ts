import type { Interval } from '../estimate.js';
import { type LoggedRow, policyValue } from '../importance.js';
import { type Environment, simulateStrata } from '../simulate.js';
import { markdownTable, type Share, shareText } from './share.js';
import { type Declaration, simulatedPolicy } from './simulated-experiment.js';

/** A log whose propensities are known, and what is asked of it. */
export interface OffPolicyCase {
  readonly name: string;
  readonly rates: readonly number[];
  readonly floor: number;
  readonly rows: number;
}

export const OFF_POLICY_CASES: readonly OffPolicyCase[] = [
  { name: 'rates .1 .12 .15, floor 10%', rates: [0.1, 0.12, 0.15], floor: 0.1, rows: 5000 },
  { name: 'rates .1 .12 .15, floor 2%', rates: [0.1, 0.12, 0.15], floor: 0.02, rows: 5000 },
  { name: 'rates .005 .005 .005, floor 5%', rates: [0.005, 0.005, 0.005], floor: 0.05, rows: 5000 },
];

/** How often the intervals of the value of an even split cover it; null values are left out. */
export interface OffPolicyRow extends OffPolicyCase {
  readonly ipw: Share;
  readonly snipw: Share;
  readonly refused: Share;
}

/**
 * The value of an even split from a Thompson log by IPW and SNIPW.
 *
 * @param of the log
 * @param replications runs
 * @param seed of the first run
 * @param onRun called after each run
 */
export function offPolicyCoverage(
  of: OffPolicyCase,
  replications: number,
  seed: number,
  onRun: () => void,
): OffPolicyRow {
  const arms = ['a', 'b', 'c'];
  const environment: Environment = { arms, rates: of.rates };
  const declaration: Declaration = { assign: 'request', policy: { kind: 'thompson' }, floor: of.floor, type: 'binary' };
  const truth = of.rates.reduce((sum, rate) => sum + rate, 0) / arms.length;
  let [ipw, snipw] = [
    { hits: 0, of: 0 },
    { hits: 0, of: 0 },
  ];
  for (let r = 0; r < replications; r++) {
    const rows: LoggedRow[] = [];
    const plan = { environment, policy: simulatedPolicy(declaration), trials: of.rows, updateEvery: 100 };
    for (const _ of simulateStrata({ ...plan, seed: seed + r }, ({ arm, p, reward, time }) => {
      rows.push({ time, arm: arms[arm]!, propensity: p[arm]!, reward: reward ?? 0 });
    }));
    const value = policyValue(rows, () => 1 / arms.length);
    ipw = added(ipw, value.ipwInterval, truth);
    snipw = added(snipw, value.snipwInterval, truth);
    onRun();
  }
  return { ...of, ipw, snipw, refused: { hits: replications - ipw.of, of: replications } };
}

function added(share: Share, { low, high }: Interval, truth: number): Share {
  if (low === null || high === null) return share;
  return { hits: share.hits + (low <= truth && truth <= high ? 1 : 0), of: share.of + 1 };
}

/** One row a log. */
export function offPolicyTable(rows: readonly OffPolicyRow[]): string {
  return markdownTable(
    ['log', 'rows', 'IPW covers', 'SNIPW covers', 'refused'],
    rows.map(({ name, rows: n, ipw, snipw, refused }) => [
      name,
      String(n),
      shareText(ipw),
      shareText(snipw),
      shareText(refused),
    ]),
  );
}
