import type { SnapshotData, StatisticsCell } from '@armature/sdk/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type ArmReport,
  armMeanAdaptive,
  asymptoticFactor,
  bernoulliCell,
  buildReport,
  type Report,
  ramp,
  type SimulatedPolicy,
  strataOf,
  thompsonPolicy,
} from '../src/index.js';
import { CLICK, experimentOn, inputOf, NO_HEALTH } from './report-input.js';

const environment = { arms: ['a', 'b', 'c'], rates: [0.1, 0.12, 0.2] };
const moving = inputOf({ environment, policy: thompsonPolicy(0.05), trials: 6000, updateEvery: 100, seed: 2 });
const fixed = inputOf(
  { environment, policy: () => [0.5, 0.25, 0.25], trials: 8000, updateEvery: 1000, seed: 2 },
  { experiment: experimentOn(environment.arms, { policy: { kind: 'fixed' }, floor: 0 }) },
);

/** Every number of a report is finite, every null has its reason, and nothing is lost in JSON. */
function expectHonest(report: Report): void {
  expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  const walk = (value: unknown, path: string): void => {
    if (typeof value === 'number') expect(Number.isFinite(value), path).toBe(true);
    expect(value, path).not.toBeUndefined();
    if (typeof value !== 'object' || value === null) return;
    const { status, reason } = value as { status?: unknown; reason?: unknown };
    if (status === 'insufficient' || status === 'degenerate') expect(typeof reason, path).toBe('string');
    for (const [key, inner] of Object.entries(value)) walk(inner, `${path}.${key}`);
  };
  walk(report, 'report');
}

describe('while weights move', () => {
  const report = buildReport(moving);
  const [click] = report.metrics;

  test('the headline is the common-weight contrast with its anytime interval, one look beside it', () => {
    expect(report.experiment.weights).toBe('moving');
    expect(click!.estimator.name).toBe('common-weight AIPW');
    expect(click!.contrasts.map(({ arm, against }) => [arm, against])).toEqual([
      ['b', 'a'],
      ['c', 'a'],
    ]);
    const [, c] = click!.contrasts;
    expect(c!.anytime).toMatchObject({ status: 'ok', guarantee: 'anytime', level: 0.95 });
    expect(c!.oneLook).toMatchObject({ status: 'ok', guarantee: 'one look' });
    expect(c!.anytime.high! - c!.anytime.low!).toBeGreaterThan(c!.oneLook.high! - c!.oneLook.low!);
    expect(c!.unweighted!.difference.status).toBe('ok');
    expect(report.guarantee.text).toContain('anytime-valid');
  });

  test('contrasts are differences of the means in the table, naive means apart from them', () => {
    const [a, , c] = click!.arms;
    expect(click!.contrasts[1]!.difference.value).toBeCloseTo(c!.mean.value! - a!.mean.value!, 12);
    expect(a!.naiveMean).toBeCloseTo(a!.total / a!.trials, 12);
    expect(a!.effectiveN!).toBeLessThan(a!.trials);
    expect(report.health.ratio.chiSquare).toBeNull();
  });

  test('shares, totals and probabilities add up', () => {
    const sum = (of: (arm: ArmReport) => number) => click!.arms.reduce((all, arm) => all + of(arm), 0);
    expect(sum(({ share }) => share!)).toBeCloseTo(1, 12);
    expect(sum(({ probabilityBest }) => probabilityBest!)).toBeCloseTo(1, 9);
    expect(sum(({ total }) => total)).toBeCloseTo(click!.series.cumulative.at(-1)!, 9);
    expect(click!.worth.total).toBeCloseTo(click!.series.cumulative.at(-1)!, 9);
    expect(click!.worth.evenSplit.value.value!).toBeCloseTo(click!.series.evenSplit.at(-1)!, 6);
    expect(report.trials).toMatchObject({ opened: 6000, closed: 6000, open: 0, text: null });
  });

  test('is honest JSON', () => expectHonest(report));
});

