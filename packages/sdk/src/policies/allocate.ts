import { PolicyError } from './policy-error.js';
import { project } from './project.js';

/** What an allocation is made from. Vectors have one entry per arm, in the arms' order. */
export interface AllocationInput {
  /** What the policy wants: finite, >= 0, of any sum. Arms that are not eligible may have any weight. */
  readonly weights: readonly number[];
  /** Which arms may be served: in the audience, not killed, not shadow. @default all */
  readonly eligible?: readonly boolean[];
  /** Least probability of an eligible arm, in [0, 1]; 1 / (eligible arms) at most is kept of it. @default 0 */
  readonly floor?: number;
  /** Greatest probability of each arm, in [0, 1]: a rollout step, a gate, 0 for a kill. @default 1 each */
  readonly caps?: readonly number[];
  /** Index of the arm that takes what no other may. */
  readonly control: number;
}

/** Probabilities to draw from. */
export interface Allocation {
  /** In the arms' order, of sum 1 up to rounding. */
  readonly p: readonly number[];
  /** The floors and caps that p was kept within, for {@link toBillionths}; control may lie above its cap. */
  readonly lower: readonly number[];
  readonly upper: readonly number[];
  /** False where no arm is eligible: control is served, and what happens next teaches nothing. */
  readonly randomised: boolean;
}

/**
 * Turns a policy's weights into the probabilities that are drawn from. With E the eligible arms and
 * f' = min(floor, 1 / |E|): q = f' + (1 - |E| f') w / sum_E w on E, l_k = min(f', u_k), and p the projection of q into
 * [l, u]. A cap beats a floor. Where all eligible weights are 0 they count as equal; where the caps sum below 1, control
 * takes the rest, whatever its own cap.
 *
 * An A/B test is fixed weights, a bandit moving ones, a canary a cap that is raised, blue-green caps of 0 and 1.
 * Raising u_k never lowers p_k nor raises another arm; permuting the arms permutes p.
 *
 * @param input weights, eligible arms, floor, caps and control
 * @returns the probabilities, and whether they are a randomisation
 * @throws PolicyError WEIGHTS_INVALID, BOUNDS_INVALID or CONTROL_INVALID
 * @example
 * allocate({ weights: [0.02, 0.98], floor: 0.02, caps: [1, 0.01], control: 0 }).p // => [0.99, 0.01]
 */
export function allocate(input: AllocationInput): Allocation {
  const { weights, control, floor = 0 } = input;
  const eligible = input.eligible ?? weights.map(() => true);
  const caps = input.caps ?? weights.map(() => 1);
  check(weights, eligible, floor, caps, control);
  const count = eligible.filter(Boolean).length;
  if (count === 0) {
    const p = weights.map((_, k) => (k === control ? 1 : 0));
    return { p, lower: p, upper: p, randomised: false };
  }
  const least = Math.min(floor, 1 / count);
  const largest = weights.reduce((max, w, k) => (eligible[k] ? Math.max(max, w) : max), 0);
  const scaled = weights.map((w, k) => (eligible[k] ? (largest > 0 ? w / largest : 1) : 0));
  const total = scaled.reduce((sum, w) => sum + w, 0);
  const spread = Math.max(0, 1 - count * least);
  const q = scaled.map((w, k) => (eligible[k] ? least + (spread * w) / total : 0));
  const upper = caps.map((u, k) => (eligible[k] ? u : 0));
  const lower = upper.map((u, k) => (eligible[k] ? Math.min(least, u) : 0));
  const p = project(q, lower, upper);
  const capacity = upper.reduce((sum, u) => sum + u, 0);
  if (capacity >= 1) return { p, lower, upper, randomised: true };
  const others = p.reduce((sum, x, k) => (k === control ? sum : sum + x), 0);
  return { p: p.map((x, k) => (k === control ? 1 - others : x)), lower, upper, randomised: true };
}

function check(
  weights: readonly number[],
  eligible: readonly boolean[],
  floor: number,
  caps: readonly number[],
  control: number,
): void {
  const arms = weights.length;
  if (arms === 0 || eligible.length !== arms || weights.some((w, k) => eligible[k] && !(w >= 0 && w < Infinity))) {
    throw new PolicyError('WEIGHTS_INVALID', JSON.stringify(weights.map(String)));
  }
  if (!(floor >= 0 && floor <= 1)) throw new PolicyError('BOUNDS_INVALID', `floor ${floor}`);
  if (caps.length !== arms || caps.some((u) => !(u >= 0 && u <= 1))) {
    throw new PolicyError('BOUNDS_INVALID', `caps ${JSON.stringify(caps.map(String))}`);
  }
  if (!Number.isInteger(control) || control < 0 || control >= arms) {
    throw new PolicyError('CONTROL_INVALID', String(control));
  }
}
