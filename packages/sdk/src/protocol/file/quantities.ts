import { type Cursor, complainOfValue, got } from './cursor.js';
import type { ScalarTree } from './yaml-tree.js';

const UNITS: { readonly [unit: string]: number } = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const MAX_DURATION = 366 * 86_400_000;

const scalarOf = (cursor: Cursor): ScalarTree | undefined => (cursor.tree.kind === 'scalar' ? cursor.tree : undefined);

/**
 * A duration such as 250ms, 10s, 10m, 1.5h, 1d, in ms: a whole number of them, at most 366 days.
 *
 * @param least the shortest accepted, ms
 */
export function readDuration(cursor: Cursor, least = 1): number | undefined {
  const scalar = scalarOf(cursor);
  if (typeof scalar?.value === 'number') {
    const { source } = scalar;
    return complainOfValue(cursor, 'a duration without unit', {
      got: source,
      todo: `write ${source}s, ${source}m or ${source}h`,
    });
  }
  const text = scalar?.value;
  const parts = typeof text === 'string' ? /^(\d+(?:\.\d+)?)\s*([A-Za-z]+)$/.exec(text) : null;
  if (parts === null)
    return complainOfValue(cursor, 'a duration is needed', {
      got: got(cursor.tree),
      todo: 'write 250ms, 10s, 10m, 1h or 1d',
    });
  const [, digits, unit] = parts as unknown as readonly [string, string, string];
  if (!Object.hasOwn(UNITS, unit)) {
    const lower = unit.toLowerCase();
    const todo = Object.hasOwn(UNITS, lower) ? `write ${digits}${lower}` : 'use ms, s, m, h or d';
    return complainOfValue(cursor, `${unit} is no unit of time`, { got: String(text), todo });
  }
  const ms = Math.round(Number(digits) * UNITS[unit]!);
  if (ms >= least && ms <= MAX_DURATION) return ms;
  return complainOfValue(cursor, `a duration from ${least}ms to 366d is needed`, { got: String(text) });
}

/** A number written as `5%` or as a plain number; percent says which. */
function parseNumber(
  scalar: ScalarTree | undefined,
): { readonly value: number; readonly percent: boolean } | undefined {
  if (typeof scalar?.value === 'number') {
    return Number.isFinite(scalar.value) ? { value: scalar.value, percent: false } : undefined;
  }
  const digits = typeof scalar?.value === 'string' ? /^([+-]?\d+(?:\.\d+)?)\s*%$/.exec(scalar.value)?.[1] : undefined;
  return digits === undefined ? undefined : { value: Number(`${digits}e-2`), percent: true };
}

export interface ShareLimits {
  /** Least share. @default 0 */
  readonly min?: number;
  /** Whether 0 is refused. @default false */
  readonly positive?: boolean;
  /** Greatest share. @default 1 */
  readonly max?: number;
}

const percentage = (share: number): string => `${Number((share * 100).toPrecision(12))}%`;

/** A share: `5%` or `.05`. A number of 1 or more without unit is refused: 1 may be meant as 1% or as 100%. */
export function readShare(
  cursor: Cursor,
  { min = 0, max = 1, positive = false }: ShareLimits = {},
): number | undefined {
  const scalar = scalarOf(cursor);
  const number = parseNumber(scalar);
  if (number === undefined) {
    return complainOfValue(cursor, 'a share is needed', { got: got(cursor.tree), todo: 'write it as 5% or .05' });
  }
  const { value, percent } = number;
  if (!percent && value >= 1) {
    const source = scalar?.source ?? '';
    const todo = value === 1 ? 'write 1% or 100%' : `write ${source}%`;
    return complainOfValue(cursor, 'a share without unit', { got: source, todo });
  }
  if (value >= min && value <= max && !(positive && value <= 0)) return value + 0;
  const limits = positive ? `above 0% and at most ${percentage(max)}` : `from ${percentage(min)} to ${percentage(max)}`;
  return complainOfValue(cursor, `a share ${limits} is needed`, { got: scalar?.source ?? '' });
}

/** Any finite number, or a percentage of one: `max: 1%` is .01. */
export function readQuantity(cursor: Cursor): number | undefined {
  const number = parseNumber(scalarOf(cursor));
  if (number !== undefined) return number.value;
  return complainOfValue(cursor, 'a number or a percentage is needed', { got: got(cursor.tree) });
}

/** A finite number inside limits. */
export function readNumber(cursor: Cursor, least = Number.NEGATIVE_INFINITY, above = false): number | undefined {
  const scalar = scalarOf(cursor);
  const value = scalar?.value;
  const limit = least === Number.NEGATIVE_INFINITY ? '' : above ? ` above ${least}` : ` of at least ${least}`;
  const fits = typeof value === 'number' && Number.isFinite(value) && (above ? value > least : value >= least);
  if (fits) return value + 0;
  const finite = limit === '' ? 'a finite number' : `a finite number${limit}`;
  return complainOfValue(cursor, `${finite} is needed`, { got: got(cursor.tree) });
}

/** Whether the file wrote a percentage here. */
export function isPercentage(cursor: Cursor): boolean {
  return parseNumber(scalarOf(cursor))?.percent === true;
}
