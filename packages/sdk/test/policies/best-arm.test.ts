import { readFileSync } from 'node:fs';
import { betaCdf, gammaSf, normalSf, type Posterior, probabilityBest } from '@armature/sdk/policies';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { integralsOfBest } from '../../src/policies/best-arm.js';

const beta = (alpha: number, b: number): Posterior => ({ kind: 'beta', alpha, beta: b });
const normal = (mean: number, sd: number): Posterior => ({ kind: 'normal', mean, sd });
const student = (location: number, scale: number, df: number): Posterior => ({ kind: 'student', location, scale, df });
const gamma = (shape: number, rate: number): Posterior => ({ kind: 'gamma', shape, rate });
const point = (value: number): Posterior => ({ kind: 'point', value });

/** The same arms with every value x turned into 1 - x (rates) or -x (real rewards). */
function mirrored(posterior: Posterior): Posterior {
  if (posterior.kind === 'beta') return beta(posterior.beta, posterior.alpha);
  if (posterior.kind === 'normal') return normal(-posterior.mean, posterior.sd);
  return posterior.kind === 'student' ? student(-posterior.location, posterior.scale, posterior.df) : posterior;
}

const sumOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
const worst = (got: readonly number[], want: readonly number[]) =>
  Math.max(...want.map((value, i) => Math.abs(value - got[i]!)));

/** An arm after n = 10^magnitude trials, at a rate that may put it far from the others. */
const betaArm = fc
  .record({ magnitude: fc.double({ min: 0, max: 8, noNaN: true }), rate: fc.double({ min: 0, max: 1, noNaN: true }) })
  .map(({ magnitude, rate }) => {
    const trials = Math.floor(10 ** magnitude) - 1;
    const successes = Math.round(trials * rate);
    return { successes, failures: trials - successes };
  });
const betaOf = (arm: { successes: number; failures: number }) => beta(1 + arm.successes, 1 + arm.failures);
const realArm = fc.oneof(
  fc.record({
    kind: fc.constant('normal' as const),
    mean: fc.double({ min: -3, max: 3, noNaN: true }),
    sd: fc.double({ min: 1e-6, max: 5, noNaN: true }),
  }),
  fc.record({
    kind: fc.constant('student' as const),
    location: fc.double({ min: -3, max: 3, noNaN: true }),
    scale: fc.double({ min: 1e-6, max: 5, noNaN: true }),
    df: fc.double({ min: 1, max: 1e6, noNaN: true }),
  }),
);
const countArm = fc.record({
  kind: fc.constant('gamma' as const),
  shape: fc.double({ min: 0.5, max: 1e4, noNaN: true }),
  rate: fc.double({ min: 0.1, max: 1e4, noNaN: true }),
});
const boundedArm = fc
  .tuple(fc.double({ min: 0.2, max: 40, noNaN: true }), fc.double({ min: 0.2, max: 40, noNaN: true }))
  .map(([a, b]) => beta(a, b));
const arms: fc.Arbitrary<Posterior[]> = fc.oneof(
  fc.array(betaArm.map(betaOf), { minLength: 1, maxLength: 12 }),
  fc.array(boundedArm, { minLength: 1, maxLength: 6 }),
  fc.array(realArm, { minLength: 1, maxLength: 8 }),
  fc.array(countArm, { minLength: 1, maxLength: 6 }),
  fc.array(fc.oneof(realArm, countArm, boundedArm, betaArm.map(betaOf)), { minLength: 1, maxLength: 5 }),
);

