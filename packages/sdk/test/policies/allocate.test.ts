import fc from 'fast-check';
import { expect, test } from 'vitest';
import { allocate } from '../../src/policies/allocate.js';
import { PolicyError } from '../../src/policies/policy-error.js';
import { allocations, partsOf } from './allocation-arbitraries.js';

const RUNS = { numRuns: 1_000 };
const TOLERANCE = 1e-12;
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual.length).toBe(expected.length);
  actual.forEach((x, k) => {
    expect(Math.abs(x - expected[k]!), `entry ${k} of ${actual} against ${expected}`).toBeLessThan(TOLERANCE);
  });
}

// Each row is a case where "clip to the cap, then renormalise" gives the arm under the cap more than the cap.
// oracle: by hand; q = f + (1 - K f) w
test.each([
  // q = (.0392, .9608): clip and renormalise would give the canary .01 / .0492 = 20.3 %
  ['a canary at 1 % that the policy wants wholly', [0.02, 0.98], 0.02, [1, 0.01], [0.99, 0.01]],
  // q = (.255, .255, .49): clip and renormalise would give the canary .05 / .56 = 8.9 %
  ['a canary at 5 % beside two others', [0.25, 0.25, 0.5], 0.02, [1, 1, 0.05], [0.475, 0.475, 0.05]],
  ['two caps that both hold', [0.4, 0.4, 0.2], 0, [0.1, 0.3, 1], [0.1, 0.3, 0.6]],
  ['a cap below the floor', [0.5, 0.5], 0.1, [1, 0.05], [0.95, 0.05]],
  ['a killed arm', [0.2, 0.3, 0.5], 0.05, [1, 1, 0], [0.22 / 0.525, 0.305 / 0.525, 0]],
  ['a floor above an even share', [0, 0, 1, 0], 0.5, [1, 1, 1, 1], [0.25, 0.25, 0.25, 0.25]],
  ['one-hot weights over a floor', [0, 1, 0], 0.02, [1, 1, 1], [0.02, 0.96, 0.02]],
])('%s', (_, weights, floor, caps, p) => {
  expectClose(allocate({ weights, floor, caps, control: 0 }).p, p);
});

test('a floor of .3 / K mixed into (1, 0, 0) gives (.8, .1, .1)', () => {
  // golden of Vowpal Wabbit's exploration floor, epsilon = .3
  expectClose(allocate({ weights: [1, 0, 0], floor: 0.1, control: 0 }).p, [0.8, 0.1, 0.1]);
});

test('where the arms with weight are all at their caps, the others share the rest evenly', () => {
  expectClose(allocate({ weights: [0, 0, 1], caps: [1, 1, 0.05], control: 0 }).p, [0.475, 0.475, 0.05]);
  expectClose(allocate({ weights: [0, 0, 1], caps: [0.1, 1, 0.05], control: 0 }).p, [0.1, 0.85, 0.05]);
});

test('where the caps sum below 1, control takes the rest, whatever its own cap', () => {
  expectClose(allocate({ weights: [1, 1, 1], caps: [0.2, 0.1, 0.3], control: 1 }).p, [0.2, 0.5, 0.3]);
  const killed = allocate({ weights: [1, 1], eligible: [false, true], caps: [1, 0.05], control: 0 });
  expectClose(killed.p, [0.95, 0.05]);
  expect(killed.randomised).toBe(true);
});

test('without an eligible arm control is served and nothing is randomised', () => {
  const none = allocate({ weights: [0.5, 0.5, 0], eligible: [false, false, false], floor: 0.1, control: 2 });
  expect(none).toEqual({ p: [0, 0, 1], lower: [0, 0, 1], upper: [0, 0, 1], randomised: false });
});

test('eligible arms that all have weight 0 count as equal', () => {
  expectClose(allocate({ weights: [0, 0, 1], eligible: [true, true, false], control: 0 }).p, [0.5, 0.5, 0]);
});

test('weights of any size are relative to each other', () => {
  expectClose(allocate({ weights: [1e308, 1e308, 1e308], control: 0 }).p, [1 / 3, 1 / 3, 1 / 3]);
  expectClose(allocate({ weights: [1e-300, 3e-300], control: 0 }).p, [0.25, 0.75]);
});

