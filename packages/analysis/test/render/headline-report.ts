import type { Estimate, Interval, Report } from '../../src/index.js';
import { NO_HEALTH } from '../report-input.js';

/** Four headlines under Thompson sampling, one minute of a demo: a report as a literal, so that its text can be compared in full. */

const estimate = (value: number, standardError: number | null = null): Estimate => ({
  status: 'ok',
  reason: null,
  value,
  standardError,
});
const missing = (reason: string): Estimate => ({ status: 'insufficient', reason, value: null, standardError: null });
const interval = (guarantee: Interval['guarantee'], bounds: readonly [number, number] | string): Interval => {
  const kind = { level: 0.95, guarantee, method: guarantee === 'anytime' ? 'AsympCS' : 'AIPW, normal' } as const;
  return typeof bounds === 'string'
    ? { status: 'insufficient', reason: bounds, low: null, high: null, ...kind }
    : { status: 'ok', reason: null, low: bounds[0], high: bounds[1], ...kind };
};

type ArmRow = readonly [
  arm: string,
  decisions: number,
  now: number,
  total: number,
  mean: number,
  half: number,
  effective: number,
  best: number,
];
/** Half-width of the anytime interval in halves of the one-look interval. */
const WIDER = 3.1 / 1.96;
const ARMS: readonly ArmRow[] = [
  ['a', 29_525, 0.66, 771, 0.0261, 0.00195, 27_270, 0.697],
  ['b', 12_385, 0.3, 304, 0.025, 0.0034, 7826, 0.299],
  ['c', 4255, 0.02, 71, 0.0183, 0.0051, 2425, 0.003],
  ['d', 1835, 0.02, 26, 0.0165, 0.00695, 1344, 0.001],
];
const GATE = 'an arm has 287 of the 300 draws the anytime interval needs';
const SHARES = [
  [0.25, 0.42, 0.55, 0.66, 0.72, 0.7, 0.68, 0.66, 0.6, 0.71, 0.69, 0.61, 0.66],
  [0.25, 0.28, 0.25, 0.2, 0.2, 0.25, 0.28, 0.3, 0.36, 0.25, 0.27, 0.35, 0.3],
  [0.25, 0.2, 0.15, 0.1, 0.05, 0.03, 0.02, 0.02, 0.02, 0.02, 0.02, 0.02, 0.02],
  [0.25, 0.1, 0.05, 0.04, 0.03, 0.02, 0.02, 0.02, 0.02, 0.02, 0.02, 0.02, 0.02],
] as const;
const START = Date.UTC(2026, 10, 23, 5, 0);
/** Difference, half-width of the one-look interval, and the p that follows: 2 (1 - Phi(1.96 difference / half)). */
const CONTRASTS = [
  ['a', 0.0096, 0.0072, 0.009],
  ['b', 0.0085, 0.00775, 0.0316],
  ['c', 0.0018, 0.0086, 0.682],
] as const;
const REGRET = [
  ['a', 74, 61],
  ['b', 28, 160],
  ['c', -294, 244],
  ['d', -380, 333],
] as const;