describe('closed forms, to 1e-10', () => {
  // oracle: P(B > A) as a finite sum over beta functions (Miller 2014), 30 digits
  test.each([
    [[2, 1], [1, 1], 0.6666666666666667],
    [[3, 2], [2, 3], 0.7571428571428571],
    [[86, 16], [81, 21], 0.8209428481100629],
    [[16, 86], [11, 91], 0.8532837899339661],
    [[60, 940], [50, 950], 0.8376988505820149],
    [[1010, 98990], [1000, 99000], 0.5887091884240447],
    [[1, 101], [101, 1], 2.774686940462062e-60],
  ] as const)('Beta(%j) beats Beta(%j) with probability %d', (a, b, want) => {
    const [got, other] = probabilityBest([beta(a[0], a[1]), beta(b[0], b[1])]);
    expect(Math.abs(got! - want)).toBeLessThan(1e-10);
    expect(Math.abs(other! - (1 - want))).toBeLessThan(1e-10);
  });

  test.each([
    [1, 1e3, 1e6],
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
    [1.5, 7.25, 0.5, 30],
    Array.from({ length: 100 }, (_, i) => 1 + 37 * i),
  ])('Beta(a, 1) arms, a = %j ..., are best in proportion to a', (...shapes) => {
    const total = sumOf(shapes);
    const want = shapes.map((shape) => shape / total);
    expect(worst(probabilityBest(shapes.map((shape) => beta(shape, 1))), want)).toBeLessThan(1e-10);
    expect(
      worst(
        probabilityBest(
          shapes.map((shape) => beta(1, shape)),
          'lower',
        ),
        want,
      ),
    ).toBeLessThan(1e-10);
  });

  test('uniform, Beta(2, 1) and Beta(1, 2) are best with .3, .6 and .1', () => {
    expect(worst(probabilityBest([beta(1, 1), beta(2, 1), beta(1, 2)]), [0.3, 0.6, 0.1])).toBeLessThan(1e-14);
  });

  // oracle: the normal sf at (m2 - m1) / sqrt(s1^2 + s2^2)
  test.each([
    [0, 1, 3, 1],
    [0, 1, 8, 1],
    [0, 1, 0.5, 1e-6],
    [1, 2, 0, 1],
    [1e9 + 1e-3, 1e-3, 1e9, 2e-3],
    [5e6, 1e-4, 5e6, 1e-4],
  ])('N(%d, %d) against N(%d, %d)', (m1, s1, m2, s2) => {
    const want = normalSf((m2 - m1) / Math.hypot(s1, s2));
    expect(Math.abs(probabilityBest([normal(m1, s1), normal(m2, s2)])[0]! - want)).toBeLessThan(1e-10);
  });

  // oracle: I_{b2 / (b1 + b2)}(a2, a1)
  test.each([
    [10, 100, 12, 100],
    [5, 50, 20, 100],
    [0.5, 1, 0.5, 3],
    [0.2, 1, 0.7, 3],
    [1e6, 1e3, 1.001e6, 1e3],
  ])('Gamma(%d, %d) against Gamma(%d, %d), the higher and the lower', (a1, b1, a2, b2) => {
    const want = betaCdf(b2 / (b1 + b2), a2, a1);
    expect(Math.abs(probabilityBest([gamma(a1, b1), gamma(a2, b2)])[0]! - want)).toBeLessThan(1e-10);
    expect(Math.abs(probabilityBest([gamma(a1, b1), gamma(a2, b2)], 'lower')[1]! - want)).toBeLessThan(1e-10);
  });

  test('two Cauchy locations one scale apart: 1/2 - arctan(1/2)/pi', () => {
    const want = 0.5 - Math.atan(0.5) / Math.PI; // their difference is Cauchy with scale 2
    expect(Math.abs(probabilityBest([student(0, 1, 1), student(1, 1, 1)])[0]! - want)).toBeLessThan(1e-10);
  });

  test('an arm against a known value is its tail beyond it', () => {
    expect(probabilityBest([gamma(3, 2), point(1)])[0]).toBeCloseTo(gammaSf(1, 3, 2), 11);
    expect(probabilityBest([beta(7, 9), point(0.4)])[1]).toBeCloseTo(betaCdf(0.4, 7, 9), 11);
    expect(probabilityBest([beta(0.3, 0.2), point(0.4)])[1]).toBeCloseTo(betaCdf(0.4, 0.3, 0.2), 11);
    expect(probabilityBest([normal(0, 1), point(1)], 'lower')[1]).toBeCloseTo(normalSf(1), 11);
  });
});

describe('against an independent quadrature', () => {
  /** oracle: mpmath at 35 digits, scripts/oracles/probability-best.py */
  type Case = { readonly posteriors: readonly Posterior[]; readonly best: readonly number[] };
  const cases: readonly Case[] = JSON.parse(
    readFileSync(new URL('./fixtures/probability-best.json', import.meta.url), 'utf8'),
  );

  test.each(cases)('$posteriors', ({ posteriors, best }) => {
    expect(worst(probabilityBest(posteriors), best)).toBeLessThan(1e-11);
    if (posteriors.some(({ kind }) => kind === 'gamma') || new Set(posteriors.map(({ kind }) => kind)).size > 1) return;
    expect(worst(probabilityBest(posteriors.map(mirrored), 'lower'), best)).toBeLessThan(1e-11);
  });
});

describe('known values and single arms', () => {
  test('no arm has no probabilities, one arm has all', () => {
    expect(probabilityBest([])).toEqual([]);
    expect(probabilityBest([beta(3, 4)])).toEqual([1]);
    expect(probabilityBest([point(3)])).toEqual([1]);
  });

  test('known values that tie for the best share, the others have nothing', () => {
    expect(probabilityBest([point(2), point(1), point(2)])).toEqual([0.5, 0, 0.5]);
    expect(probabilityBest([point(2), point(1), point(2)], 'lower')).toEqual([0, 1, 0]);
    const tied = probabilityBest([point(0.5), beta(1, 1), point(0.5), point(0.2)]);
    expect(worst(tied, [0.25, 0.5, 0.25, 0])).toBeLessThan(1e-12);
  });

  test('a value no rate can reach is always best, or never', () => {
    expect(probabilityBest([beta(3, 4), point(2)])).toEqual([0, 1]);
    expect(worst(probabilityBest([beta(3, 4), beta(3, 4), point(-1)]), [0.5, 0.5, 0])).toBeLessThan(1e-12);
    expect(worst(probabilityBest([beta(3, 4), point(2)], 'lower'), [1, 0])).toBeLessThan(1e-12);
    expect(probabilityBest([gamma(3, 4), point(-2)], 'lower')).toEqual([0, 1]);
  });

  test('a distribution without width is a known value', () => {
    expect(probabilityBest([normal(0.3, 0), student(0.3, 0, 5), point(0.1)])).toEqual([0.5, 0.5, 0]);
  });
});

