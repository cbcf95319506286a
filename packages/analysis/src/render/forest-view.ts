import type { Interval } from '../estimate.js';
import type { MetricReport } from '../report.js';
import { toneOf } from './contrast-table.js';
import { differenceText, type NumberScale, signedText } from './number-scale.js';
import type { RowView } from './table-view.js';

export interface Bounds {
  readonly low: number;
  readonly high: number;
}

/** One line of a forest plot: a point, a thin interval (anytime) and a thick one (one look). */
export interface ForestRow {
  readonly label: string;
  readonly value: number | null;
  readonly thin: Bounds | null;
  readonly thick: Bounds | null;
  readonly tone: RowView['tone'];
  /** All of it in words. */
  readonly text: string;
}

/** A forest plot before it is drawn. */
export interface ForestView {
  readonly rows: readonly ForestRow[];
  /** Where the line stands: 0 for differences. */
  readonly reference: number;
  /** The values that the axis covers: every bound, every point and the reference. */
  readonly domain: readonly [number, number];
}

/** The bounds of an interval; null where it has none. */
export function boundsOf({ low, high }: Pick<Interval, 'low' | 'high'>): Bounds | null {
  return low === null || high === null ? null : { low, high };
}

/** Every other arm against control. */
export function contrastForest({ contrasts, better }: MetricReport, scale: NumberScale): ForestView {
  const rows = contrasts.map((contrast): ForestRow => {
    const { arm, against, difference, anytime, oneLook } = contrast;
    const words = [
      difference.value === null ? 'not estimable' : differenceText(scale, difference.value),
      ...[anytime, oneLook].flatMap(({ low, high, guarantee }) =>
        low === null || high === null ? [] : [`${guarantee} ${signedText(scale, low)} .. ${signedText(scale, high)}`],
      ),
    ];
    return {
      label: arm,
      value: difference.value,
      thin: boundsOf(anytime),
      thick: boundsOf(oneLook),
      tone: toneOf(anytime, better),
      text: `${arm} against ${against}: ${words.join(', ')}`,
    };
  });
  return forestOf(rows, 0);
}

/** The plot of these rows around a reference. */
export function forestOf(rows: readonly ForestRow[], reference: number): ForestView {
  const values = rows.flatMap(({ value, thin, thick }) => [
    ...(value === null ? [] : [value]),
    ...(thin === null ? [] : [thin.low, thin.high]),
    ...(thick === null ? [] : [thick.low, thick.high]),
  ]);
  const low = values.reduce((least, value) => Math.min(least, value), reference);
  const high = values.reduce((most, value) => Math.max(most, value), reference);
  return { rows, reference, domain: low === high ? [low - 1, high + 1] : [low, high] };
}

/** Whether there is anything to draw. */
export function isDrawable({ rows }: ForestView): boolean {
  return rows.some(({ value, thin, thick }) => value !== null || thin !== null || thick !== null);
}
