import type { SeriesReport } from '../report.js';
import { spanText } from './duration-text.js';
import { shareText } from './number-scale.js';
import { sparkline, thinOut } from './sparkline.js';
import type { TerminalStyle } from './terminal-style.js';
import { cutText, padText, textWidth } from './text-width.js';

const LABEL = ' share    ';
const MOST_BARS = 60;
const WIDEST_NAME = 16;

/** Each arm's share of the decisions over time, one line an arm, all on one scale. */
export function shareLines({ times, shares }: SeriesReport, style: TerminalStyle): readonly string[] {
  if (times.length < 2) return [];
  const names = shares.map(({ arm }) => cutText(arm, WIDEST_NAME));
  const widest = names.reduce((width, name) => Math.max(width, textWidth(name)), 0);
  const count = Math.min(MOST_BARS, style.width - LABEL.length - widest - 10);
  const thinned = shares.map(({ values }) => thinOut(values, count));
  const most = Math.max(0, ...thinned.flat().map((share) => share ?? 0));
  const lines = thinned.map((values, k) => {
    const head = k === 0 ? style.cyan(LABEL) : ' '.repeat(LABEL.length);
    return `${head}${padText(names[k]!, widest)} ${sparkline(values, most)}`.trimEnd();
  });
  const under = ' '.repeat(LABEL.length + widest + 1);
  const legend = `${spanText(times[0]!, times.at(-1)!)}, full bar ${shareText(most)}`;
  return [...lines, style.dim(under + cutText(legend, Math.max(1, style.width - under.length)))];
}
