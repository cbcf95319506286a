import type { MetricReport, Report } from '../report.js';
import { spanText } from './duration-text.js';
import { differenceText, meanText, type NumberScale, signedText } from './number-scale.js';
import type { SummaryLine } from './worth-lines.js';

const MOST_ARMS = 6;

/** How a metric's means were estimated, what the naive ones would be and why not to use them. */
export function metricFootnotes(metric: MetricReport, scale: NumberScale): readonly string[] {
  const { estimator, notes, trials } = metric;
  if (trials === 0) return notes;
  return [`mean* by ${estimator.name}: ${estimator.reason}.`, ...naiveNote(metric, scale), ...notes];
}

function naiveNote({ estimator, arms, contrasts }: MetricReport, scale: NumberScale): readonly string[] {
  if (estimator.name === 'difference of means') return [];
  const naive = arms.flatMap(({ arm, naiveMean }) =>
    naiveMean === null ? [] : [`${arm} ${meanText(scale, naiveMean)}`],
  );
  const unweighted = contrasts.flatMap(({ arm, unweighted }) => {
    if (unweighted === null || unweighted.difference.value === null) return [];
    const { low, high } = unweighted.oneLook;
    const bounds =
      low === null || high === null ? '' : ` (one look ${signedText(scale, low)} .. ${signedText(scale, high)})`;
    return [`${arm} ${differenceText(scale, unweighted.difference.value)}${bounds}`];
  });
  const against = contrasts[0]?.against ?? '';
  return [
    ...(unweighted.length === 0 ? [] : [`Unweighted AIPW against ${against}: ${few(unweighted)}.`]),
    ...(naive.length === 0 ? [] : [`Naive means, not to be used while the weights move: ${few(naive)}.`]),
  ];
}

/** The guarantee, the randomisation unit, the exclusions and the notes of the whole report. */
export function reportFootnotes(report: Report): readonly string[] {
  return [report.guarantee.text, ...report.notes];
}

/** Facts of the record: when, what one trial is, what was left out. */
export function recordLines({ from, to, trials, verdict, experiment, health }: Report): readonly SummaryLine[] {
  const saidAlready = verdict.sentences.some((sentence) => trials.text !== null && sentence.includes(trials.text));
  const trial = `a trial is ${experiment.randomisationUnit}`;
  return [
    ...(trials.text === null || saidAlready ? [] : [{ label: 'open', text: trials.text }]),
    ...(from === null || to === null ? [] : [{ label: 'period', text: `${spanText(from, to)}; ${trial}` }]),
    ...(health.exclusions.length === 0
      ? []
      : [{ label: 'left out', text: health.exclusions.map(({ text }) => text).join('; ') }]),
  ];
}

function few(texts: readonly string[]): string {
  const more = texts.length - MOST_ARMS;
  return more > 0 ? `${texts.slice(0, MOST_ARMS).join(', ')}, and ${more} more` : texts.join(', ');
}
