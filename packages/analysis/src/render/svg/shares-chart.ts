import { area, curveStepAfter, stack } from 'd3-shape';
import type { SeriesReport } from '../../report.js';
import { bucketWidth } from '../duration-text.js';
import { ARM_COLORS } from '../html-style.js';
import { type Markup, markup, NOTHING } from '../markup.js';
import { shareText } from '../number-scale.js';
import { svg } from './drawing.js';
import { timeAxis, timeScale } from './time-axis.js';

const WIDTH = 480;
const HEIGHT = 260;
const LEFT = 40;
const RIGHT = 472;
const TOP = 8;
const BOTTOM = 228;

interface Band {
  readonly arm: string;
  readonly color: string;
  readonly values: readonly number[];
}

/** Shares of the arms over time, stacked; more arms than colours are drawn as one band of others. */
export function sharesChart(series: SeriesReport, id: string): Markup {
  const width = bucketWidth(series);
  const gaps = series.times.map((_, i) => series.shares.every(({ values }) => values[i] === null));
  if (width === null || gaps.every(Boolean)) return NOTHING;
  const starts = series.times.map((time) => Date.parse(time));
  const x = timeScale(starts[0]!, starts.at(-1)! + width, [LEFT, RIGHT]);
  const y = (share: number) => BOTTOM - share * (BOTTOM - TOP);
  const bands = bandsOf(series);
  const layers = stack<unknown, number, number>()
    .keys(bands.map((_, k) => k))
    .value((i, k) => bands[k]!.values[i as number]!)(starts.map((_, i) => i) as never);
  const last = starts.length - 1;
  const drawn = bands.map(({ arm, color, values }, k) => {
    const points = [...layers[k]!.map(([low, high], i) => ({ i, low, high })), { i: last + 1, low: 0, high: 0 }];
    const end = points[last]!;
    points[last + 1] = { ...end, i: last + 1 };
    const path = area<(typeof points)[number]>()
      .defined(({ i }) => gaps[Math.min(i, last)] === false)
      .x(({ i }) => x(i > last ? starts[last]! + width : starts[i]!))
      .y0(({ low }) => y(low))
      .y1(({ high }) => y(high))
      .curve(curveStepAfter)(points);
    return markup`<path d="${path ?? ''}" fill="${color}"><title>${arm}: ${shareText(values[0]!)} at first, ${shareText(values[last]!)} at last</title></path>\n`;
  });
  const grid = [0, 0.25, 0.5, 0.75, 1].map(
    (share) =>
      markup`<line class="grid" x1="${LEFT}" x2="${RIGHT}" y1="${y(share)}" y2="${y(share)}"/><text x="${LEFT - 8}" y="${y(share) + 4}" text-anchor="end">${100 * share}%</text>`,
  );
  const words = bands.map(({ arm, values }) => `${arm} from ${shareText(values[0]!)} to ${shareText(values[last]!)}`);
  const chart = svg({
    id,
    title: 'Share of the decisions over time',
    description: `Stacked shares: ${words.join(', ')}.`,
    width: WIDTH,
    height: HEIGHT,
    body: markup`${grid}<g class="bands">${drawn}</g>${timeAxis(x, BOTTOM)}`,
  });
  const legend = bands.map(({ arm, color }) => markup`<li><i style="background:${color}"></i>${arm}</li>`);
  return markup`<figure><h3>Share of the decisions</h3><figcaption>by time of decision, UTC</figcaption>${chart}<ul class="legend">${legend}</ul></figure>`;
}

function bandsOf({ shares }: SeriesReport): readonly Band[] {
  const named = shares.length <= ARM_COLORS.length ? shares.length : ARM_COLORS.length - 1;
  const mean = ({ values }: SeriesReport['shares'][number]) => values.reduce<number>((sum, v) => sum + (v ?? 0), 0);
  const largest = new Set([...shares].sort((a, b) => mean(b) - mean(a)).slice(0, named));
  const bands = shares
    .filter((share) => largest.has(share))
    .map(({ arm, values }, k) => ({ arm, color: ARM_COLORS[k]!, values: values.map((value) => value ?? 0) }));
  const rest = shares.filter((share) => !largest.has(share));
  if (rest.length === 0) return bands;
  const values = rest[0]!.values.map((_, i) => rest.reduce((sum, share) => sum + (share.values[i] ?? 0), 0));
  return [...bands, { arm: `${rest.length} other arms`, color: ARM_COLORS.at(-1)!, values }];
}
