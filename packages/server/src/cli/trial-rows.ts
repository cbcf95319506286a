import type { ConfigReading } from '@armature/analysis';
import { decisionIdOf, type FoldSink, keptOf, type Registry, type Trial } from '@armature/analysis/fold';

/** A flat row: a trial by column. */
export type TrialRow = { readonly [column: string]: string | number | boolean | null | undefined };

/** Names of the columns, in order, and the parts of them that depend on the experiments. */
export interface Columns {
  readonly names: readonly string[];
  readonly arms: readonly string[];
  readonly metrics: readonly string[];
}

/**
 * The columns of the rows of some experiments: `reward.<metric>` for each metric, and `p.<arm>` for each arm where the
 * vectors are wanted.
 */
export function columnsOf(
  { registry, experiments }: ConfigReading,
  wanted: ReadonlySet<string>,
  wide: boolean,
): Columns {
  const arms = new Set<string>();
  const metrics = new Set<string>();
  for (const name of wanted) {
    for (const { name: metric } of experiments.get(name)?.metrics ?? []) metrics.add(metric);
    for (const version of registry.versions(name)) {
      for (const arm of version.arms) arms.add(arm);
      for (const { name: metric } of registry.definition(version.definition)?.metrics ?? []) metrics.add(metric);
    }
  }
  const ordered = { arms: wide ? [...arms].sort() : [], metrics: [...metrics].sort() };
  const names = [
    ...['time', 'experiment', 'version', 'rule', 'unit', 'decision', 'arm', 'propensity'],
    ...ordered.arms.map((arm) => `p.${arm}`),
    ...ordered.metrics.map((metric) => `reward.${metric}`),
    'closed',
  ];
  return { names, ...ordered };
}

/** The trials of a fold as rows, each given out once: when all its metrics have closed, or at the end. */
export interface TrialRows {
  readonly sink: FoldSink;
  /** Those that have closed since the last call. */
  closed(): readonly TrialRow[];
  /** All that are left. */
  rest(): readonly TrialRow[];
}

/**
 * @param registry the log's definitions and versions
 * @param wanted names of experiments
 */
export function trialRows(registry: Registry, wanted: ReadonlySet<string>, columns: Columns): TrialRows {
  const pending = new Set<Trial>();
  const isClosed = ({ definition, closed }: Trial): boolean =>
    closed.size === (registry.definition(definition)?.metrics.length ?? 0);
  const take = (due: (trial: Trial) => boolean): TrialRow[] => {
    const rows: TrialRow[] = [];
    for (const trial of pending) {
      if (!due(trial)) continue;
      rows.push(rowOf(trial, isClosed(trial), registry, columns));
      pending.delete(trial);
    }
    return rows;
  };
  return {
    sink: {
      opened(trial) {
        if (wanted.has(trial.experiment)) pending.add(trial);
      },
    },
    closed: () => take(isClosed),
    rest: () => take(() => true),
  };
}

function rowOf(trial: Trial, closed: boolean, registry: Registry, { arms, metrics }: Columns): TrialRow {
  const version = registry.version(trial.experiment, trial.version);
  const vector = version?.rules[trial.rule] ?? [];
  const propensity = (arm: string): number | null => vector[version?.arms.indexOf(arm) ?? -1] ?? null;
  const arm = version?.arms[trial.arm] ?? '';
  return {
    time: new Date(trial.time).toISOString(),
    experiment: trial.experiment,
    version: trial.version,
    rule: trial.rule,
    unit: trial.unit,
    decision: decisionIdOf(trial),
    arm,
    propensity: propensity(arm),
    ...Object.fromEntries(arms.map((name) => [`p.${name}`, propensity(name)])),
    ...Object.fromEntries(metrics.map((name) => [`reward.${name}`, rewardOf(trial, name, registry)])),
    closed,
  };
}

/** The combined reward; zero once a metric has closed without one and missing means zero; null while nobody knows. */
function rewardOf(trial: Trial, name: string, registry: Registry): number | null {
  const kept = keptOf(trial, name);
  if (kept !== undefined) return kept.value;
  const metric = registry.definition(trial.definition)?.metrics.find((candidate) => candidate.name === name);
  return metric?.missing === 'zero' && trial.closed.has(name) ? 0 : null;
}
