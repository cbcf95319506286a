import { healthOf, mergeHealth, mergeStatistics, openTrialsOf, statisticsOf } from '@armature/analysis/fold';
import type { ArmatureError } from '@armature/sdk';
import type { Health, StatisticsCell } from '@armature/sdk/protocol';
import type { Clock } from '../ports.js';
import { logAhead } from './log-ahead.js';
import { mergeOpenTrials, type OpenTrials } from './open-trials.js';
import type { Partition } from './partition.js';

/** What the partitions know together. */
export interface Views {
  statistics(): readonly StatisticsCell[];
  health(): ReadonlyMap<string, Health>;
  openTrials(): ReadonlyMap<string, OpenTrials>;
  /** LOG_AHEAD while log time is ahead of the clock. */
  logFault(): ArmatureError | undefined;
}

/** The views over the partitions of an engine. */
export function viewsOf(partitions: () => readonly Pick<Partition, 'state'>[], clock: Clock): Views {
  return {
    statistics: () => mergeStatistics(partitions().map(({ state }) => statisticsOf(state))),
    health: () => mergeHealth(partitions().map(({ state }) => healthOf(state))),
    logFault: () => logAhead(partitions(), clock.now()),
    openTrials: () => mergeOpenTrials(partitions().map(({ state }) => openTrialsOf(state))),
  };
}
