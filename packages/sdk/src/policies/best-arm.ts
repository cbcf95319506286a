import {
  type Continuous,
  chooseVariable,
  contestedOrigin,
  type Density,
  densityOf,
  placeOf,
  shifted,
  type Variable,
} from './density.js';
import { createPanel, fillDensity, fillEdge, movePanel, type Panel } from './panel.js';
import { lowerEnd } from './panel-width.js';
import { PolicyError } from './policy-error.js';
import type { Posterior } from './posterior.js';
import { cdfAtNodes, HALF_WEIGHTS, NODES } from './quadrature.js';

const HALF = NODES / 2;
/** Integration stops when the largest value lies below with less than this probability. */
const NEGLIGIBLE = 1e-13;
/** A sum of probabilities farther from 1 than this is not served. */
const TOLERANCE = 1e-6;

/** A panel whose sum is off by more is halved, at most so often. */
const PANEL_ERROR = 1e-12;
const HALVINGS = 12;

/** Scratch for one call; calls do not overlap, so all share it. */
let densities = new Float64Array(16 * NODES);
let cdfs = new Float64Array(16 * NODES);
let products = new Float64Array(16 * NODES);
let masses = new Float64Array(16);
let added = new Float64Array(16);
let gains = new Float64Array(16);
const running = new Float64Array(NODES);
const panels = new Map<Variable, Panel>();

function reserve(arms: number): void {
  if (masses.length < arms) {
    densities = new Float64Array(arms * NODES);
    cdfs = new Float64Array(arms * NODES);
    products = new Float64Array(arms * NODES);
    masses = new Float64Array(arms);
    added = new Float64Array(arms);
    gains = new Float64Array(arms);
  }
  masses.fill(0, 0, arms);
}

function panelOf(variable: Variable): Panel {
  let panel = panels.get(variable);
  if (panel === undefined) {
    panel = createPanel(variable);
    panels.set(variable, panel);
  }
  return panel;
}

const parameters = (posterior: Posterior): readonly [number, number, number] => {
  switch (posterior.kind) {
    case 'beta':
      return [posterior.alpha, posterior.beta, 0];
    case 'gamma':
      return [posterior.shape, posterior.rate, 1];
    case 'normal':
      return [posterior.mean, posterior.sd, 2];
    case 'student':
      return [posterior.location, posterior.scale, 3 + posterior.df];
    case 'point':
      return [posterior.value, 0, 0];
  }
};

/** The order in which arms enter, from the highest support down; arms that compare equal are identical. */
function compare(a: Density, b: Density): number {
  if (a.high !== b.high) return b.high - a.high;
  const [a0, a1, a2] = parameters(a.posterior);
  const [b0, b1, b2] = parameters(b.posterior);
  return a0 - b0 || a1 - b1 || a2 - b2;
}

/** For each of the first `live` arms, the probability that it is the largest and lies in the panel; returns their sum. */
function panelGains(live: number, half: number): number {
  running.fill(1);
  for (let i = 0, at = 0; i < live; i++, at += NODES) {
    for (let m = 0; m < NODES; m++) {
      products[at + m] = running[m]!;
      running[m] = running[m]! * cdfs[at + m]!;
    }
  }
  for (let m = 0; m < HALF; m++) {
    running[m] = half * HALF_WEIGHTS[m]!;
    running[m + HALF] = half * HALF_WEIGHTS[m]!;
  }
  let total = 0;
  for (let i = live - 1, at = i * NODES; i >= 0; i--, at -= NODES) {
    let gain = 0;
    for (let m = 0; m < NODES; m++) {
      gain += products[at + m]! * running[m]! * densities[at + m]!;
      running[m] = running[m]! * cdfs[at + m]!;
    }
    gains[i] = gain;
    total += gain;
  }
  return total;
}

/**
 * Integrates f_i times the product of the other cdfs from the highest support down to `floor`, or to where nothing is
 * left. The cdf is 1 minus the integral of the same nodal values, so no arm is evaluated below where it matters. The
 * gains of a panel add up to what the product of all cdfs loses over it: a panel where they do not is halved.
 *
 * @returns the probability that all arms lie below the end
 */
function integrate(
  arms: readonly Density[],
  variable: Variable,
  sign: 1 | -1,
  floor: number,
  best: Float64Array,
): number {
  const panel = panelOf(variable);
  let bottom = floor;
  for (const arm of arms) bottom = Math.max(bottom, arm.low);
  let u = arms[0]?.high ?? bottom;
  let rest = 1;
  let end = u;
  let halvings = 0;
  while (u > bottom && rest > NEGLIGIBLE) {
    if (halvings > 0) end = u - (u - end) / 2;
    else {
      end = bottom;
      for (const arm of arms) end = Math.max(end, lowerEnd(arm, u, variable, sign));
    }
    const half = (u - end) / 2;
    if (!(half > 0)) break;
    let live = 0;
    while (live < arms.length && arms[live]!.high > end) live++;
    movePanel(panel, sign * end, sign * u);
    let left = 1;
    for (let i = 0; i < live; i++) {
      const at = i * NODES;
      if (!fillEdge(arms[i]!, panel, u, end, sign, densities, at)) fillDensity(arms[i]!, panel, densities, at);
      added[i] = cdfAtNodes(densities, cdfs, at, half, masses[i]!);
      left *= Math.max(0, 1 - masses[i]! - added[i]!);
    }
    const error = Math.abs(panelGains(live, half) - (rest - left));
    halvings = error > PANEL_ERROR && halvings < HALVINGS ? halvings + 1 : 0;
    if (halvings > 0) continue;
    for (let i = 0; i < live; i++) {
      masses[i] = masses[i]! + added[i]!;
      best[i] = best[i]! + gains[i]!;
    }
    u = end;
    rest = left;
  }
  return rest;
}

