import fc from 'fast-check';
import type { AllocationInput } from '../../src/policies/allocate.js';

/** Every part of an allocation given. */
export type FullAllocation = Required<AllocationInput>;

/** Numbers in [0, 1], without the subnormal ones. */
const share = fc.double({ min: 0, max: 1, noNaN: true }).map((x) => (x < 1e-200 ? 0 : x));
/** Weights as policies make them: shares, zeros, and the tiny chances of Thompson sampling. */
const weight = fc.oneof(
  share,
  fc.constant(0),
  fc.constant(1),
  fc.integer({ min: -60, max: 3 }).map((e) => 10 ** e),
);
const cap = fc.oneof({ weight: 2, arbitrary: fc.constant(1) }, fc.constantFrom(0, 0.01, 0.05, 0.25, 0.5), share);
const floor = fc.oneof(fc.constantFrom(0, 0.001, 0.02, 0.1, 0.5, 1), share);

/** One to eight arms with any weights, eligibility, floor, caps and control. */
export const allocations: fc.Arbitrary<FullAllocation> = fc.integer({ min: 1, max: 8 }).chain((arms) =>
  fc.record({
    weights: fc.array(weight, { minLength: arms, maxLength: arms }),
    eligible: fc.array(
      fc.integer({ min: 0, max: 5 }).map((x) => x > 0),
      { minLength: arms, maxLength: arms },
    ),
    floor,
    caps: fc.array(cap, { minLength: arms, maxLength: arms }),
    control: fc.integer({ min: 0, max: arms - 1 }),
  }),
);

/** The parts of an allocation as `allocate` derives them, written out again for the laws. */
export function partsOf(input: FullAllocation) {
  const count = input.eligible.filter(Boolean).length;
  const least = Math.min(input.floor, 1 / Math.max(1, count));
  const upper = input.caps.map((u, k) => (input.eligible[k] ? u : 0));
  const lower = upper.map((u, k) => (input.eligible[k] ? Math.min(least, u) : 0));
  const any = input.weights.some((w, k) => input.eligible[k] && w > 0);
  const w = input.weights.map((x, k) => (input.eligible[k] ? (any ? x : 1) : 0));
  const total = w.reduce((sum, x) => sum + x, 0);
  const q = w.map((x, k) => (input.eligible[k] ? least + (Math.max(0, 1 - count * least) * x) / total : 0));
  const capacity = upper.reduce((sum, u) => sum + u, 0);
  return { count, least, upper, lower, q, capacity };
}
