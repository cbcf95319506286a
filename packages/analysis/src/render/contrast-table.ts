import type { Interval } from '../estimate.js';
import type { ContrastReport, MetricReport } from '../report.js';
import { intervalTitle } from './arm-table.js';
import { estimateFigure, figureOf, intervalFigure, known } from './figure.js';
import { differenceText, type NumberScale, pText, signedText } from './number-scale.js';
import { names, numbers, type RowView, type TableView } from './table-view.js';

/** Every other arm against control. The headline interval is the anytime one. */
export function contrastTable(metric: MetricReport, scale: NumberScale): TableView {
  const { contrasts } = metric;
  const [first] = contrasts;
  const shown = contrasts.some(({ anytime }) => anytime.status === 'ok');
  const moving = contrasts.some(({ unweighted }) => unweighted !== null);
  const against = first?.against ?? '';
  const title = (interval: Interval | undefined) => (interval === undefined ? '' : intervalTitle(interval));
  return {
    caption: `Difference in ${metric.metric} against ${against}`,
    columns: [
      names(`against ${against}`),
      numbers('difference', null),
      numbers(title(first?.anytime), shown ? null : 10),
      numbers(title(first?.oneLook), shown ? 5 : null),
      numbers('p', 6),
      numbers('relative', 7),
      ...(moving ? [numbers('unweighted', 8), numbers(`unweighted, ${title(first?.oneLook)}`, 9)] : []),
    ],
    rows: contrasts.map((contrast) => ({
      tone: toneOf(contrast.anytime, metric.better),
      figures: [
        known(contrast.arm),
        estimateFigure(contrast.difference, (value) => differenceText(scale, value)),
        intervalFigure(contrast.anytime, scale, true),
        intervalFigure(contrast.oneLook, scale, true),
        figureOf(contrast.p, pText, contrast.oneLook.reason ?? 'no test'),
        estimateFigure(contrast.relative, (value) => `${signedText({ percent: true, decimals: 0 }, value)}%`),
        ...(moving ? unweightedFigures(contrast, scale) : []),
      ],
    })),
  };
}

function unweightedFigures({ unweighted }: ContrastReport, scale: NumberScale) {
  if (unweighted === null) return [known(''), known('')];
  return [
    estimateFigure(unweighted.difference, (value) => differenceText(scale, value)),
    intervalFigure(unweighted.oneLook, scale, true),
  ];
}

/** Which side of zero the headline interval lies on, in the direction that is better. */
export function toneOf({ low, high }: Interval, better: 'higher' | 'lower'): RowView['tone'] {
  if (low === null || high === null || (low <= 0 && high >= 0)) return 'plain';
  return low > 0 === (better === 'higher') ? 'better' : 'worse';
}
