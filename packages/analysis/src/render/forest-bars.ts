import { scaleLinear } from 'd3-scale';
import { axisTicks } from './axis-ticks.js';
import type { Bounds, ForestRow, ForestView } from './forest-view.js';

const POINT = '●';
const LINE = '│';
const THIN = { bar: '─', crossing: '┼' } as const;
const THICK = { bar: '━', crossing: '┿' } as const;

/** A forest plot in characters: its axis, and one bar for each row of the view. */
export interface ForestBars {
  readonly axis: string;
  readonly bars: readonly string[];
}

/**
 * Draws a forest plot in characters: anytime intervals thin, one-look intervals thick, the point, the reference line.
 *
 * @param view rows and domain
 * @param width in terminal columns, >= 3
 * @param percent whether the axis counts percentage points
 * @example
 * const row = { label: 'a', value: 1, thin: { low: -1, high: 3 }, thick: { low: 0.5, high: 1.5 }, tone: 'plain', text: '' };
 * forestBars({ rows: [row], reference: 0, domain: [-1, 3] }, 9, false).bars // => ['──┼━●━───']
 */
export function forestBars(view: ForestView, width: number, percent: boolean): ForestBars {
  const position = scaleLinear()
    .domain(view.domain)
    .rangeRound([0, width - 1])
    .clamp(true);
  const zero = position(view.reference);
  return {
    axis: axisOf(view, width, percent, (value) => position(value)),
    bars: view.rows.map((row) =>
      barOf(row, width, zero, (value) => besideZero(position(value), value, view.reference)),
    ),
  };

  /** Rounding to a cell may not move a value onto the line that it is above or below. */
  function besideZero(cell: number, value: number, reference: number): number {
    if (cell !== zero || value === reference) return cell;
    return value > reference ? Math.min(width - 1, zero + 1) : Math.max(0, zero - 1);
  }
}

function barOf({ value, thin, thick }: ForestRow, width: number, zero: number, at: (value: number) => number): string {
  const cells: string[] = Array.from({ length: width }, () => ' ');
  cells[zero] = LINE;
  const draw = (bounds: Bounds | null, { bar, crossing }: typeof THIN | typeof THICK) => {
    if (bounds === null) return;
    for (let x = at(bounds.low); x <= at(bounds.high); x++) cells[x] = x === zero ? crossing : bar;
  };
  draw(thin, THIN);
  draw(thick, THICK);
  if (value !== null) cells[at(value)] = POINT;
  return cells.join('').trimEnd();
}

/** Labels centred on their ticks; one that would touch the label before it is left out, 0 never. */
function axisOf({ domain }: ForestView, width: number, percent: boolean, at: (value: number) => number): string {
  const ticks = axisTicks(domain, Math.floor(width / 7), { percent, signed: true }).map(({ value, text }) => {
    const start = Math.round(at(value) - (text.length - 1) / 2);
    return { value, text, start: Math.min(Math.max(0, start), Math.max(0, width - text.length)) };
  });
  const placed: (typeof ticks)[number][] = [];
  for (const tick of [...ticks].sort((a, b) => Number(b.value === 0) - Number(a.value === 0) || a.value - b.value)) {
    const apart = ({ start, text }: (typeof ticks)[number]) =>
      start + text.length < tick.start || tick.start + tick.text.length < start;
    if (placed.every(apart)) placed.push(tick);
  }
  return placed.sort((a, b) => a.start - b.start).reduce((line, { start, text }) => line.padEnd(start) + text, '');
}