describe('laws', () => {
  const settings = { numRuns: 150 };

  test('probabilities lie in [0, 1] and sum to 1, for any mix of posteriors', () => {
    fc.assert(
      fc.property(arms, fc.constantFrom('higher' as const, 'lower' as const), (posteriors, better) => {
        const best = probabilityBest(posteriors, better);
        expect(best.every((value) => value >= 0 && value <= 1)).toBe(true);
        expect(Math.abs(sumOf(best) - 1)).toBeLessThanOrEqual(1e-12);
      }),
      settings,
    );
  });

  test('before they are normalised they sum to 1 within 1e-9, for 2 to 100 arms with 0 to 1e8 trials', () => {
    const many = fc.oneof(
      fc.array(betaArm.map(betaOf), { minLength: 2, maxLength: 100, size: 'max' }),
      fc.array(realArm, { minLength: 2, maxLength: 100, size: 'max' }),
      arms,
    );
    fc.assert(
      fc.property(many, (posteriors) => {
        expect(Math.abs(integralsOfBest(posteriors, 'higher').sum - 1)).toBeLessThanOrEqual(1e-9);
        expect(Math.abs(integralsOfBest(posteriors, 'lower').sum - 1)).toBeLessThanOrEqual(1e-9);
      }),
      settings,
    );
  });

  test('permuting the arms permutes the probabilities, to the last bit', () => {
    fc.assert(
      fc.property(arms, fc.nat(), (posteriors, shift) => {
        const turn = <T>(list: readonly T[]) => list.map((_, i) => list[(i + shift) % list.length]!);
        expect(probabilityBest(turn(posteriors))).toEqual(turn(probabilityBest(posteriors)));
      }),
      settings,
    );
  });

  test('identical arms have exactly 1/K each, and among others exactly the same', () => {
    fc.assert(
      fc.property(arms, fc.integer({ min: 2, max: 20 }), ([one, ...others], copies) => {
        const same = new Array<Posterior>(copies).fill(one!);
        expect(probabilityBest(same)).toEqual(new Array(copies).fill(1 / copies));
        expect(new Set(probabilityBest([...same, ...others]).slice(0, copies)).size).toBe(1);
      }),
      settings,
    );
  });

  test('one more success, failures fixed, never lowers an arm; one more failure never raises it', () => {
    fc.assert(
      fc.property(fc.array(betaArm, { minLength: 2, maxLength: 8 }), ([arm, ...others]) => {
        const share = (successes: number, failures: number) =>
          probabilityBest([beta(1 + successes, 1 + failures), ...others.map(betaOf)])[0]!;
        const { successes, failures } = arm!;
        const before = share(successes, failures);
        expect(share(successes + 1, failures)).toBeGreaterThanOrEqual(before - 1e-12);
        expect(share(successes, failures + 1)).toBeLessThanOrEqual(before + 1e-12);
      }),
      settings,
    );
  });

  test('the lowest of mirrored arms is the highest', () => {
    const mirrorable = fc.oneof(
      fc.array(fc.oneof(betaArm.map(betaOf), boundedArm), { minLength: 2, maxLength: 6 }),
      fc.array(realArm, { minLength: 2, maxLength: 6 }),
    );
    fc.assert(
      fc.property(mirrorable, (posteriors) => {
        const lowest = probabilityBest(posteriors.map(mirrored), 'lower');
        expect(worst(lowest, probabilityBest(posteriors))).toBeLessThan(1e-11);
      }),
      settings,
    );
  });

  test('shifting and scaling all real rewards changes nothing', () => {
    fc.assert(
      fc.property(fc.array(realArm, { minLength: 2, maxLength: 5 }), (posteriors) => {
        const moved = posteriors.map((arm) =>
          arm.kind === 'normal'
            ? normal(1024 * arm.mean + 4096, 1024 * arm.sd)
            : student(1024 * arm.location + 4096, 1024 * arm.scale, arm.df),
        );
        expect(worst(probabilityBest(moved), probabilityBest(posteriors))).toBeLessThan(1e-9);
      }),
      settings,
    );
  });

  test('a posterior that is not finite is refused, not served', () => {
    const broken = [normal(Number.NaN, 1), normal(0, 1)];
    expect(() => probabilityBest(broken)).toThrow(expect.objectContaining({ code: 'QUADRATURE_FAILED' }));
    expect(() => probabilityBest([beta(Number.NaN, 1), beta(1, 1)])).toThrow(/do not add up to 1/);
  });
});
