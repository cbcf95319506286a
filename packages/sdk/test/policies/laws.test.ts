import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Cell, merge } from '../../src/policies/cells.js';
import { draw, prepareDraw } from '../../src/policies/draw.js';
import { policyWeights, type WeightsPolicy } from '../../src/policies/policy-weights.js';

const CLICK = { type: 'binary', better: 'higher', missing: 'zero' } as const;

const POLICIES: readonly (readonly [name: string, policy: WeightsPolicy])[] = [
  ['fixed', { kind: 'fixed' }],
  ['thompson', { kind: 'thompson' }],
  ['ucb1', { kind: 'ucb', variant: 'ucb1', c: 2 }],
  ['ucb1-tuned', { kind: 'ucb', variant: 'ucb1-tuned', c: 1 }],
  ['kl-ucb', { kind: 'ucb', variant: 'kl-ucb', c: 0 }],
  ['epsilon-greedy', { kind: 'epsilon-greedy', epsilon: 0.1 }],
];

/** Trials with successes, of which the log holds the successes only. */
const cell: fc.Arbitrary<Cell> = fc
  .tuple(fc.oneof(fc.nat(20), fc.nat(100_000)), fc.double({ min: 0, max: 1, noNaN: true }))
  .map(([trials, share]) => {
    const rewarded = Math.floor(trials * share);
    return { trials, rewarded, mean: rewarded === 0 ? 0 : 1, m2: 0 };
  });
const cells = fc.array(cell, { minLength: 1, maxLength: 8 });
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

describe.each(POLICIES)('the weights of %s', (_, policy) => {
  test('sum to 1 within 1e-12, and none is below 0', () => {
    fc.assert(
      fc.property(cells, (arms) => {
        const weights = policyWeights(policy, CLICK, arms);
        expect(Math.abs(sum(weights) - 1)).toBeLessThan(1e-12);
        // A quadrature may leave an arm far behind at -1e-13; the allocation starts from 0.
        expect(Math.min(...weights)).toBeGreaterThan(-1e-12);
      }),
      { numRuns: 200 },
    );
  });

  test('are permuted when the arms are', () => {
    const permuted = cells.chain((arms) =>
      fc.tuple(
        fc.constant(arms),
        fc.shuffledSubarray(
          arms.map((__, k) => k),
          { minLength: arms.length },
        ),
      ),
    );
    fc.assert(
      fc.property(permuted, ([arms, order]) => {
        const weights = policyWeights(policy, CLICK, arms);
        const others = policyWeights(
          policy,
          CLICK,
          order.map((k) => arms[k]!),
        );
        for (const [i, k] of order.entries()) expect(Math.abs(others[i]! - weights[k]!)).toBeLessThan(1e-12);
      }),
      { numRuns: 200 },
    );
  });

  test('do not depend on how trials were gathered into cells', () => {
    const parts = fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(parts, (pairs) => {
        const one = policyWeights(
          policy,
          CLICK,
          pairs.map(([a, b]) => merge(a, b)),
        );
        const other = policyWeights(
          policy,
          CLICK,
          pairs.map(([a, b]) => merge(b, a)),
        );
        for (const [k, weight] of one.entries()) expect(Math.abs(other[k]! - weight)).toBeLessThan(1e-9);
      }),
      { numRuns: 100 },
    );
  });
});

/** Two to six shares of sum 1, none too small to divide by. */
const vector = fc
  .array(fc.double({ min: 0.001, max: 1, noNaN: true }), { minLength: 2, maxLength: 6 })
  .map((parts) => parts.map((part) => part / sum(parts)));

test('raising any arm of any vector, the others in proportion, moves keys to that arm only', () => {
  const drawer = prepareDraw('draw', 'law', [...'abcdef']);
  const padded = (p: readonly number[]) => [...p, ...new Array<number>(6 - p.length).fill(0)];
  fc.assert(
    fc.property(vector, fc.nat(5), fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(), (p, at, by, first) => {
      const arm = at % p.length;
      const raised = p[arm]! + (1 - p[arm]!) * by;
      const q = p.map((share, k) => (k === arm ? raised : (share * (1 - raised)) / (1 - p[arm]!)));
      for (let i = first; i < first + 50; i++) {
        const before = draw(drawer, padded(p), `key-${i}`);
        const after = draw(drawer, padded(q), `key-${i}`);
        if (after !== before) expect(after).toBe(arm);
      }
    }),
    { numRuns: 500 },
  );
});
