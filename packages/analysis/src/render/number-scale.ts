import type { Interval } from '../estimate.js';
import type { MetricReport } from '../report.js';

/** How the numbers of one metric are written: alike in every table and rendering. */
export interface NumberScale {
  /** Rates are written in percent, their differences in percentage points. */
  readonly percent: boolean;
  /** Digits after the point. */
  readonly decimals: number;
}

const MOST_DECIMALS = 6;

/**
 * The scale that shows two digits of the narrowest interval's half-width: more would be noise, fewer would hide it.
 *
 * @param metric its intervals, and its type: `binary` is written in percent
 */
export function scaleOf(metric: Pick<MetricReport, 'type' | 'arms' | 'contrasts'>): NumberScale {
  const intervals = [...metric.arms, ...metric.contrasts].flatMap(({ anytime, oneLook }) => [anytime, oneLook]);
  return scaleFor(
    metric.type === 'binary',
    intervals,
    metric.arms.map(({ mean }) => mean.value),
  );
}

/**
 * The scale for values with these intervals; without any interval, three digits of the largest value.
 *
 * @example
 * scaleFor(true, [], [0.026]) // => { percent: true, decimals: 2 }
 */
export function scaleFor(
  percent: boolean,
  intervals: readonly Pick<Interval, 'low' | 'high'>[],
  values: readonly (number | null)[],
): NumberScale {
  const unit = percent ? 100 : 1;
  const halves = intervals.flatMap(({ low, high }) =>
    low === null || high === null || high === low ? [] : [(unit * (high - low)) / 2],
  );
  const largest = values.reduce<number>((most, value) => Math.max(most, unit * Math.abs(value ?? 0)), 0);
  const [size, digits] = halves.length > 0 ? [Math.min(...halves), 2] : [largest, 3];
  if (!(size > 0)) return { percent, decimals: percent ? 2 : 0 };
  const decimals = digits - 1 - Math.floor(Math.log10(size));
  return { percent, decimals: Math.min(MOST_DECIMALS, Math.max(0, decimals)) };
}

/**
 * A value without its unit, as intervals show it.
 *
 * @example
 * valueText({ percent: true, decimals: 2 }, 0.0261) // => '2.61'
 */
export function valueText({ percent, decimals }: NumberScale, value: number): string {
  return fixed(percent ? 100 * value : value, decimals);
}

/**
 * A value with its unit: `2.61%`, `12.3`.
 *
 * @example
 * meanText({ percent: true, decimals: 2 }, 0.0261) // => '2.61%'
 */
export function meanText(scale: NumberScale, value: number): string {
  return valueText(scale, value) + (scale.percent ? '%' : '');
}

/**
 * A difference without its unit: zero has no sign.
 *
 * @example
 * signedText({ percent: true, decimals: 2 }, 0.0096) // => '+0.96'
 */
export function signedText(scale: NumberScale, value: number): string {
  const text = valueText(scale, value);
  return value > 0 && /[1-9]/.test(text) ? `+${text}` : text;
}

/**
 * A difference with its unit, percentage points for rates: `+0.96 pt`, `+1.2`.
 *
 * @example
 * differenceText({ percent: true, decimals: 2 }, -0.0017) // => '-0.17 pt'
 */
export function differenceText(scale: NumberScale, value: number): string {
  return signedText(scale, value) + (scale.percent ? ' pt' : '');
}

/**
 * A whole number, thousands apart.
 *
 * @example
 * countText(29_525) // => '29,525'
 */
export function countText(count: number): string {
  return fixed(Math.round(count), 0);
}

/**
 * A share of a whole.
 *
 * @example
 * shareText(0.615) // => '61.5%'
 */
export function shareText(share: number): string {
  return `${fixed(100 * share, 1)}%`;
}

/**
 * The scale of a metric's sums: whole numbers for clicks and counts, else three digits of the largest sum.
 *
 * @example
 * amountScale({ type: 'real', arms: [{ total: 12.34 }] }) // => { percent: false, decimals: 1 }
 */
export function amountScale({
  type,
  arms,
}: {
  readonly type: MetricReport['type'];
  readonly arms: readonly Pick<MetricReport['arms'][number], 'total'>[];
}): NumberScale {
  if (type === 'binary' || type === 'count') return { percent: false, decimals: 0 };
  return scaleFor(
    false,
    [],
    arms.map(({ total }) => total),
  );
}

/** A probability value of a test: never 0, since no p is. */
export function pText(p: number): string {
  if (p < 0.0001) return '< 0.0001';
  return p < 0.01 ? fixed(p, 4) : fixed(p, 3);
}

/** A posterior probability: 0 and 1 only where they are. */
export function probabilityText(probability: number): string {
  if (probability > 0 && probability < 0.0005) return '< 0.1%';
  if (probability < 1 && probability > 0.9995) return '> 99.9%';
  return shareText(probability);
}

/** Thousands apart, no minus before zero, powers of ten where digits would run on. */
function fixed(value: number, decimals: number): string {
  const size = Math.abs(value);
  if (size >= 1e12 || (size > 0 && decimals === MOST_DECIMALS && size < 1e-6)) return value.toExponential(2);
  const text = value.toLocaleString('en-US', { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
  return text.startsWith('-') && !/[1-9]/.test(text) ? text.slice(1) : text;
}
