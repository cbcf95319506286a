import { type Interval, percentLevel } from '../estimate.js';
import type { MetricReport, WorthReport } from '../report.js';
import { intervalTitle } from './arm-table.js';
import { estimateFigure, intervalFigure, known, reasonText } from './figure.js';
import { amountScale, countText, type NumberScale, signedText, valueText } from './number-scale.js';
import { names, numbers, type TableView } from './table-view.js';

/** A line of the report: what it is, and what it says. */
export interface SummaryLine {
  readonly label: string;
  readonly text: string;
}

const MOST_ARMS = 6;

/** What the policy was worth: the reward against an even split, and the regret against each arm. */
export function worthLines(report: Pick<MetricReport, 'metric' | 'type' | 'arms' | 'worth'>): readonly SummaryLine[] {
  const { metric, worth } = report;
  const scale = amountScale(report);
  const total = `${metric} ${valueText(scale, worth.total)} in ${countText(worth.trials)} closed trials;`;
  return [
    { label: 'worth', text: `${total} ${evenSplitText(worth, scale)}` },
    { label: 'regret', text: regretText(worth, scale) },
  ];
}

/** The regret against each arm, with both intervals. A loss is positive, whichever direction is better. */
export function regretTable(metric: MetricReport): TableView {
  const scale = amountScale(metric);
  const signed = (value: number) => signedText(scale, value);
  const { regret } = metric.worth;
  const [first] = regret;
  return {
    caption: `Regret: ${metric.metric} lost against always serving one arm`,
    columns: [
      names('always'),
      numbers('regret', null),
      numbers(first === undefined ? '' : `${percentLevel(first.simultaneous.level)} all arms together`, null),
      numbers(first === undefined ? '' : intervalTitle(first.oneLook), 1),
    ],
    rows: regret.map(({ arm, regret: lost, simultaneous, oneLook }) => ({
      tone: 'plain',
      figures: [
        known(arm),
        estimateFigure(lost, signed),
        intervalFigure(simultaneous, scale, true),
        intervalFigure(oneLook, scale, true),
      ],
    })),
  };
}

function evenSplitText({ evenSplit: { value, gain, oneLook } }: WorthReport, scale: NumberScale): string {
  if (value.value === null) return `an even split is ${reasonText(value.reason ?? 'no value')}.`;
  const expects = `an even split expects ${valueText(scale, value.value)}`;
  if (gain.value === null) return `${expects}; the gain is ${reasonText(gain.reason ?? 'no value')}.`;
  const title = intervalTitle(oneLook);
  const bounds = oneLook.reason === null ? `${title} ${boundsText(oneLook, scale)}` : `no interval: ${oneLook.reason}`;
  return `${expects}: gain ${signedText(scale, gain.value)} (${bounds}).`;
}

function regretText({ regret, maximum }: WorthReport, scale: NumberScale): string {
  const [first] = regret;
  if (first === undefined || maximum.regret.value === null)
    return `${reasonText(maximum.regret.reason ?? 'no arm could be drawn in every version')}.`;
  const { reason: withheld } = maximum.simultaneous;
  const bounds = (interval: Interval) => (withheld === null ? ` (${boundsText(interval, scale)})` : '');
  const rows = regret
    .slice(0, MOST_ARMS)
    .map(({ arm, regret: { value, reason }, simultaneous }) =>
      value === null
        ? `${arm} ${reasonText(reason ?? 'no value')}`
        : `${arm} ${signedText(scale, value)}${bounds(simultaneous)}`,
    );
  const more = regret.length > MOST_ARMS ? `, and ${regret.length - MOST_ARMS} more arms` : '';
  const best = `${signedText(scale, maximum.regret.value)}${bounds(maximum.simultaneous)}`;
  const promise =
    withheld === null
      ? `${percentLevel(first.simultaneous.level)}, all arms together, one look`
      : `no interval: ${withheld}`;
  return `loss against always serving ${rows.join(', ')}${more}; against the best of them ${best}; ${promise}.`;
}

function boundsText({ low, high, reason }: Interval, scale: NumberScale): string {
  if (low === null || high === null) return reasonText(reason ?? 'no interval');
  return `${signedText(scale, low)} .. ${signedText(scale, high)}`;
}
