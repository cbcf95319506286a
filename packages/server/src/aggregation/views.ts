import { healthOf, mergeHealth, mergeStatistics, openTrialsOf, statisticsOf } from '@armature/analysis/fold';
import type { Health, StatisticsCell } from '@armature/sdk/protocol';
import { mergeOpenTrials, type OpenTrials } from './open-trials.js';
import type { Partition } from './partition.js';

/** What the partitions know together. */
export interface Views {
  statistics(): readonly StatisticsCell[];
  health(): ReadonlyMap<string, Health>;
  openTrials(): ReadonlyMap<string, OpenTrials>;
}

/** The views over all partitions of an engine. */
export function viewsOf(partitions: readonly Partition[]): Views {
  return {
    statistics: () => mergeStatistics(partitions.map(({ state }) => statisticsOf(state))),
    health: () => mergeHealth(partitions.map(({ state }) => healthOf(state))),
    openTrials: () => mergeOpenTrials(partitions.map(({ state }) => openTrialsOf(state))),
  };
}
