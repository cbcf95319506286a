/** Whether a number could be computed: `insufficient` wants more data, `degenerate` no data of this kind can help. */
export const RESULT_STATUS = ['ok', 'insufficient', 'degenerate'] as const;
export type ResultStatus = (typeof RESULT_STATUS)[number];

/** What an interval promises: right at one look fixed beforehand, or at every look there will ever be. */
export const GUARANTEES = ['one look', 'anytime'] as const;
export type GuaranteeKind = (typeof GUARANTEES)[number];

/** A number with its standard error; null with a reason where there is none, never NaN. */
export interface Estimate {
  readonly status: ResultStatus;
  /** Why a number is missing; null when `status` is ok. */
  readonly reason: string | null;
  readonly value: number | null;
  readonly standardError: number | null;
}

/** An interval that covers its target with probability `level`; null bounds with a reason where there is none. */
export interface Interval {
  readonly status: ResultStatus;
  readonly reason: string | null;
  readonly low: number | null;
  readonly high: number | null;
  /** Nominal coverage, in (0, 1). */
  readonly level: number;
  readonly guarantee: GuaranteeKind;
  /** The formula by name: `Welch t`, `Wilson`, `Newcombe`, `AsympCS`, ... */
  readonly method: string;
}

/** What names an interval apart from its bounds. */
export type IntervalKind = Pick<Interval, 'level' | 'guarantee' | 'method'>;

/**
 * A value with its standard error. A value that is not finite becomes a degenerate one, so that no NaN can leave.
 *
 * @param value the estimate
 * @param standardError its standard error, >= 0, or null where it has none
 * @example
 * estimateOf(0.5, 0.1).value // => 0.5
 */
export function estimateOf(value: number, standardError: number | null): Estimate {
  if (!Number.isFinite(value)) return noEstimate('degenerate', 'the value is not finite');
  if (standardError !== null && !Number.isFinite(standardError))
    return { status: 'degenerate', reason: 'the standard error is not finite', value, standardError: null };
  return { status: 'ok', reason: null, value, standardError };
}

/**
 * No value, and why.
 *
 * @example
 * noEstimate('insufficient', 'no trial has closed').value // => null
 */
export function noEstimate(status: Exclude<ResultStatus, 'ok'>, reason: string): Estimate {
  return { status, reason, value: null, standardError: null };
}

/**
 * The interval `low .. high`.
 *
 * @example
 * intervalOf(1, 2, { level: 0.95, guarantee: 'one look', method: 'Wilson' }).high // => 2
 */
export function intervalOf(low: number, high: number, kind: IntervalKind): Interval {
  if (!Number.isFinite(low) || !Number.isFinite(high)) return noInterval('degenerate', 'a bound is not finite', kind);
  return { status: 'ok', reason: null, low, high, ...kind };
}

/**
 * No interval, and why.
 *
 * @example
 * noInterval('insufficient', 'one trial', { level: 0.95, guarantee: 'one look', method: 'Welch t' }).low // => null
 */
export function noInterval(status: Exclude<ResultStatus, 'ok'>, reason: string, kind: IntervalKind): Interval {
  return { status, reason, low: null, high: null, ...kind };
}

/**
 * A level as a percentage, with as many digits as it has.
 *
 * @param level in (0, 1)
 * @example
 * percentLevel(0.999) // => '99.9%'
 */
export function percentLevel(level: number): string {
  return `${Number((100 * level).toPrecision(10))}%`;
}
