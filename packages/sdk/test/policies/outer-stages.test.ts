import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  chiSquaredSf,
  draw,
  hashPrefix,
  prepareDraw,
  prepareStages,
  type StageShares,
  stageOdds,
  stageUniform,
  stoppedAt,
} from '../../src/policies/index.js';

const share = (min: number, max: number) =>
  fc.integer({ min: min * 1000, max: max * 1000 }).map((thousandths) => thousandths / 1000);
const key = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 });
const salt = fc.string({ minLength: 1, maxLength: 20 }).filter((text) => !text.endsWith('\0'));
const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,12}$/);

/** Cuts a layer at the given points; every slot is one experiment's. */
const slots = fc
  .uniqueArray(fc.integer({ min: 1, max: 999 }), { minLength: 1, maxLength: 8 })
  .map((cuts) => [0, ...cuts.sort((a, b) => a - b), 1000].map((cut) => cut / 1000))
  .map((ends) => ends.slice(1).map((to, i) => [ends[i] ?? 0, to] as const));

describe('a layer', () => {
  test('puts every key into exactly one of the slots that make it up', () => {
    fc.assert(
      fc.property(name, slots, key, (layer, parts, id) => {
        const inside = parts.filter(
          (slot, i) => stoppedAt(prepareStages(`experiment-${i}`, { layer: { name: layer, slot } }), id) === undefined,
        );
        expect(inside).toHaveLength(1);
      }),
      { numRuns: 2000 },
    );
  });

  test('begins at its slot and ends before it', () => {
    fc.assert(
      fc.property(name, key, (layer, id) => {
        const u = stageUniform(hashPrefix('layer', layer), id);
        const stops = (slot: readonly [number, number]) =>
          stoppedAt(prepareStages('s', { layer: { name: layer, slot } }), id);
        expect(stops([u, 1])).toBeUndefined();
        expect(stops([0, u])).toBe('layer');
      }),
    );
  });
});

test('more holdout only takes away, and more traffic only adds', () => {
  const pair = (min: number, max: number) =>
    fc.tuple(share(min, max), share(min, max)).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
  fc.assert(
    fc.property(pair(0, 0.9), pair(0.001, 1), salt, key, ([less, more], [few, many], by, id) => {
      const at = (holdout: number, traffic: number) =>
        stoppedAt(prepareStages(by, { holdout: { share: holdout }, traffic }), id);
      const before = at(less, few);
      expect(before === 'holdout' ? ['holdout'] : [before, 'holdout']).toContain(at(more, few));
      expect(before === 'traffic' ? ['traffic', undefined] : [before]).toContain(at(less, many));
    }),
    { numRuns: 3000 },
  );
});

test('a holdout with a name keeps the same units out of every experiment, one without its own', () => {
  const outOf = (by: string, holdout: StageShares['holdout'] & object) => {
    const gates = prepareStages(by, { holdout });
    return Array.from({ length: 20_000 }, (_, i) => stoppedAt(gates, `u-${i}`) === 'holdout');
  };
  expect(outOf('one', { name: 'global', share: 0.1 })).toEqual(outOf('two', { name: 'global', share: 0.1 }));
  const [one, two] = [outOf('one', { share: 0.1 }), outOf('two', { share: 0.1 })];
  const both = one.filter((held, i) => held && two[i]).length;
  expect(Math.abs(both - 200)).toBeLessThan(4 * Math.sqrt(20_000 * 0.01 * 0.99)); // binomial, 4 standard errors
});

test('stages are met in the order holdout, layer, traffic, and those that stop nobody are none', () => {
  const all = { holdout: { share: 0.5 }, layer: { name: 'l', slot: [0, 0.5] }, traffic: 0.5 } as const;
  expect(prepareStages('s', all).map(({ stage }) => stage)).toEqual(['holdout', 'layer', 'traffic']);
  expect(prepareStages('s', { holdout: { share: 0 }, layer: { name: 'l', slot: [0, 1] }, traffic: 1 })).toEqual([]);
  expect(prepareStages('s', {})).toEqual([]);
});

describe('probabilities', () => {
  test('of the three outcomes sum to 1', () => {
    const shares = fc.record({
      holdout: fc.record({ share: share(0, 0.99) }),
      layer: fc
        .tuple(fc.integer({ min: 0, max: 999 }), fc.integer({ min: 1, max: 1000 }))
        .filter(([from, to]) => from < to)
        .map(([from, to]) => ({ name: 'l', slot: [from / 1000, to / 1000] as const })),
      traffic: share(0.001, 1),
    });
    fc.assert(
      fc.property(shares, (given) => {
        const odds = stageOdds(given);
        expect(odds.holdout + odds.excluded + odds.drawn).toBeCloseTo(1, 12);
        expect(Object.values(odds).every((p) => p >= 0 && p <= 1)).toBe(true);
      }),
    );
  });

  test('are products without the dust of their multiplication', () => {
    const slot = [0.1, 0.7] as const;
    // 0.95 * 0.6 * 0.8 by hand; in doubles 0.95 * (0.7 - 0.1) * 0.8 = 0.45599999999999996
    expect(stageOdds({ holdout: { share: 0.05 }, layer: { name: 'l', slot }, traffic: 0.8 })).toEqual({
      holdout: 0.05,
      excluded: 0.494,
      drawn: 0.456,
    });
    expect(stageOdds({})).toEqual({ holdout: 0, excluded: 0, drawn: 1 });
  });

  test('are the shares of a million keys, within four standard errors', () => {
    const shares = {
      holdout: { name: 'global', share: 0.05 },
      layer: { name: 'page', slot: [0.2, 0.6] },
      traffic: 0.3,
    } as const;
    const gates = prepareStages('button', shares);
    const seen = { holdout: 0, excluded: 0, drawn: 0 };
    const n = 1_000_000;
    for (let i = 0; i < n; i++) {
      const stage = stoppedAt(gates, `user-${i}`);
      seen[stage === undefined ? 'drawn' : stage === 'holdout' ? 'holdout' : 'excluded'] += 1;
    }
    for (const [outcome, p] of Object.entries(stageOdds(shares))) {
      const z = (seen[outcome as keyof typeof seen] - n * p) / Math.sqrt(n * p * (1 - p));
      expect(Math.abs(z), outcome).toBeLessThan(4);
    }
  });
});

test('holdout, layer, traffic and the draw are independent of each other', () => {
  // One salt and one name for everything: only the domains keep the stages apart. 4 x 4 x 4 x 4 cells of quartiles;
  // oracle: Pearson's chi-square of independence against the product of the uniform margins, 255 degrees of freedom,
  // its distribution from this package's chi-square, which is held to mpmath.
  const n = 400_000;
  const prefixes = (['holdout', 'layer', 'traffic'] as const).map((domain) => hashPrefix(domain, 'same'));
  const drawer = prepareDraw('draw', 'same', ['a', 'b', 'c', 'd']);
  const cells = new Float64Array(256);
  for (let i = 0; i < n; i++) {
    const id = `u-${i}`;
    const digits = [
      ...prefixes.map((prefix) => Math.floor(4 * stageUniform(prefix, id))),
      draw(drawer, [1, 1, 1, 1], id),
    ];
    cells[digits.reduce((cell, digit) => 4 * cell + digit, 0)]! += 1;
  }
  const expected = n / 256;
  const statistic = cells.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  const p = chiSquaredSf(statistic, 255);
  expect(p).toBeGreaterThan(1e-4);
  expect(p).toBeLessThan(1 - 1e-4);
});
