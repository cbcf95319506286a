import type { Estimate, Interval } from '../estimate.js';
import { type NumberScale, signedText, valueText } from './number-scale.js';

/** A number as every rendering shows it, or why there is none. */
export interface Figure {
  readonly text: string;
  /** Why it is not estimable; null when it is. */
  readonly reason: string | null;
}

/**
 * A text without a reason: a number that is known, or a name.
 *
 * @example
 * known('61.5%') // => { text: '61.5%', reason: null }
 */
export function known(text: string): Figure {
  return { text, reason: null };
}

/** A number that is not estimable, and why: its text is a dash, the reason stands in a footnote. */
export function missing(reason: string): Figure {
  return { text: '–', reason };
}

/** A number that may be null. */
export function figureOf(value: number | null, text: (value: number) => string, reason: string): Figure {
  return value === null ? missing(reason) : known(text(value));
}

/** An estimate's value. */
export function estimateFigure({ value, reason }: Estimate, text: (value: number) => string): Figure {
  return figureOf(value, text, reason ?? 'no value');
}

/** `2.41 .. 2.80`; signed for differences: `+0.24 .. +1.68`. */
export function intervalFigure({ low, high, reason }: Interval, scale: NumberScale, signed = false): Figure {
  if (low === null || high === null) return missing(reason ?? 'no interval');
  const bound = (value: number) => (signed ? signedText(scale, value) : valueText(scale, value));
  return known(`${bound(low)} .. ${bound(high)}`);
}

/** What a footnote says of numbers that are not there. */
export function reasonText(reason: string): string {
  return `not estimable: ${reason}`;
}
