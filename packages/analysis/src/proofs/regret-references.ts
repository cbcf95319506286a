import type { Experiment } from '@armature/sdk/protocol';
import { simulateStrata } from '../simulate.js';
import { markdownTable } from './share.js';
import { simulatedPolicy } from './simulated-experiment.js';

/** Mean pseudo-regret after 10,000 steps with its standard error, by an independent program. */
export interface RegretReference {
  readonly policy: string;
  readonly means: readonly number[];
  readonly mean: number;
  readonly error: number;
}

/** What was simulated here beside its reference. */
export interface RegretRow extends RegretReference {
  readonly replications: number;
  readonly ours: number;
  readonly oursError: number;
  /** Difference over its standard error. */
  readonly z: number;
}

const STEPS = 10_000;

const NINE = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9] as const;
const CLOSE = [0.01, 0.02, 0.3, 0.4, 0.5, 0.6, 0.795, 0.8, 0.805] as const;
const LOW = [0.01, 0.01, 0.01, 0.02, 0.02, 0.02, 0.05, 0.05, 0.1] as const;

/**
 * Oracle: the simulations of the field notes (NumPy, 2,000 replications, KL-UCB 1,000); epsilon-greedy by
 * scripts/oracles/epsilon-greedy-regret.py (NumPy, 2,000 replications).
 */
export const REGRET_REFERENCES: readonly RegretReference[] = [
  { policy: 'thompson', means: NINE, mean: 41.98, error: 0.28 },
  { policy: 'thompson', means: CLOSE, mean: 71.05, error: 0.45 },
  { policy: 'thompson', means: LOW, mean: 69.8, error: 0.33 },
  { policy: 'ucb1', means: NINE, mean: 330.84, error: 0.61 },
  { policy: 'ucb1', means: CLOSE, mean: 233.22, error: 0.41 },
  { policy: 'ucb1', means: LOW, mean: 487.26, error: 0.4 },
  { policy: 'ucb1-tuned', means: NINE, mean: 55.12, error: 0.5 },
  { policy: 'ucb1-tuned', means: CLOSE, mean: 69.59, error: 0.32 },
  { policy: 'ucb1-tuned', means: LOW, mean: 178.07, error: 0.4 },
  { policy: 'kl-ucb', means: NINE, mean: 59.08, error: 0.38 },
  { policy: 'kl-ucb', means: CLOSE, mean: 85.68, error: 0.44 },
  { policy: 'kl-ucb', means: LOW, mean: 95.19, error: 0.46 },
  { policy: 'epsilon-greedy .1', means: NINE, mean: 439.14, error: 1.32 },
  { policy: 'epsilon-greedy .1', means: CLOSE, mean: 380.5, error: 0.8 },
  { policy: 'epsilon-greedy .1', means: LOW, mean: 129.2, error: 2.01 },
];

function policyOf(name: string): Experiment['policy'] {
  switch (name) {
    case 'thompson':
      return { kind: 'thompson' };
    case 'ucb1':
      return { kind: 'ucb', variant: 'ucb1', c: 2 };
    case 'ucb1-tuned':
      return { kind: 'ucb', variant: 'ucb1-tuned', c: 1 };
    case 'kl-ucb':
      return { kind: 'ucb', variant: 'kl-ucb', c: 0 };
    default:
      return { kind: 'epsilon-greedy', epsilon: 0.1 };
  }
}

/**
 * Pseudo-regret after 10,000 steps, learning after each, by the policies as they are served, without a floor.
 *
 * @param reference what to compare with
 * @param replications runs
 * @param seed of the first run
 * @param onRun called after each run
 */
export function regretAgainst(
  reference: RegretReference,
  replications: number,
  seed: number,
  onRun: () => void,
): RegretRow {
  const { means: rates } = reference;
  const environment = { arms: rates.map((_, k) => String.fromCharCode(97 + k)), rates };
  const policy = simulatedPolicy({ assign: 'request', policy: policyOf(reference.policy), floor: 0, type: 'binary' });
  const best = Math.max(...rates);
  const runs = Array.from({ length: replications }, (_, r) => {
    let lost = 0;
    for (const { opened } of simulateStrata({ environment, policy, trials: STEPS, updateEvery: 1, seed: seed + r }))
      lost += best - rates[opened.indexOf(1)]!;
    onRun();
    return lost;
  });
  const ours = runs.reduce((sum, lost) => sum + lost, 0) / runs.length;
  const variance = runs.reduce((sum, lost) => sum + (lost - ours) ** 2, 0) / (runs.length - 1);
  const oursError = Math.sqrt(variance / runs.length);
  const z = (ours - reference.mean) / Math.hypot(oursError, reference.error);
  return { ...reference, replications, ours, oursError, z };
}

/**
 * The asymptotic lower bound of Lai and Robbins, sum of gap / kl(mean, best) times ln T.
 *
 * @example
 * laiRobbins([0.9, 0.6], 10000).toFixed(2) // => '8.88'
 */
export function laiRobbins(means: readonly number[], steps: number): number {
  const best = Math.max(...means);
  const constant = means.reduce((sum, p) => (p === best ? sum : sum + (best - p) / divergence(p, best)), 0);
  return constant * Math.log(steps);
}

function divergence(p: number, q: number): number {
  return p * Math.log(p / q) + (1 - p) * Math.log((1 - p) / (1 - q));
}

/** One row a policy and instance. */
export function regretTable(rows: readonly RegretRow[]): string {
  return markdownTable(
    ['policy', 'means', 'R', 'regret', 'reference', 'z', 'Lai-Robbins bound'],
    rows.map(({ policy, means, replications, ours, oursError, mean, error, z }) => [
      policy,
      means.join(' '),
      String(replications),
      `${ours.toFixed(2)} ± ${oursError.toFixed(2)}`,
      `${mean.toFixed(2)} ± ${error.toFixed(2)}`,
      z.toFixed(2),
      laiRobbins(means, STEPS).toFixed(2),
    ]),
  );
}
