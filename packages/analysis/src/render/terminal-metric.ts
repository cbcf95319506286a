import type { MetricReport, Report } from '../report.js';
import { armTable } from './arm-table.js';
import { contrastTable } from './contrast-table.js';
import { reasonText } from './figure.js';
import { metricFootnotes } from './footnotes.js';
import { forestBars } from './forest-bars.js';
import { contrastForest, isDrawable } from './forest-view.js';
import { metricTitle } from './headline.js';
import { type NumberScale, scaleOf } from './number-scale.js';
import { reasonsOf } from './table-view.js';
import { shareLines } from './terminal-shares.js';
import { labelled, marked, type TerminalStyle } from './terminal-style.js';
import { type BesideTable, fitTable, footnoteMark, tableLines, widthBeside } from './terminal-table.js';
import { worthLines } from './worth-lines.js';

const MOST_ROWS = 20;
const LEAST_BARS = 18;
const MOST_BARS = 48;
/** Share of the width that the bars want before columns may have it. */
const BARS_SHARE = 0.28;

/** One metric: arms, contrasts with their forest, and for the metric that is learnt from shares and worth. */
export function metricLines(report: Report, metric: MetricReport, style: TerminalStyle): readonly string[] {
  const learnt = metric.metric === report.experiment.reward;
  if (!learnt && metric.trials === 0) return [` ${style.bold(metricTitle(metric))}: no trial has closed yet`, ''];
  const scale = scaleOf(metric);
  const shown = fewArms(metric, report.verdict.leader);
  const hidden = metric.arms.length - shown.arms.length;
  const bars = barsBeside(shown, scale, style);
  const arms = fitTable(armTable(report, shown, scale), style.width);
  const compared = shown.contrasts.length > 0 && metric.trials > 0;
  const room = bars === undefined ? style.width : widthBeside(style.width, bars);
  const contrasts = compared ? [fitTable(contrastTable(shown, scale), room)] : [];
  const reasons = reasonsOf([arms, ...contrasts]);
  return [
    ...(report.metrics.length > 1 ? [` ${style.bold(metricTitle(metric))}`] : []),
    ...tableLines(arms, reasons, style),
    ...(hidden > 0 ? [style.dim(` and ${hidden} more arms: see --json or --html`)] : []),
    '',
    ...contrasts.flatMap((table) => [...tableLines(table, reasons, style, bars), '']),
    ...(learnt ? [...shareLines(shown.series, style), '', ...worth(metric, style)] : []),
    ...reasons.flatMap((reason, i) => marked(footnoteMark(i + 1), reasonText(reason), style)),
    ...metricFootnotes(metric, scale).flatMap((note) => marked('*', note, style)),
  ];
}

function worth(metric: MetricReport, style: TerminalStyle): readonly string[] {
  if (metric.trials === 0) return [];
  return [...worthLines(metric).flatMap(({ label, text }) => labelled(label, text, style)), ''];
}

function barsBeside(metric: MetricReport, scale: NumberScale, style: TerminalStyle): BesideTable | undefined {
  const forest = contrastForest(metric, scale);
  if (!isDrawable(forest)) return undefined;
  return {
    least: Math.max(LEAST_BARS, Math.floor(BARS_SHARE * style.width)),
    most: MOST_BARS,
    draw: (width) => {
      const { axis, bars } = forestBars(forest, width, scale.percent);
      return { head: axis, lines: bars };
    },
  };
}

/** The leader, control and the arms with most decisions, in their own order. */
function fewArms(metric: MetricReport, leader: string | null): MetricReport {
  if (metric.arms.length <= MOST_ROWS) return metric;
  const rank = ({ arm, control, decisions }: MetricReport['arms'][number]) =>
    control || arm === leader ? Number.MAX_VALUE : decisions;
  const kept = new Set(
    [...metric.arms]
      .sort((a, b) => rank(b) - rank(a))
      .slice(0, MOST_ROWS)
      .map(({ arm }) => arm),
  );
  const keep = <Row extends { readonly arm: string }>(rows: readonly Row[]) => rows.filter(({ arm }) => kept.has(arm));
  const { arms, contrasts, series } = metric;
  return {
    ...metric,
    arms: keep(arms),
    contrasts: keep(contrasts),
    series: { ...series, shares: keep(series.shares) },
  };
}
