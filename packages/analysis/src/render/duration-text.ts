import type { SeriesReport } from '../report.js';

const UNITS = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1000, 's'],
] as const;

/**
 * A length of time in its two largest units.
 *
 * @param ms length, > 0
 * @example
 * durationText(6_000_000) // => '1 h 40 min'
 */
export function durationText(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 120_000) return `${Math.round(ms / 1000)} s`;
  const at = UNITS.findIndex(([length]) => ms >= length);
  const [large, name] = UNITS[at]!;
  const [small, smallName] = UNITS[at + 1] ?? [1, ''];
  const rest = Math.round((ms % large) / small);
  const whole = Math.floor(ms / large);
  if (rest * small === large) return `${whole + 1} ${name}`;
  return rest === 0 || smallName === '' || whole >= 60 ? `${whole} ${name}` : `${whole} ${name} ${rest} ${smallName}`;
}

/** Width of a series' buckets in ms: the least gap between two; null with fewer than two. */
export function bucketWidth({ times }: Pick<SeriesReport, 'times'>): number | null {
  const starts = times.map((time) => Date.parse(time));
  const gaps = starts.slice(1).map((start, i) => start - starts[i]!);
  return gaps.length === 0 ? null : gaps.reduce((least, gap) => Math.min(least, gap));
}

/** Time that a series covers in ms; null where its buckets do not tell. */
export function coveredMs(series: Pick<SeriesReport, 'times'>): number | null {
  const width = bucketWidth(series);
  if (width === null) return null;
  return Date.parse(series.times.at(-1)!) - Date.parse(series.times[0]!) + width;
}

/**
 * A time in UTC, to the second, or to the minute where the seconds are 0.
 *
 * @example
 * utcText('2026-11-23T05:00:00.000Z') // => '2026-11-23 05:00 UTC'
 */
export function utcText(time: string): string {
  const iso = new Date(time).toISOString();
  return `${iso.slice(0, 10)} ${iso.slice(11, iso.slice(17, 19) === '00' ? 16 : 19)} UTC`;
}

/** Two times, the day once where it is the same. */
export function spanText(from: string, to: string): string {
  const [first, last] = [utcText(from), utcText(to)];
  const lastShort = first.slice(0, 11) === last.slice(0, 11) ? last.slice(11) : last;
  return `${first.slice(0, -4)} .. ${lastShort}`;
}
