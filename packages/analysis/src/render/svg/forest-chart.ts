import { scaleLinear } from 'd3-scale';
import { axisTicks } from '../axis-ticks.js';
import { type ForestRow, type ForestView, isDrawable } from '../forest-view.js';
import { type Markup, markup, NOTHING } from '../markup.js';
import type { NumberScale } from '../number-scale.js';
import { cutText } from '../text-width.js';
import { labelWidth, svg } from './drawing.js';

const WIDTH = 960;
const ROW = 30;
const TOP = 12;
const WIDEST_NAME = 28;

export interface ForestChart {
  readonly id: string;
  readonly title: string;
  readonly view: ForestView;
  readonly scale: NumberScale;
  /** Whether the axis shows differences, with signs. */
  readonly signed: boolean;
  /** What the axis measures. */
  readonly unit: string;
}

/** A forest plot: anytime intervals thin, one-look intervals thick, points, and the reference line. */
export function forestChart({ id, title, view, scale, signed, unit }: ForestChart): Markup {
  if (!isDrawable(view)) return NOTHING;
  const names = view.rows.map(({ label }) => cutText(label, WIDEST_NAME));
  const left = 24 + Math.max(40, ...names.map((name) => labelWidth(name, 13)));
  const bottom = TOP + ROW * view.rows.length;
  const margin = 0.04 * (view.domain[1] - view.domain[0]);
  const domain = [view.domain[0] - margin, view.domain[1] + margin] as const;
  const x = scaleLinear()
    .domain(domain)
    .range([left, WIDTH - 16]);
  const ticks = axisTicks(domain, 8, { percent: scale.percent, signed }).map(
    ({ value, text }) =>
      markup`<line class="grid" x1="${x(value)}" x2="${x(value)}" y1="${TOP}" y2="${bottom}"/><text x="${x(value)}" y="${bottom + 20}" text-anchor="middle">${text}</text>`,
  );
  const rows = view.rows.map((row, i) => rowMark(row, names[i]!, TOP + ROW * (i + 0.5), (value) => x(value)));
  const reference = x(view.reference);
  return svg({
    id,
    title,
    description: `${view.rows.map(({ text }) => text).join('; ')}.`,
    width: WIDTH,
    height: bottom + 44,
    body: markup`${ticks}<line class="axis" x1="${left}" x2="${WIDTH - 16}" y1="${bottom}" y2="${bottom}"/><line class="zero" x1="${reference}" x2="${reference}" y1="${TOP - 6}" y2="${bottom}"/>
${rows}<text x="${(left + WIDTH - 16) / 2}" y="${bottom + 40}" text-anchor="middle">${unit}</text>`,
  });
}

function rowMark(row: ForestRow, name: string, y: number, x: (value: number) => number): Markup {
  const { thin, thick, value, tone, text } = row;
  const thinMark =
    thin === null
      ? NOTHING
      : markup`<path class="thin" fill="none" d="M${x(thin.low)},${y - 5}v10M${x(thin.low)},${y}H${x(thin.high)}M${x(thin.high)},${y - 5}v10"/>`;
  const thickMark =
    thick === null
      ? NOTHING
      : markup`<line class="thick" x1="${x(thick.low)}" x2="${x(thick.high)}" y1="${y}" y2="${y}"/>`;
  const dot = value === null ? NOTHING : markup`<circle class="dot" cx="${x(value)}" cy="${y}" r="5"/>`;
  return markup`<g class="${tone}"><title>${text}</title><text class="name" x="4" y="${y + 4}">${name}</text>${thinMark}${thickMark}${dot}</g>\n`;
}