test.each([
  ['WEIGHTS_INVALID', { weights: [0.5, Number.NaN], control: 0 }],
  ['WEIGHTS_INVALID', { weights: [0.5, -0.1], control: 0 }],
  ['WEIGHTS_INVALID', { weights: [Number.POSITIVE_INFINITY, 1], control: 0 }],
  ['WEIGHTS_INVALID', { weights: [], control: 0 }],
  ['WEIGHTS_INVALID', { weights: [1, 1], eligible: [true], control: 0 }],
  ['BOUNDS_INVALID', { weights: [1, 1], floor: -0.1, control: 0 }],
  ['BOUNDS_INVALID', { weights: [1, 1], floor: Number.NaN, control: 0 }],
  ['BOUNDS_INVALID', { weights: [1, 1], caps: [1], control: 0 }],
  ['BOUNDS_INVALID', { weights: [1, 1], caps: [1, 1.5], control: 0 }],
  ['CONTROL_INVALID', { weights: [1, 1], control: 2 }],
  ['CONTROL_INVALID', { weights: [1, 1], control: 0.5 }],
] as const)('%s: %j is refused', (code, input) => {
  expect(() => allocate(input)).toThrow(expect.objectContaining({ name: PolicyError.name, code }));
});

test('the probabilities sum to 1 and none is below 0', () => {
  fc.assert(
    fc.property(allocations, (input) => {
      const { p } = allocate(input);
      expect(Math.abs(sum(p) - 1)).toBeLessThan(TOLERANCE);
      expect(p.every((x) => x >= 0 && x <= 1 + TOLERANCE)).toBe(true);
    }),
    RUNS,
  );
});

test('every arm lies within its floor and its cap, except control where the caps leave a rest', () => {
  fc.assert(
    fc.property(allocations, (input) => {
      const { lower, upper, capacity, count } = partsOf(input);
      const { p } = allocate(input);
      p.forEach((x, k) => {
        if (k === input.control && (capacity < 1 || count === 0)) return;
        expect(x).toBeGreaterThanOrEqual(lower[k]!);
        expect(x).toBeLessThanOrEqual(upper[k]! + TOLERANCE);
      });
    }),
    RUNS,
  );
});

test('permuting the arms permutes the probabilities', () => {
  const permuted = allocations.chain((input) => {
    const order = input.weights.map((_, k) => k);
    return fc.tuple(fc.constant(input), fc.shuffledSubarray(order, { minLength: order.length }));
  });
  fc.assert(
    fc.property(permuted, ([input, order]) => {
      const at = <T>(values: readonly T[]): readonly T[] => order.map((k) => values[k]!);
      const other = allocate({
        weights: at(input.weights),
        eligible: at(input.eligible),
        floor: input.floor,
        caps: at(input.caps),
        control: order.indexOf(input.control),
      });
      expectClose(other.p, at(allocate(input).p));
    }),
    RUNS,
  );
});

test('weights inside the bounds are served as they are', () => {
  fc.assert(
    fc.property(allocations, (input) => {
      const { q, lower, upper, count } = partsOf(input);
      fc.pre(count > 0 && q.every((x, k) => lower[k]! <= x && x <= upper[k]!));
      expectClose(allocate(input).p, q);
    }),
    RUNS,
  );
});

test('arms that no bound holds keep the ratio of their weights', () => {
  fc.assert(
    fc.property(allocations, (input) => {
      const { q, lower, upper, capacity } = partsOf(input);
      fc.pre(capacity >= 1);
      const { p } = allocate(input);
      const free = p.flatMap((x, k) => (x > lower[k]! * 1.0001 && x < upper[k]! * 0.9999 && q[k]! > 0 ? [k] : []));
      for (const i of free) {
        for (const j of free) expect(Math.abs((p[i]! / p[j]!) * (q[j]! / q[i]!) - 1)).toBeLessThan(1e-9);
      }
    }),
    RUNS,
  );
});

test('raising a cap never lowers its arm and never raises another', () => {
  const raised = allocations.chain((input) =>
    fc.tuple(
      fc.constant(input),
      fc.integer({ min: 0, max: input.weights.length - 1 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
    ),
  );
  fc.assert(
    fc.property(raised, ([input, arm, share]) => {
      const caps = input.caps.map((u, k) => (k === arm ? u + (1 - u) * share : u));
      const before = allocate(input).p;
      const after = allocate({ ...input, caps }).p;
      after.forEach((x, k) => {
        if (k === arm) expect(x).toBeGreaterThanOrEqual(before[k]! - TOLERANCE);
        else expect(x).toBeLessThanOrEqual(before[k]! + TOLERANCE);
      });
    }),
    RUNS,
  );
});
