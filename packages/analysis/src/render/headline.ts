import type { HealthCheck, MetricReport, Report } from '../report.js';
import { coveredMs, durationText } from './duration-text.js';
import { countText } from './number-scale.js';

/** What the report is about, in parts of one line: policy, decisions, snapshots. */
export function headlineParts({ experiment, trials, versions, metrics }: Report): readonly string[] {
  const noun = experiment.assign === 'request' ? 'decision' : 'trial';
  const counted = `${countText(trials.opened)} ${trials.opened === 1 ? noun : `${noun}s`}`;
  const covered = metrics[0] === undefined ? null : coveredMs(metrics[0].series);
  const { first, last, count } = versions;
  return [
    experiment.policy,
    covered === null || trials.opened === 0 ? counted : `${counted} in ${durationText(covered)}`,
    first === null
      ? 'no snapshot yet'
      : count === 1 || first === last
        ? `snapshot ${first}`
        : `snapshots ${first}-${last}`,
  ];
}

/** The checks that the health line shows: the first five always, the others when they have something to say. */
export function shownChecks({ health }: Report): readonly HealthCheck[] {
  return health.checks.filter(({ status, count }, i) => i < 5 || status !== 'ok' || count > 0);
}

/** The metric that is learnt from; null where the experiment has no reward. */
export function learntMetric({ experiment, metrics }: Report): MetricReport | null {
  return metrics.find(({ metric }) => metric === experiment.reward) ?? null;
}

/** `latency_ms, lower is better`. */
export function metricTitle({ metric, better }: MetricReport): string {
  return `${metric}, ${better} is better`;
}

/** The command that shows more. */
export function nextCommand({ experiment }: Report): string {
  const { id } = experiment;
  const word = /^[\w.-]+$/.test(id) ? id : `'${id.replaceAll("'", "'\\''")}'`;
  return `armature report --experiment ${word} --html report.html`;
}
