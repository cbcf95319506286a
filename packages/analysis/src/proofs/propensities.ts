import { createClient } from '@armature/sdk';
import { changedShare, fromBillionths, toBillionths, type WeightsPolicy } from '@armature/sdk/policies';
import type { SnapshotExperiment } from '@armature/sdk/protocol';
import { createRandom } from '../rng.js';
import { expectedCounts, type RatioCount, sequentialRatio } from '../sample-ratio.js';
import { simulateStrata } from '../simulate.js';
import { markdownTable } from './share.js';
import { simulatedPolicy } from './simulated-experiment.js';

/** Ways to a draw: what is hashed. */
export const DRAW_PATHS = [
  'request: decision id',
  'request: requestId',
  'unit, never',
  'unit with periods',
  'unit behind holdout, layer and traffic',
] as const;
export type DrawPath = (typeof DRAW_PATHS)[number];

const ARMS = ['a', 'b', 'c', 'd'] as const;
const RATES = [0.04, 0.05, 0.055, 0.07];

interface DrawnPolicy {
  readonly name: string;
  readonly policy: WeightsPolicy;
  readonly floor: number;
  readonly shares?: readonly number[];
}

export const DRAWN_POLICIES: readonly DrawnPolicy[] = [
  { name: 'fixed .7 .2 .0999 .0001', policy: { kind: 'fixed' }, floor: 0, shares: [7000, 2000, 999, 1] },
  { name: 'Thompson, floor 1%', policy: { kind: 'thompson' }, floor: 0.01 },
  { name: 'UCB1, floor 2%', policy: { kind: 'ucb', variant: 'ucb1', c: 2 }, floor: 0.02 },
  { name: 'UCB1-Tuned, floor 2%', policy: { kind: 'ucb', variant: 'ucb1-tuned', c: 1 }, floor: 0.02 },
  { name: 'KL-UCB, floor 2%', policy: { kind: 'ucb', variant: 'kl-ucb', c: 0 }, floor: 0.02 },
  { name: 'epsilon-greedy .1', policy: { kind: 'epsilon-greedy', epsilon: 0.1 }, floor: 0 },
];

/** Above this many standard errors a count is not what its propensities promised. */
export const CALIBRATION_LIMIT = 4.5;

/** Draws of one policy on one path, against the propensities that the decisions carried. */
export interface PropensityRow {
  readonly policy: string;
  readonly path: DrawPath;
  readonly draws: number;
  /** Largest |observed - expected| over the arms, in standard errors. */
  readonly largestZ: number;
  /** ln of the largest e-value of the sequential ratio check. */
  readonly logE: number;
  /** Decisions whose propensity was not that of their arm in their vector, or whose vector was not the snapshot's. */
  readonly mismatched: number;
}

/** Vectors as they are served, in billionths, at ten moments of a run. */
function vectorsOf({ policy, floor, shares }: DrawnPolicy, seed: number): readonly (readonly number[])[] {
  const declared = { assign: 'request', policy: policy as never, floor, type: 'binary' } as const;
  const plan = {
    environment: { arms: ARMS, rates: RATES },
    policy: simulatedPolicy({ ...declared, ...(shares === undefined ? {} : { shares }) }),
    trials: 20_000,
    updateEvery: 2000,
    seed,
  };
  return [...simulateStrata(plan)].map(({ p }) => fromBillionths(toBillionths(p)));
}

function experimentOf(weights: readonly number[], path: DrawPath, version: number): SnapshotExperiment {
  const request = path.startsWith('request');
  return {
    version: `1.${version + 1}`,
    hash: 1,
    salt: `${path} ${version}`,
    definition: 'calibration',
    assign: request ? 'request' : 'unit',
    status: 'running',
    control: 'a',
    arms: ARMS,
    ...(path === 'unit with periods' ? { period: 20_000 + version } : {}),
    ...(path.startsWith('unit behind')
      ? { holdout: { share: 0.1 }, layer: { name: 'page', slot: [0.2, 0.9] as const }, traffic: 0.8 }
      : {}),
    rules: [{ id: 'policy', weights }],
  };
}

/**
 * Draws through a client's `decide` and compares the arms with the propensities on the decisions.
 *
 * @param drawn the policy
 * @param path the way to the draw
 * @param draws in all, over ten vectors
 * @param seed of the run that the vectors come from
 */
