import type { Health } from '@armature/sdk/protocol';
import type { CheckStatus, HealthCheck, RatioReport } from './report.js';
import { expectedCounts, fixedRatio, type RatioCount, sequentialRatio } from './sample-ratio.js';

/** Share of rewards (late, unmatched) or decisions (fallback, dropped) above which a check warns. */
export const WARNING_SHARE = 0.01;
/** Chance of the sequential ratio check ever failing a right log: low, since a failure outranks every result. */
export const SEQUENTIAL_ALPHA = 0.001;
/** Chance of its ever warning of a right log. */
export const SEQUENTIAL_WARNING = 0.05;
/** Level of the chi-square check of a fixed split. */
export const CHI_SQUARE_ALPHA = 0.001;

/**
 * Both ratio checks: the e-process always, the chi-square where one vector served throughout.
 *
 * @param arms names in the order of the counts
 * @param counts trials opened per version and rule
 * @param constant whether one vector served every version
 */
export function ratioReport(arms: readonly string[], counts: readonly RatioCount[], constant: boolean): RatioReport {
  const expected = expectedCounts(counts);
  const sequential = sequentialRatio(counts, SEQUENTIAL_ALPHA);
  const opened = expected.map((arm) => arm.opened);
  const split = constant ? counts.find((count) => count.opened.some((n) => n > 0))?.p : undefined;
  const fixed = split === undefined ? null : fixedRatio(opened, split);
  return {
    sequential,
    chiSquare: fixed && {
      status: fixed.p === null ? 'insufficient' : fixed.p < CHI_SQUARE_ALPHA ? 'alarm' : 'ok',
      reason: fixed.reason,
      statistic: fixed.statistic,
      degreesOfFreedom: fixed.degreesOfFreedom,
      p: fixed.p,
      alpha: CHI_SQUARE_ALPHA,
    },
    arms: arms.map((arm, k) => ({ arm, opened: expected[k]?.opened ?? 0, expected: expected[k]?.expected ?? 0 })),
  };
}

/**
 * The health line, item by item. A failed check outranks every result of the report.
 *
 * @param health the fold's counters
 * @param ratio the ratio checks
 */
export function healthChecks(health: Health, ratio: RatioReport): readonly HealthCheck[] {
  const { decisions, rewards } = health;
  const fallback = health.notRandomised.default ?? 0;
  const often = (count: number, of: number): CheckStatus => (count > WARNING_SHARE * of ? 'warning' : 'ok');
  return [
    propensities(health, ratio),
    counted(
      'unmatched',
      health.unmatched,
      often(health.unmatched, rewards),
      'many rewards name a decision that is not in the log: look for lost decisions',
    ),
    counted(
      'late',
      health.late,
      often(health.late, rewards),
      'many rewards come after the window: lengthen it, or send them sooner',
    ),
    counted('duplicates', health.duplicates, 'ok', ''),
    {
      ...counted(
        'fallback',
        fallback,
        often(fallback, decisions),
        "many decisions were made without a snapshot: look at the clients' connection",
      ),
      label: `fallback ${decisions === 0 ? '0.0' : ((100 * fallback) / decisions).toFixed(1)}%`,
    },
    counted(
      'invalid',
      health.invalid,
      often(health.invalid, rewards),
      'many rewards are not what the definition allows: look at their names and ranges',
    ),
    counted(
      'tooOld',
      health.tooOld,
      health.tooOld > 0 ? 'warning' : 'ok',
      'events came so late that nobody can tell whether they had come before: they are refused',
    ),
    counted(
      'dropped',
      health.dropped,
      often(health.dropped, decisions),
      'clients lost many decisions: enlarge the outbox, or look at the connection',
    ),
  ];
}

function counted(id: HealthCheck['id'], count: number, status: CheckStatus, text: string): HealthCheck {
  return {
    id,
    status,
    count,
    label: `${id === 'tooOld' ? 'too old' : id} ${count}`,
    text: status === 'ok' ? null : text,
  };
}

function propensities(health: Health, { sequential, chiSquare }: RatioReport): HealthCheck {
  const count = health.propensityMismatch;
  const check = { id: 'propensities', count } as const;
  if (sequential.status === 'alarm' || chiSquare?.status === 'alarm')
    return {
      ...check,
      status: 'failed',
      label: 'propensities FAILED',
      text: 'the arms did not get the shares that were logged: look for lost or doubled decisions and for stale weights',
    };
  if (count > 0)
    return {
      ...check,
      status: 'warning',
      label: `propensities ${count} mismatched`,
      text: "some decisions logged a propensity that is not their version's: they are left out",
    };
  if ((sequential.logE ?? 0) >= -Math.log(SEQUENTIAL_WARNING))
    return {
      ...check,
      status: 'warning',
      label: 'propensities doubtful',
      text: 'the shares of the arms are unlikely under the logged vectors: watch this check',
    };
  return { ...check, status: 'ok', label: 'propensities ok', text: null };
}

/** The worst status among checks. */
export function worstStatus(checks: readonly HealthCheck[]): CheckStatus {
  if (checks.some(({ status }) => status === 'failed')) return 'failed';
  return checks.some(({ status }) => status === 'warning') ? 'warning' : 'ok';
}
