import type { Registry } from '@armature/analysis/fold';
import { EMPTY_CELL, merge } from '@armature/sdk/policies';
import type { Experiment } from '@armature/sdk/protocol';
import type { PublishedPartition } from '../aggregation/publisher.js';

/**
 * What people read of an experiment with redis-cli: its version, and for each arm the closed trials of the reward
 * metric, how many were rewarded, the mean of those, and the weight in force.
 *
 * @param epoch learning epoch, integer >= 1
 */
export function posteriorFields(
  experiment: Experiment,
  epoch: number,
  version: ReturnType<Registry['latest']>,
  partitions: readonly PublishedPartition[],
): { readonly [field: string]: string } {
  const arms = experiment.arms.map(({ id }) => id);
  const [metric] = experiment.metrics;
  const weights = version?.rules.policy;
  const fields: Record<string, string> = { version: version?.version ?? 'none', metric: metric?.name ?? 'none' };
  const parts =
    metric === undefined ? [] : partitions.map(({ totals }) => totals.cells(experiment.id, epoch, arms, metric.name));
  for (const [k, arm] of arms.entries()) {
    const { trials, rewarded, mean } = parts.reduce((sum, cells) => merge(sum, cells[k] ?? EMPTY_CELL), EMPTY_CELL);
    const weight = weights?.[version?.arms.indexOf(arm) ?? -1];
    fields[`arm:${arm}`] = JSON.stringify({ trials, rewarded, mean, ...(weight === undefined ? {} : { weight }) });
  }
  return fields;
}