export function calibratePropensities(drawn: DrawnPolicy, path: DrawPath, draws: number, seed: number): PropensityRow {
  const vectors = vectorsOf(drawn, seed);
  const experiments = Object.fromEntries(vectors.map((p, v) => [`v${v}`, experimentOf(p, path, v)]));
  const client = createClient({
    bootstrap: { schema: 1, version: '1.1', hash: 'calibration', issued: '', experiments },
    logger: false,
  });
  const byRequest = path === 'request: requestId';
  let mismatched = 0;
  const counts = vectors.map((p, v): RatioCount => {
    const opened = ARMS.map(() => 0);
    for (let i = 0; i < draws / vectors.length; i++) {
      const key = `key-${v}-${i}`;
      const options = byRequest ? { requestId: key } : path.startsWith('request') ? {} : { unit: key };
      const { arm, propensity, propensities, randomised } = client.decide(`v${v}`, options);
      if (!randomised) continue;
      const k = ARMS.indexOf(arm as (typeof ARMS)[number]);
      opened[k]!++;
      if (propensity !== p[k] || propensities[arm] !== p[k]) mismatched++;
    }
    return { version: `1.${v + 1}`, p, opened };
  });
  void client.close();
  const variances = ARMS.map((_, k) =>
    counts.reduce((sum, { p, opened }) => sum + opened.reduce((n, m) => n + m, 0) * p[k]! * (1 - p[k]!), 0),
  );
  const largestZ = Math.max(
    ...expectedCounts(counts).map(({ opened, expected }, k) => Math.abs(opened - expected) / Math.sqrt(variances[k]!)),
  );
  const total = counts.reduce((sum, { opened }) => sum + opened.reduce((n, m) => n + m, 0), 0);
  return { policy: drawn.name, path, draws: total, largestZ, logE: sequentialRatio(counts).logE ?? 0, mismatched };
}

/** One row a policy and path. */
export function propensityTable(rows: readonly PropensityRow[]): string {
  return markdownTable(
    ['policy', 'path', 'randomised draws', 'largest z over the arms', 'largest e-value', 'mismatched'],
    rows.map(({ policy, path, draws, largestZ, logE, mismatched }) => [
      policy,
      path,
      String(draws),
      largestZ > CALIBRATION_LIMIT ? `**${largestZ.toFixed(2)}**` : largestZ.toFixed(2),
      Math.exp(logE).toFixed(2),
      String(mismatched),
    ]),
  );
}

/** How many ids changed arm from one vector to another, against the formula. */
export interface ChangeRow {
  readonly from: readonly number[];
  readonly to: readonly number[];
  readonly ids: number;
  readonly changed: number;
  readonly expected: number;
  readonly z: number;
}

/** A random vector of three decimals over up to five arms, no arm below .002. */
function randomVector(random: () => number, arms: number): readonly number[] {
  const parts = Array.from({ length: arms }, () => -Math.log(random()));
  const sum = parts.reduce((total, part) => total + part, 0);
  const rounded = parts.map((part) => Math.max(2, Math.round((1000 * part) / sum)));
  const most = rounded.indexOf(Math.max(...rounded));
  rounded[most]! += 1000 - rounded.reduce((total, part) => total + part, 0);
  return rounded.map((part) => part / 1000);
}

/**
 * Decides the same units under two vectors of the same salt, through `decide`.
 *
 * @param seed of the vectors
 * @param ids units
 */
export function changedArms(seed: number, ids: number): ChangeRow {
  const random = createRandom(seed);
  const arms = ARMS.slice(0, 2 + Math.floor(3 * random()));
  const [from, to] = [randomVector(random, arms.length), randomVector(random, arms.length)];
  const base = { ...experimentOf(from, 'unit, never', seed), arms };
  const experiments = { from: base, to: { ...base, rules: [{ id: 'policy', weights: to }] } };
  const client = createClient({
    bootstrap: { schema: 1, version: '1.1', hash: 'change', issued: '', experiments },
    logger: false,
  });
  let changed = 0;
  for (let i = 0; i < ids; i++) {
    const unit = `unit-${i}`;
    if (client.decide('from', { unit }).arm !== client.decide('to', { unit }).arm) changed++;
  }
  void client.close();
  const expected = changedShare(from, to);
  const z = (changed / ids - expected) / Math.sqrt((expected * (1 - expected)) / ids);
  return { from, to, ids, changed: changed / ids, expected, z };
}

/** One row a pair of vectors. */
export function changeTable(rows: readonly ChangeRow[]): string {
  return markdownTable(
    ['from', 'to', 'units', 'changed arm', 'formula', 'z'],
    rows.map(({ from, to, ids, changed, expected, z }) => [
      from.join(' '),
      to.join(' '),
      String(ids),
      changed.toFixed(5),
      expected.toFixed(5),
      Math.abs(z) > CALIBRATION_LIMIT ? `**${z.toFixed(2)}**` : z.toFixed(2),
    ]),
  );
}
