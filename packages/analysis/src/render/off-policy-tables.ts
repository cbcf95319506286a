import type { PolicyValue } from '../importance.js';
import type { OffPolicyReport } from '../off-policy-report.js';
import { intervalTitle } from './arm-table.js';
import { estimateFigure, figureOf, intervalFigure, known } from './figure.js';
import { boundsOf, type ForestRow, type ForestView, forestOf } from './forest-view.js';
import { amountScale, countText, meanText, type NumberScale, scaleFor, shareText, valueText } from './number-scale.js';
import { names, numbers, type TableView } from './table-view.js';

/** The reward's scale: percent where every logged sum and mean is that of 0 and 1. */
export function offPolicyScale({ arms, policies }: OffPolicyReport): NumberScale {
  const binary = arms.every(({ total, naiveMean }) => Number.isInteger(total) && naiveMean >= 0 && naiveMean <= 1);
  const values = policies.map(({ value }) => value);
  return scaleFor(
    binary,
    values.flatMap(({ ipwInterval, snipwInterval }) => [ipwInterval, snipwInterval]),
    values.map(({ logged }) => logged),
  );
}

/** What other policies would have been worth. */
export function policyTable({ policies }: OffPolicyReport, scale: NumberScale): TableView {
  const [first] = policies;
  const interval = first === undefined ? 'interval' : intervalTitle(first.value.ipwInterval);
  const mean = (value: number) => meanText(scale, value);
  return {
    caption: 'Value of other policies on this log',
    columns: [
      names('policy'),
      numbers('IPW', null),
      numbers(interval, 3),
      numbers('SNIPW', null),
      numbers(interval, null),
      numbers('eff. n', null),
      numbers('mean weight', 2),
      numbers('largest share', 4),
    ],
    rows: policies.map(({ policy, value }) => ({
      tone: 'plain',
      figures: [
        known(policy),
        estimateFigure(value.ipw, mean),
        intervalFigure(value.ipwInterval, scale),
        estimateFigure(value.snipw, mean),
        intervalFigure(value.snipwInterval, scale),
        figureOf(value.effectiveN, effectiveText, value.ipw.reason ?? 'no weight'),
        estimateFigure(value.meanWeight, (weight) => weight.toFixed(3)),
        figureOf(value.largestShare, shareText, value.ipw.reason ?? 'no weight'),
      ],
    })),
  };
}

/** The arms as logged, and what always choosing each would have been worth; most decisions first. */
export function loggedArmTable(report: OffPolicyReport, scale: NumberScale): TableView {
  const first = report.policies[0]?.value.snipwInterval;
  const sums = amountScale({ type: scale.percent ? 'binary' : 'real', arms: report.arms });
  const mean = (value: number) => meanText(scale, value);
  return {
    caption: 'Arms as logged',
    columns: [
      names('arm'),
      numbers('decisions', null),
      numbers('share', 3),
      numbers('reward', 2),
      numbers('as logged', null),
      numbers('if always', null),
      numbers(first === undefined ? 'interval' : intervalTitle(first), null),
      numbers('eff. n', 4),
    ],
    rows: byDecisions(report).map(({ arm, decisions, share, total, naiveMean, value }) => ({
      tone: 'plain',
      figures: [
        known(arm),
        known(countText(decisions)),
        known(shareText(share)),
        known(valueText(sums, total)),
        known(mean(naiveMean)),
        estimateFigure(value.snipw, mean),
        intervalFigure(value.snipwInterval, scale),
        figureOf(value.effectiveN, effectiveText, value.snipw.reason ?? 'no weight'),
      ],
    })),
  };
}

function byDecisions({ arms }: OffPolicyReport): OffPolicyReport['arms'] {
  return [...arms].sort((a, b) => b.decisions - a.decisions || (a.arm < b.arm ? -1 : 1));
}

/** The policies' values by SNIPW, then always choosing each arm, around the mean reward as logged. */
export function valueForest(report: OffPolicyReport, scale: NumberScale): ForestView {
  const { policies } = report;
  const row = (label: string, value: PolicyValue): ForestRow => ({
    label,
    value: value.snipw.value,
    thin: null,
    thick: boundsOf(value.snipwInterval),
    tone: 'plain',
    text: `${label}: ${value.snipw.value === null ? 'not estimable' : meanText(scale, value.snipw.value)}`,
  });
  const rows = [
    ...policies.map(({ policy, value }) => row(policy, value)),
    ...byDecisions(report).map(({ arm, value }) => row(`always ${arm}`, value)),
  ].filter(({ value }) => value !== null);
  return forestOf(rows, policies[0]?.value.logged ?? 0);
}

/** Effective sizes near the limit decide over a refusal: one digit below 1,000. */
function effectiveText(n: number): string {
  return n < 1000 ? n.toFixed(1) : countText(n);
}