/** Arms with equal posteriors share what they have: rounding depends on the order of arms, equality must not. */
function shareTies(arms: readonly Density[], best: Float64Array): void {
  for (let from = 0; from < arms.length; ) {
    let to = from + 1;
    while (to < arms.length && compare(arms[from]!, arms[to]!) === 0) to++;
    let sum = 0;
    for (let i = from; i < to; i++) sum += best[i]!;
    best.fill(sum / (to - from), from, to);
    from = to;
  }
}

/** A point at which a distribution without width lies. */
function pointOf(posterior: Posterior): number | undefined {
  if (posterior.kind === 'point') return posterior.value;
  if (posterior.kind === 'normal' && posterior.sd === 0) return posterior.mean;
  return posterior.kind === 'student' && posterior.scale === 0 ? posterior.location : undefined;
}

/**
 * The integrals as they come out, with their sum (formed in an order that does not depend on the caller's): before
 * normalisation, to see how good they are.
 */
export function integralsOfBest(
  posteriors: readonly Posterior[],
  better: 'higher' | 'lower',
): { readonly best: number[]; readonly sum: number } {
  const sign = better === 'higher' ? 1 : -1;
  const points = posteriors.map(pointOf);
  const continuous = posteriors.filter((_, index) => points[index] === undefined) as Continuous[];
  const variable = chooseVariable(continuous);
  const origin = variable === 'line' ? contestedOrigin(continuous, sign) : 0;
  const arms: Density[] = [];
  let floor = Number.NEGATIVE_INFINITY;
  for (const [index, posterior] of posteriors.entries()) {
    const point = points[index];
    if (point === undefined) arms.push(densityOf(shifted(posterior as Continuous, origin), index, variable, sign));
    else floor = Math.max(floor, sign * point);
  }
  arms.sort(compare);
  const best = new Array<number>(posteriors.length).fill(0);
  if (arms.length > 0 && arms.length === posteriors.length && compare(arms[0]!, arms.at(-1)!) === 0) {
    return { best: best.fill(1 / posteriors.length), sum: 1 };
  }
  reserve(arms.length);
  const shares = new Float64Array(arms.length);
  // Angle and logit are turned round by their densities, the other variables by running backwards.
  const direction = variable === 'angle' || variable === 'logit' ? 1 : sign;
  const rest = integrate(arms, variable, direction, placeOf(sign * floor - origin, variable, sign), shares);
  shareTies(arms, shares);
  const tied = points.filter((point) => point !== undefined && sign * point === floor).length;
  let sum = tied > 0 ? rest : 0;
  for (const [i, arm] of arms.entries()) {
    const share = Math.max(0, shares[i]!); // where a cdf is 0, rounding can leave -1e-17
    best[arm.index] = share;
    sum += share;
  }
  for (const [index, point] of points.entries()) {
    if (point !== undefined && sign * point === floor) best[index] = rest / tied;
  }
  return { best, sum };
}

/**
 * The probability that each arm is the best, its mean reward being independent of the others' and distributed as its
 * posterior says: P_i = integral of f_i times the product of F_j over j != i. It is computed by deterministic quadrature
 * (panels of 16 Gauss-Legendre nodes in a variable in which all densities are smooth), not by sampling, and so is the
 * propensity of Thompson sampling itself.
 *
 * @param posteriors one for each arm, with finite parameters; rates, counts and real rewards may be mixed
 * @param better whether a higher or a lower mean reward is better, default higher
 * @returns one probability for each arm (none for none), sum 1 within 1e-12, absolute error below 1e-10; identical arms
 *   have equal probabilities, and known values (points) that tie for the best share theirs
 * @throws PolicyError QUADRATURE_FAILED when the integrals do not add up to 1 within 1e-6
 * @example
 * const [a, b] = probabilityBest([{ kind: 'beta', alpha: 3, beta: 2 }, { kind: 'beta', alpha: 2, beta: 3 }]);
 * [a?.toFixed(10), b?.toFixed(10)] // => ['0.7571428571', '0.2428571429']
 */
export function probabilityBest(posteriors: readonly Posterior[], better: 'higher' | 'lower' = 'higher'): number[] {
  if (posteriors.length === 0) return [];
  const { best, sum } = integralsOfBest(posteriors, better);
  if (Math.abs(sum - 1) <= TOLERANCE) return best.map((value) => value / sum);
  throw new PolicyError('QUADRATURE_FAILED', `a sum of ${sum} for ${JSON.stringify(posteriors).slice(0, 500)}`);
}
