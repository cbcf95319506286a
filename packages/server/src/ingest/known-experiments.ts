import {
  type ConfigEvent,
  type ConfigLogEvent,
  EVENT_TYPES,
  type Experiment,
  type LogRecord,
  type Metric,
} from '@armature/sdk/protocol';

/** What the door knows of one experiment: the definition last applied, and every metric it ever had. */
export interface KnownExperiment {
  readonly id: string;
  readonly current: Experiment;
  readonly hash: string;
  /** Whether the definition is being served. */
  readonly applied: boolean;
  /** Log time at which it ended or was removed, ms. */
  readonly endedAt: number | undefined;
  /** The newest definition of each metric: rewards of older trials may name a metric that is gone by now. */
  readonly metrics: ReadonlyMap<string, Metric>;
  /** How many definitions began a learning epoch: the epoch of its versions. */
  readonly epoch: number;
  /** Whether all its decisions name a unit: then nothing that belongs to one is found without. */
  readonly byUnit: boolean;
}

/** All experiments of the config log. */
export interface KnownExperiments {
  apply(record: LogRecord<ConfigLogEvent>): void;
  get(experiment: string): KnownExperiment | undefined;
  all(): readonly KnownExperiment[];
}

/** The learning epoch of an experiment after a record about it: the first definition, and each that resets, begins one. */
export function epochAfter(before: KnownExperiment | undefined, { action, effect }: ConfigEvent['data']): number {
  const began = action === 'applied' && (before === undefined || effect === 'resets-posterior');
  return (before?.epoch ?? 0) + (began ? 1 : 0);
}

/** An empty index; every record of the config log is applied to it in order. */
export function knownExperiments(): KnownExperiments {
  const known = new Map<string, KnownExperiment>();
  return {
    apply({ event, at }) {
      if (event.type !== EVENT_TYPES.config) return;
      const { experiment, definition, action, body } = event.data;
      const before = known.get(experiment);
      const metrics = new Map(before?.metrics);
      for (const metric of body.metrics) metrics.set(metric.name, metric);
      const over = action === 'removed' || body.status === 'ended';
      known.set(experiment, {
        id: experiment,
        current: body,
        hash: definition,
        applied: action === 'applied',
        endedAt: over ? (before?.endedAt ?? at) : undefined,
        metrics,
        epoch: epochAfter(before, event.data),
        byUnit: (before?.byUnit ?? true) && body.assign !== 'request',
      });
    },
    get: (experiment) => known.get(experiment),
    all: () => [...known.values()],
  };
}
