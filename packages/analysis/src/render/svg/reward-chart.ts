import { scaleLinear } from 'd3-scale';
import { area, line } from 'd3-shape';
import type { MetricReport } from '../../report.js';
import { axisTicks } from '../axis-ticks.js';
import { bucketWidth } from '../duration-text.js';
import { boundsOf } from '../forest-view.js';
import { type Markup, markup, NOTHING } from '../markup.js';
import { amountScale, valueText } from '../number-scale.js';
import { labelWidth, svg } from './drawing.js';
import { timeAxis, timeScale } from './time-axis.js';

const WIDTH = 480;
const HEIGHT = 260;
const TOP = 8;
const BOTTOM = 228;

interface Point {
  readonly time: number;
  readonly came: number;
  readonly even: number | null;
}

/** Cumulative reward against what an even split is estimated to have brought, with the interval of the latter at the end. */
export function rewardChart(metric: MetricReport, id: string): Markup {
  const { series, worth } = metric;
  const width = bucketWidth(series);
  if (width === null || metric.trials === 0) return NOTHING;
  const starts = series.times.map((time) => Date.parse(time));
  const points: readonly Point[] = [
    { time: starts[0]!, came: 0, even: 0 },
    ...starts.map((start, i) => ({
      time: start + width,
      came: series.cumulative[i]!,
      even: series.evenSplit[i] ?? null,
    })),
  ];
  const whisker = evenBounds(metric);
  const heights = [...points.flatMap(({ came, even }) => [came, even ?? 0]), ...(whisker ?? [])];
  const domain = [Math.min(...heights), Math.max(...heights)] as const;
  const ticks = axisTicks([...domain], 5);
  const left = Math.max(40, 16 + Math.max(0, ...ticks.map(({ text }) => labelWidth(text))));
  const right = WIDTH - 12;
  const x = timeScale(points[0]!.time, points.at(-1)!.time, [left, right]);
  const y = scaleLinear()
    .domain(domain[0] === domain[1] ? [domain[0], domain[0] + 1] : domain)
    .range([BOTTOM, TOP]);
  const grid = ticks.map(
    ({ value, text }) =>
      markup`<line class="grid" x1="${left}" x2="${right}" y1="${y(value)}" y2="${y(value)}"/><text x="${left - 8}" y="${y(value) + 4}" text-anchor="end">${text}</text>`,
  );
  const chart = svg({
    id,
    title: `Cumulative ${metric.metric} against an even split`,
    description: `The policy brought ${valueText(amountScale(metric), series.cumulative.at(-1)!)} ${metric.metric}; ${evenWords(metric)}.`,
    width: WIDTH,
    height: HEIGHT,
    body: markup`${grid}${curves(points, x, y)}${whisker === null ? NOTHING : whiskerMark(right, y(whisker[0]), y(whisker[1]))}${timeAxis(x, BOTTOM)}`,
  });
  const even = worth.evenSplit.value.value === null ? NOTHING : EVEN_LEGEND;
  return markup`<figure><h3>Cumulative ${metric.metric}</h3><figcaption>closed trials by time of decision, UTC</figcaption>${chart}<ul class="legend"><li><i style="background:var(--accent);height:3px;width:18px;vertical-align:4px"></i>this policy</li>${even}</ul></figure>`;
}

const EVEN_LEGEND = markup`<li><i style="border-top:2px dashed var(--even);border-radius:0;height:0;width:18px;vertical-align:4px"></i>an even split, estimated; at the end its interval at one look</li>`;

function curves(points: readonly Point[], x: (time: number) => number, y: (value: number) => number): Markup {
  const at = ({ time }: Point) => x(time);
  const known = ({ even }: Point) => even !== null;
  const gain = area<Point>()
    .defined(known)
    .x(at)
    .y0(({ even }) => y(even ?? 0))
    .y1(({ came }) => y(came))(points as Point[]);
  const even = line<Point>()
    .defined(known)
    .x(at)
    .y((point) => y(point.even ?? 0))(points as Point[]);
  const came = line<Point>()
    .x(at)
    .y((point) => y(point.came))(points as Point[]);
  return markup`<path class="gain" d="${gain ?? ''}"/><path class="even" d="${even ?? ''}"/><path class="came" d="${came ?? ''}"/>`;
}

/** What an even split would have brought lies between these: the total less the gain's bounds. */
function evenBounds({ worth, series, better }: MetricReport): readonly [number, number] | null {
  const gain = boundsOf(worth.evenSplit.oneLook);
  const last = series.cumulative.at(-1);
  if (gain === null || last === undefined || series.evenSplit.at(-1) === null) return null;
  const sign = better === 'higher' ? 1 : -1;
  return [last - sign * gain.high, last - sign * gain.low];
}

function evenWords({ worth, metric, type, arms }: MetricReport): string {
  const { value } = worth.evenSplit;
  if (value.value === null) return 'an even split is not estimable';
  return `an even split is estimated to have brought ${valueText(amountScale({ type, arms }), value.value)} ${metric}`;
}

function whiskerMark(x: number, from: number, to: number): Markup {
  return markup`<path class="whisker" d="M${x - 4},${from}H${x + 4}M${x},${from}V${to}M${x - 4},${to}H${x + 4}"/>`;
}
