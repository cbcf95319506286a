import {
  createRegistry,
  mergeStatistics,
  openTrialsOf,
  type PartitionState,
  type Registry,
  statisticsOf,
} from '@armature/analysis/fold';
import { mergeOpenTrials } from '../aggregation/open-trials.js';
import { type KnownExperiments, knownExperiments } from '../ingest/known-experiments.js';
import type { ServedState } from './plan-changes.js';

/** How many rewards wait for their decision, by experiment. */
function waitingRewards(partitions: readonly PartitionState[]): ReadonlyMap<string, number> {
  const waiting = new Map<string, number>();
  for (const state of partitions) {
    for (const { experiment } of [...state.waiting.values()].flat()) {
      waiting.set(experiment, (waiting.get(experiment) ?? 0) + 1);
    }
  }
  return waiting;
}

/** What the partitions of a log say of what is served. */
export function servedState(
  registry: Registry,
  known: KnownExperiments,
  partitions: readonly PartitionState[],
): ServedState {
  const open = mergeOpenTrials(partitions.map((state) => openTrialsOf(state)));
  return {
    registry,
    known,
    statistics: mergeStatistics(partitions.map((state) => statisticsOf(state))),
    open: new Map([...open].map(([experiment, trials]) => [experiment, trials.open])),
    waiting: waitingRewards(partitions),
  };
}

/** The state before a first start. */
export function nothingServed(): ServedState {
  return servedState(createRegistry(), knownExperiments(), []);
}
