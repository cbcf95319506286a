import { betaQuantile } from '@armature/sdk/policies';
import { buildReport } from '../build-report.js';
import { emptyHealth } from '../fold/health.js';
import { createRandom } from '../rng.js';
import { simulate } from '../simulate.js';
import { markdownTable, standardErrorOf } from './share.js';
import { type Declaration, simulatedExperiment, simulatedPolicy } from './simulated-experiment.js';

/** Arms whose P(best) lay in one range, and how many of them were best. */
export interface CalibrationBin {
  readonly from: number;
  readonly to: number;
  readonly arms: number;
  /** Mean of what was stated. */
  readonly stated: number;
  /** Share that was truly best. */
  readonly best: number;
}

const EDGES = [0, 0.01, 0.05, 0.2, 0.4, 0.6, 0.8, 0.95, 0.99, 1] as const;
const ARMS = ['a', 'b', 'c'] as const;
const DECLARATION: Declaration = { assign: 'request', policy: { kind: 'thompson' }, floor: 0.02, type: 'binary' };

/** Where the true rates come from: a Beta distribution. */
export interface RatePrior {
  readonly name: string;
  readonly alpha: number;
  readonly beta: number;
}

/** The policy's own prior, under which P(best) is calibrated by Bayes' rule, and one that it does not know. */
export const RATE_PRIORS: readonly RatePrior[] = [
  { name: 'Beta(1, 1), the prior of the policy', alpha: 1, beta: 1 },
  { name: 'Beta(20, 180), rates near .1', alpha: 20, beta: 180 },
];

/**
 * Is P(best) the share of arms that are best? Rates are drawn anew in each run, three arms, 1,000 trials, Thompson.
 *
 * @param prior where the rates come from
 * @param replications runs
 * @param seed of the first run
 * @param onRun called after each run
 */
export function calibrateProbabilityBest(
  prior: RatePrior,
  replications: number,
  seed: number,
  onRun: () => void,
): readonly CalibrationBin[] {
  const bins = EDGES.slice(1).map((to, i) => ({ from: EDGES[i]!, to, arms: 0, stated: 0, best: 0 }));
  const experiment = simulatedExperiment(ARMS, DECLARATION);
  const policy = simulatedPolicy(DECLARATION);
  for (let r = 0; r < replications; r++) {
    const random = createRandom((seed + r) ^ 0x2545f491);
    const rates = ARMS.map(() => betaQuantile(random(), prior.alpha, prior.beta));
    const plan = { environment: { arms: ARMS, rates }, policy, trials: 1000, updateEvery: 50, seed: seed + r };
    const { statistics, versions } = simulate(plan, experiment.id, 'reward');
    const open = { open: 0, firstClosesAt: null };
    const report = buildReport({ experiment, statistics, versions, health: emptyHealth(), open, now: 0 });
    const best = rates.indexOf(Math.max(...rates));
    for (const [k, { probabilityBest }] of report.metrics[0]!.arms.entries()) {
      const bin = bins.find(({ to }) => probabilityBest! < to) ?? bins.at(-1)!;
      bin.arms++;
      bin.stated += probabilityBest!;
      bin.best += k === best ? 1 : 0;
    }
    onRun();
  }
  return bins.map((bin) => ({ ...bin, stated: bin.stated / bin.arms, best: bin.best / bin.arms }));
}

/** One row a range: what was stated, and what was. */
export function calibrationTable(bins: readonly CalibrationBin[]): string {
  return markdownTable(
    ['P(best) stated', 'arms', 'its mean', 'were best'],
    bins
      .filter(({ arms }) => arms > 0)
      .map(({ from, to, arms, stated, best }) => [
        `${from} to ${to}`,
        String(arms),
        stated.toFixed(4),
        `${best.toFixed(4)} ± ${standardErrorOf({ hits: best * arms, of: arms }).toFixed(4)}`,
      ]),
  );
}
