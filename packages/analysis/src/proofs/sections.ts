import { coverageOf } from './coverage.js';
import { brokenPromises, coverageTables } from './coverage-tables.js';
import { OFF_POLICY_CASES, offPolicyCoverage, offPolicyTable } from './off-policy.js';
import { calibrateProbabilityBest, calibrationTable, RATE_PRIORS } from './probability-best.js';
import {
  calibratePropensities,
  changedArms,
  changeTable,
  DRAW_PATHS,
  DRAWN_POLICIES,
  propensityTable,
} from './propensities.js';
import { REGRET_REFERENCES, regretAgainst, regretTable } from './regret-references.js';
import { scenarios } from './scenarios.js';

/** How large a run of the proofs is. */
export interface ProofSize {
  /** Runs of each scenario. */
  readonly replications: number;
  /** Draws of each policy and path. */
  readonly draws: number;
  readonly seed: number;
}

/** One table, or several, of the page of proofs. */
export interface ProofSection {
  readonly name: string;
  /** Steps of `run`: each calls `onStep` once. */
  readonly steps: (size: ProofSize) => number;
  /** @returns Markdown */
  readonly run: (size: ProofSize, onStep: () => void) => string;
}

const CHANGES = 12;

/** Runs of a regret instance: in proportion, fewer where a step costs more. */
function regretRuns(policy: string, { replications }: ProofSize): number {
  const of2000 = policy === 'thompson' ? 120 : policy === 'kl-ucb' ? 200 : 300;
  return Math.max(10, Math.round((of2000 * replications) / 2000));
}

const coverage: ProofSection = {
  name: 'coverage',
  steps: ({ replications }) => scenarios().length * replications,
  run({ replications, seed }, onStep) {
    const rows = scenarios().map((scenario) => coverageOf(scenario, replications, seed, onStep));
    const [comparing, others, alarms] = coverageTables(rows);
    const broken = brokenPromises(rows);
    const beyond =
      broken.length === 0
        ? 'No cell lies beyond its promise.'
        : `Beyond their promise: ${broken.map((line) => `\n- ${line}`).join('')}`;
    return `### Comparing arms\n\n${comparing}\n\n### Means, gain and regret\n\n${others}\n\n### False alarms, and what is not done\n\n${alarms}\n\n${beyond}`;
  },
};

const best: ProofSection = {
  name: 'probability-best',
  steps: ({ replications }) => RATE_PRIORS.length * replications,
  run({ replications, seed }, onStep) {
    return RATE_PRIORS.map((prior) => {
      const table = calibrationTable(calibrateProbabilityBest(prior, replications, seed, onStep));
      return `Rates drawn from ${prior.name}:\n\n${table}`;
    }).join('\n\n');
  },
};

const offPolicy: ProofSection = {
  name: 'off-policy',
  steps: ({ replications }) => OFF_POLICY_CASES.length * replications,
  run: ({ replications, seed }, onStep) =>
    offPolicyTable(OFF_POLICY_CASES.map((one) => offPolicyCoverage(one, replications, seed, onStep))),
};

const regret: ProofSection = {
  name: 'regret',
  steps: (size) => REGRET_REFERENCES.reduce((sum, { policy }) => sum + regretRuns(policy, size), 0),
  run: (size, onStep) =>
    regretTable(REGRET_REFERENCES.map((one) => regretAgainst(one, regretRuns(one.policy, size), size.seed, onStep))),
};

const propensities: ProofSection = {
  name: 'propensities',
  steps: () => DRAWN_POLICIES.length * DRAW_PATHS.length,
  run: ({ draws, seed }, onStep) =>
    propensityTable(
      DRAWN_POLICIES.flatMap((policy) =>
        DRAW_PATHS.map((path) => {
          const row = calibratePropensities(policy, path, draws, seed);
          onStep();
          return row;
        }),
      ),
    ),
};

const changes: ProofSection = {
  name: 'changed-arms',
  steps: () => CHANGES,
  run: ({ draws, seed }, onStep) =>
    changeTable(
      Array.from({ length: CHANGES }, (_, i) => {
        const row = changedArms(seed + i, Math.ceil(draws / 5));
        onStep();
        return row;
      }),
    ),
};

/** The simulated sections, in the order in which they run. */
export const PROOF_SECTIONS: readonly ProofSection[] = [propensities, changes, coverage, best, offPolicy, regret];
