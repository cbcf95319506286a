import { type Interval, percentLevel } from '../estimate.js';
import type { MetricReport, Report } from '../report.js';
import { estimateFigure, type Figure, figureOf, intervalFigure, known } from './figure.js';
import {
  amountScale,
  countText,
  meanText,
  type NumberScale,
  probabilityText,
  shareText,
  valueText,
} from './number-scale.js';
import { names, numbers, type TableView } from './table-view.js';

/** `95% anytime`. */
export function intervalTitle({ level, guarantee }: Pick<Interval, 'level' | 'guarantee'>): string {
  return `${percentLevel(level)} ${guarantee}`;
}

/** The arms: what they got, what they gave, how sure that is. `mean*`: its estimator stands in a footnote. */
export function armTable(report: Report, metric: MetricReport, scale: NumberScale): TableView {
  const { leader } = report.verdict;
  const learnt = metric.metric === report.experiment.reward;
  const shown = metric.arms.some(({ anytime }) => anytime.status === 'ok');
  const [first] = metric.arms;
  const sums = amountScale(metric);
  const title = (kind: 'anytime' | 'oneLook', guarantee: Interval['guarantee']) =>
    intervalTitle(first?.[kind] ?? { level: report.guarantee.level, guarantee });
  return {
    caption: `Arms by ${metric.metric}`,
    columns: [
      names('arm'),
      numbers('decisions', null),
      numbers('share', 2),
      numbers('now', 3),
      numbers('closed', 7),
      numbers('total', 8),
      numbers('mean*', null),
      numbers(title('anytime', 'anytime'), shown ? null : 10),
      numbers(title('oneLook', 'one look'), shown ? 6 : null),
      numbers('eff. n', 4),
      ...(learnt ? [numbers('P(best)', null)] : []),
    ],
    rows: metric.arms.map((arm) => ({
      tone: learnt && arm.arm === leader ? 'leader' : 'plain',
      figures: [
        known([arm.arm, ...(arm.control ? ['control'] : []), ...(arm.retired ? ['off'] : [])].join(' ')),
        known(countText(arm.decisions)),
        figureOf(arm.share, shareText, 'no decision yet'),
        nowFigure(arm.now),
        known(countText(arm.trials)),
        known(valueText(sums, arm.total)),
        estimateFigure(arm.mean, (value) => meanText(scale, value)),
        intervalFigure(arm.anytime, scale),
        intervalFigure(arm.oneLook, scale),
        figureOf(arm.effectiveN, countText, 'the arm has no closed trial that counts'),
        ...(learnt
          ? [
              figureOf(
                arm.probabilityBest,
                probabilityText,
                arm.retired ? 'the arm is switched off' : 'the policy keeps no posterior of it',
              ),
            ]
          : []),
      ],
    })),
  };
}

function nowFigure(now: number | null): Figure {
  return figureOf(now, (share) => `${valueText({ percent: true, decimals: 0 }, share)}%`, 'no snapshot yet');
}