export const HEADLINE: Report = {
  schema: 1,
  experiment: {
    id: 'headline',
    description: '',
    policy: 'thompson, floor 2%',
    assign: 'request',
    randomisationUnit: 'one request',
    control: 'd',
    arms: ['a', 'b', 'c', 'd'],
    reward: 'click',
    weights: 'moving',
  },
  generatedAt: '2026-11-23T05:01:10.000Z',
  from: '2026-11-23T05:00:00.000Z',
  to: '2026-11-23T05:01:00.000Z',
  versions: { first: '7.1', last: '7.60', count: 60 },
  trials: { opened: 48_000, closed: 48_000, open: 0, firstClosesAt: null, text: null },
  verdict: {
    status: 'not decided',
    leader: 'a',
    probability: 0.697,
    behind: [],
    retired: [],
    sentences: ['a leads: 70% likely best, b 30%.', 'Not decided.', 'c and d are unlikely to be best (each < 1%).'],
  },
  guarantee: { kind: 'anytime', level: 0.95, text: '95% anytime-valid intervals: right at every look together.' },
  health: {
    status: 'ok',
    checks: [
      { id: 'propensities', status: 'ok', count: 0, label: 'propensities ok', text: null },
      { id: 'unmatched', status: 'ok', count: 0, label: 'unmatched 0', text: null },
      { id: 'late', status: 'ok', count: 0, label: 'late 0', text: null },
      { id: 'duplicates', status: 'ok', count: 0, label: 'duplicates 0', text: null },
      { id: 'fallback', status: 'ok', count: 0, label: 'fallback 0.0%', text: null },
      { id: 'dropped', status: 'ok', count: 0, label: 'dropped 0', text: null },
    ],
    ratio: {
      sequential: { status: 'ok', reason: null, eValue: 0.2, logE: Math.log(0.2), alpha: 0.001 },
      chiSquare: null,
      arms: ARMS.map(([arm, decisions]) => ({ arm, opened: decisions, expected: decisions })),
    },
    exclusions: [],
    counters: { ...NO_HEALTH, decisions: 48_000, rewards: 1172 },
  },
  metrics: [
    {
      metric: 'click',
      type: 'binary',
      better: 'higher',
      missing: 'zero',
      trials: 48_000,
      estimator: { name: 'common-weight AIPW', reason: 'the weights moved with the rewards' },
      arms: ARMS.map(([arm, decisions, now, total, mean, half, effectiveN, probabilityBest]) => ({
        arm,
        control: arm === 'd',
        retired: false,
        decisions,
        share: decisions / 48_000,
        now,
        trials: decisions,
        total,
        mean: estimate(mean, half / 1.96),
        anytime: interval('anytime', arm === 'd' ? GATE : [mean - WIDER * half, mean + WIDER * half]),
        oneLook: interval('one look', [mean - half, mean + half]),
        effectiveN,
        probabilityBest,
        naiveMean: total / decisions,
      })),
      contrasts: CONTRASTS.map(([arm, difference, half, p]) => ({
        arm,
        against: 'd',
        difference: estimate(difference, half / 1.96),
        anytime: interval('anytime', arm === 'c' ? GATE : [difference - WIDER * half, difference + WIDER * half]),
        oneLook: interval('one look', [difference - half, difference + half]),
        p,
        relative: arm === 'c' ? missing('the mean of control is 0') : estimate(difference / 0.0165),
        unweighted: {
          difference: estimate(difference + 0.0001, half / 1.8),
          oneLook: interval('one look', [difference + 0.0001 - 1.1 * half, difference + 0.0001 + 1.1 * half]),
        },
        naive: null,
        trials: 48_000,
        draws: { arm: 4255, against: 1835 },
      })),
      worth: {
        total: 1172,
        trials: 48_000,
        evenSplit: {
          value: estimate(1010.3, 55),
          gain: estimate(161.7, 50),
          oneLook: interval('one look', [63.7, 259.7]),
        },
        regret: REGRET.map(([arm, regret, half]) => ({
          arm,
          regret: estimate(regret, half / 2.5),
          oneLook: interval('one look', [regret - 0.8 * half, regret + 0.8 * half]),
          simultaneous: interval('one look', [regret - half, regret + half]),
        })),
        maximum: { arm: 'a', regret: estimate(74, 24.4), simultaneous: interval('one look', [13, 188]) },
      },
      series: {
        times: SHARES[0].map((_, i) => new Date(START + 5000 * i).toISOString()),
        shares: ARMS.map(([arm], k) => ({ arm, values: SHARES[k]! })),
        cumulative: SHARES[0].map((_, i) => Math.round((1172 * (i + 1)) / 13)),
        evenSplit: SHARES[0].map((_, i) => (1010.3 * (i + 1)) / 13),
      },
      notes: ['mean* weighs versions alike for all arms.'],
    },
  ],
  notes: ['P(best) assumes that no rate drifts.'],
};