describe('with constant weights', () => {
  const report = buildReport(fixed);
  const [click] = report.metrics;

  test('the headline is the difference of means; Newcombe, Wilson and the anytime interval stand by', () => {
    expect(click!.estimator.name).toBe('difference of means');
    const [, c] = click!.contrasts;
    expect(c!.oneLook.method).toBe('Newcombe');
    expect(c!.anytime).toMatchObject({ status: 'ok', method: 'AsympCS' });
    expect(c!.unweighted).toBeNull();
    expect(click!.arms[0]!.oneLook.method).toBe('Wilson');
    expect(c!.difference.value).toBeCloseTo(c!.naive!, 12);
  });

  test('the split is checked by chi-square too', () => {
    expect(report.health.ratio.chiSquare).toMatchObject({ status: 'ok', degreesOfFreedom: 2 });
  });

  test('a real metric is compared by Welch', () => {
    const experiment = experimentOn(environment.arms, { metrics: [{ ...CLICK, type: 'real' }] });
    expect(buildReport({ ...fixed, experiment }).metrics[0]!.contrasts[0]!.oneLook.method).toBe('Welch t');
  });

  test('an arm far ahead of all others is called best, with the guarantee in the sentence', () => {
    expect(report.verdict.status).toBe('decided');
    expect(report.verdict.sentences).toEqual([
      'c is best: ahead of b and a (anytime-valid at 95%, all comparisons together).',
    ]);
  });

  test('is honest JSON', () => expectHonest(report));
});

describe('ten arms alike', () => {
  // Each arm 100,000 trials; a leads at 10 %, j has fewer. The leader was picked by these data from ten arms, so that
  // an arm is behind at alpha over 45 pairs, not over 9 comparisons.
  const arms = [...'abcdefghij'];
  const factor = (comparisons: number) => asymptoticFactor(200_000, 0.05 / comparisons);
  const reportAt = (gap: number) => {
    const successes = arms.map((arm) => (arm === 'a' ? 10_000 : arm === 'j' ? 10_000 - gap : 9_990));
    const versions = new Map([
      [
        '1.1',
        {
          ...{ experiment: 'headline', version: '1.1', definition: '', arms, asOf: {} },
          ...{ rules: { policy: arms.map(() => 0.1) }, means: {} },
        },
      ],
    ]);
    const cells = successes.map((n) => ({ opened: 100_000, metrics: { click: bernoulliCell(100_000, n) } }));
    const statistics = [{ experiment: 'headline', version: '1.1', rule: 'policy', bucket: 0, arms: cells }];
    return buildReport({ ...moving, experiment: experimentOn(arms), statistics, versions }).verdict.sentences;
  };

  test('an arm is called behind when all pairs together allow it', () => {
    // oracle: se of the difference of two rates near .1 over 100,000 each, sqrt(2 .1 .9 / 1e5) = .00134
    const error = Math.sqrt((2 * 0.1 * 0.9) / 100_000);
    const [nine, all] = [9, 45].map((comparisons) => Math.round(100_000 * error * factor(comparisons)));
    expect(all! - nine!).toBeGreaterThan(20);
    expect(reportAt(Math.round((nine! + all!) / 2)).join(' ')).not.toContain('behind');
    expect(reportAt(all! + 10).join(' ')).toContain('j is behind a');
  });
});

