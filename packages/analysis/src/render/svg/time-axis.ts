import { scaleUtc } from 'd3-scale';
import { type Markup, markup } from '../markup.js';
import { labelWidth } from './drawing.js';

/** From a time in ms to a place. */
export type TimeScale = ReturnType<typeof scaleUtc<number, number>>;

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;

/** The scale of a chart's time axis, in UTC whatever the reader's zone. */
export function timeScale(from: number, to: number, range: readonly [number, number]): TimeScale {
  return scaleUtc()
    .domain([new Date(from), new Date(to)])
    .range(range);
}

/** Ticks under a chart; labels that would touch the one before or leave the chart are left out. */
export function timeAxis(scale: TimeScale, y: number): Markup {
  const [left = 0, right = 0] = scale.range();
  const ticks = scale.ticks(Math.max(2, Math.floor((right - left) / 90)));
  const step = ticks.length > 1 ? ticks[1]!.getTime() - ticks[0]!.getTime() : 0;
  let free = Number.NEGATIVE_INFINITY;
  const labels = ticks.flatMap((tick) => {
    const x = scale(tick);
    const text = tickText(tick, step);
    const half = labelWidth(text) / 2;
    if (x - half < free || x + half > right + 24) return [];
    free = x + half + 8;
    return [
      markup`<line class="axis" x1="${x}" x2="${x}" y1="${y}" y2="${y + 4}"/><text x="${x}" y="${y + 18}" text-anchor="middle">${text}</text>`,
    ];
  });
  return markup`<line class="axis" x1="${left}" x2="${right}" y1="${y}" y2="${y}"/>${labels}`;
}

/**
 * A tick's time: the day at midnight, else hours and minutes, and seconds or their fractions where the step needs them.
 *
 * @param tick the time
 * @param step ms between ticks
 * @example
 * tickText(new Date('2026-11-23T05:00:00Z'), 3_600_000) // => '05:00'
 */
export function tickText(tick: Date, step: number): string {
  const iso = tick.toISOString();
  const day = `${tick.getUTCDate()} ${MONTHS[tick.getUTCMonth()]}`;
  if (step >= 28 * 86_400_000) return `${MONTHS[tick.getUTCMonth()]} ${tick.getUTCFullYear()}`;
  if (step >= 86_400_000 || iso.slice(11, 23) === '00:00:00.000') return day;
  if (step >= 60_000) return iso.slice(11, 16);
  return step >= 1000 || step === 0 ? iso.slice(11, 19) : iso.slice(17, 23);
}
