import { addMissing, addReward, EMPTY_CELL } from '@armature/sdk/policies';
import fc from 'fast-check';
import type { Stratum, TrialRow } from '../src/index.js';

/** Rows gathered into strata, one per version, for comparing the two readers. */
export function strataOfRows(rows: readonly TrialRow[], arms: readonly string[]): readonly Stratum[] {
  const versions = [...new Set(rows.map(({ version }) => version))];
  return versions.map((version) => {
    const own = rows.filter((row) => row.version === version);
    const cells = arms.map((_, k) =>
      own
        .filter(({ arm }) => arm === k)
        .reduce((cell, { reward }) => (reward === undefined ? addMissing(cell) : addReward(cell, reward)), EMPTY_CELL),
    );
    const { rule, p, means, time } = own[0]!;
    return { version, rule, arms, p, means, from: time, to: time, opened: cells.map(({ trials }) => trials), cells };
  });
}

interface VersionShape {
  readonly shares: readonly number[];
  readonly means: readonly number[];
  readonly trials: readonly { readonly pick: number; readonly reward: number | undefined }[];
}

/** Any trials of up to six versions over `arms` arms, each drawn at a share of at least about 1 %. */
export function arbitraryRows(arms: number): fc.Arbitrary<readonly TrialRow[]> {
  const real = fc.double({ min: -50, max: 50, noNaN: true });
  const version: fc.Arbitrary<VersionShape> = fc.record({
    shares: fc.array(fc.double({ min: 0.03, max: 1, noNaN: true }), { minLength: arms, maxLength: arms }),
    means: fc.array(real, { minLength: arms, maxLength: arms }),
    trials: fc.array(
      fc.record({ pick: fc.nat({ max: arms - 1 }), reward: fc.option(real, { nil: undefined, freq: 4 }) }),
      { minLength: 1, maxLength: 25 },
    ),
  });
  return fc.array(version, { minLength: 1, maxLength: 6 }).map((versions) =>
    versions.flatMap(({ shares, means, trials }, v) => {
      const sum = shares.reduce((total, share) => total + share, 0);
      const p = shares.map((share) => share / sum);
      return trials.map(
        ({ pick, reward }, t): TrialRow => ({
          version: `1.${v + 1}`,
          rule: 'policy',
          arm: pick,
          p,
          means,
          reward,
          time: 1000 * v + t,
        }),
      );
    }),
  );
}

/** Whether two numbers agree to `tolerance`, relative to their size or to `scale`. */
export function agree(a: number, b: number, scale = 1, tolerance = 1e-12): boolean {
  return Math.abs(a - b) <= tolerance * Math.max(Math.abs(a), Math.abs(b), scale);
}