describe('edges', () => {
  test('before any trial closes the report says when the first will', () => {
    const input = { ...moving, statistics: [], open: { open: 128, firstClosesAt: Date.UTC(2026, 10, 24, 14, 5) } };
    const report = buildReport(input);
    expect(report.trials.text).toBe('128 trials open, the first closes 14:05');
    expect(report.verdict).toMatchObject({ status: 'none', leader: null });
    expect(report.verdict.sentences).toEqual(['No trial has closed yet: 128 trials open, the first closes 14:05.']);
    expectHonest(report);
  });

  test('shares that are not those logged outrank the verdict', () => {
    const swap = (cell: StatisticsCell): StatisticsCell => ({
      ...cell,
      arms: [cell.arms[2]!, cell.arms[1]!, cell.arms[0]!],
    });
    const report = buildReport({ ...fixed, statistics: fixed.statistics.map(swap) });
    expect(report.health.status).toBe('failed');
    expect(report.verdict.status).toBe('unhealthy');
    expect(report.verdict.sentences[0]).toContain('do not act on these numbers');
  });

  test('trials before a reset are named and pooled with nothing', () => {
    const old = moving.statistics.map((cell) => ({ ...cell, version: cell.version.replace('1.', '0.') }));
    const report = buildReport({ ...moving, statistics: [...old, ...moving.statistics] });
    expect(report.metrics).toEqual(buildReport(moving).metrics);
    expect(report.health.exclusions).toContainEqual(expect.objectContaining({ id: 'earlier-epoch', count: 6000 }));
  });

  test('assign: unit names its randomisation unit and the refusal of row-wise weighing', () => {
    const experiment = experimentOn(environment.arms, { assign: 'unit', reassignMs: 86_400_000 });
    const report = buildReport({ ...moving, experiment });
    expect(report.experiment.randomisationUnit).toBe('one unit in one period of 1d');
    expect(report.notes.join(' ')).toContain('Weighing single decisions is refused');
    expect(report.notes.join(' ')).toContain('about the units that came');
    const once = buildReport({ ...moving, experiment: { ...experiment, reassignMs: null } });
    expect(once.notes.join(' ')).not.toContain('about the units that came');
  });

  test('a metric that ignores missing rewards says that reward may select', () => {
    const experiment = experimentOn(environment.arms, { metrics: [{ ...CLICK, missing: 'ignored' }] });
    expect(buildReport({ ...moving, experiment }).metrics[0]!.notes.join(' ')).toContain('select by it');
  });

  test('an arm killed on the way is compared over its own versions, and costs the others none', () => {
    const policy: SimulatedPolicy = (seen) =>
      seen.reduce((sum, { trials }) => sum + trials, 0) < 3000 ? [0.4, 0.3, 0.3] : [0.5, 0.5, 0];
    const report = buildReport(inputOf({ environment, policy, trials: 6000, updateEvery: 500, seed: 3 }));
    const [b, c] = report.metrics[0]!.contrasts;
    expect([b!.trials, c!.trials]).toEqual([6000, 3000]);
    expect(report.metrics[0]!.worth.regret.map(({ arm }) => arm)).toEqual(['a', 'b']);
    expect(report.metrics[0]!.notes.join(' ')).toContain('c could not be drawn in every version');
    expectHonest(report);
  });

  test('an arm that is switched off takes no part in the verdict and is told apart', () => {
    // c was killed after 400 trials: far below the gate, so that nothing can ever be told of it.
    const policy: SimulatedPolicy = (seen) =>
      seen.reduce((sum, { trials }) => sum + trials, 0) < 400 ? [0.4, 0.3, 0.3] : [0.5, 0.5, 0];
    const rates = { arms: ['a', 'b', 'c'], rates: [0.1, 0.2, 0.2] };
    const input = inputOf({ environment: rates, policy, trials: 20_000, updateEvery: 400, seed: 3 });
    const off = experimentOn(rates.arms, {
      arms: rates.arms.map((id) => ({ id, value: id, weight: 1, off: id === 'c' })),
    });
    expect(buildReport(input).verdict.status).toBe('not decided');
    const report = buildReport({ ...input, experiment: off });
    expect(report.verdict).toMatchObject({ status: 'decided', leader: 'b', retired: ['c'], behind: ['a'] });
    expect(report.verdict.sentences).toEqual([
      'b is best: ahead of a (anytime-valid at 95%, all comparisons together).',
      'c is switched off and takes no part.',
    ]);
    const arms = report.metrics[0]!.arms;
    expect(arms.map(({ retired }) => retired)).toEqual([false, false, true]);
    expect(arms[2]!.probabilityBest).toBeNull();
    expect(arms[0]!.probabilityBest! + arms[1]!.probabilityBest!).toBeCloseTo(1, 9);
    expectHonest(report);
  });

  test('a relative difference is measured by control over the versions of its contrast', () => {
    // Rates rise from .1 to .6 over the run; c could be drawn in its first half only, where control's mean is lower.
    const policy: SimulatedPolicy = (seen) =>
      seen.reduce((sum, { trials }) => sum + trials, 0) < 3000 ? [0.4, 0.3, 0.3] : [0.5, 0.5, 0];
    const rising = { ...environment, trend: ramp(0.5, 6000) };
    const input = inputOf({ environment: rising, policy, trials: 6000, updateEvery: 500, seed: 3 });
    const [, c] = buildReport(input).metrics[0]!.contrasts;
    const strata = strataOf(input.statistics, input.versions, 'click');
    const control = armMeanAdaptive(strata, 0, [0, 2]).mean.value!;
    expect(control).toBeLessThan(0.26);
    expect(c!.relative.value).toBeCloseTo(c!.difference.value! / control, 12);
  });

  test('no reward, no experiment data, one arm: still a report', () => {
    const { reward: _, ...rest } = experimentOn(['a'], { metrics: [] });
    const report = buildReport({ ...moving, experiment: rest, statistics: [], versions: new Map() });
    expect(report.notes[0]).toContain('declares no reward');
    expectHonest(report);
  });

  test('any small statistics give honest JSON', () => {
    const cell = fc
      .tuple(fc.nat(3), fc.nat(3), fc.constantFrom(0, 1, -2.5, 1e9), fc.constantFrom(0, 2))
      .map(([rewarded, missing, mean, m2]) => ({
        opened: rewarded + missing,
        metrics: {
          click: {
            trials: rewarded + missing,
            rewarded,
            mean: rewarded === 0 ? 0 : mean,
            m2: rewarded < 2 ? 0 : m2,
          },
        },
      }));
    const vector = fc.constantFrom([0.5, 0.5, 0], [0.2, 0.3, 0.5], [1, 0, 0], [0, 0.5, 0.5]);
    const version = fc.record({ p: vector, cells: fc.tuple(cell, cell, cell) });
    const type = fc.constantFrom('binary' as const, 'real' as const, 'count' as const, 'bounded' as const);
    fc.assert(
      fc.property(fc.array(version, { maxLength: 4 }), type, (list, kind) => {
        const versions = new Map<string, SnapshotData>();
        const statistics = list.map(({ p, cells }, v): StatisticsCell => {
          const name = `1.${v + 1}`;
          const record = { experiment: 'headline', version: name, definition: 'd', arms: ['a', 'b', 'c'], asOf: {} };
          versions.set(name, { ...record, rules: { policy: p }, means: { click: [0.5, 0.5, 0.5] } });
          const binary = kind === 'binary';
          const arms = cells.map(({ opened, metrics: { click } }, k) => {
            if (p[k] === 0) return { opened: 0, metrics: {} };
            const mean = binary && click.rewarded > 0 ? 1 : click.mean;
            return {
              opened,
              metrics: { click: binary ? { ...click, mean, m2: 0 } : { ...click, mean: Math.abs(mean) } },
            };
          });
          return { experiment: 'headline', version: name, rule: 'policy', bucket: 1000 * v, arms };
        });
        const metrics = [{ ...CLICK, type: kind, ...(kind === 'bounded' ? { range: [0, 1e9] as const } : {}) }];
        const experiment = experimentOn(['a', 'b', 'c'], { metrics });
        expectHonest(buildReport({ ...moving, experiment, statistics, versions, health: NO_HEALTH }));
      }),
      { numRuns: 150 },
    );
  });
});
