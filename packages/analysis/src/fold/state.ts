import type { Experiment, Metric } from '@armature/sdk/protocol';
import type { MutableHealth } from './health.js';
import { emptyIdSet, type IdSet } from './id-set.js';
import type { IdTable } from './id-table.js';
import type { Journal } from './journal.js';
import type { LogTime } from './log-time.js';
import type { MutableCell } from './statistics.js';
import { TrialTable } from './trial-table.js';

/** A reward as it stands in a trial, for metrics that keep one of several. */
export interface Kept {
  readonly metric: string;
  readonly value: number;
  /** Effective event time, and id, of the reward that `first` and `last` are decided by. */
  readonly time: number;
  readonly id: string;
}

/** One randomisation unit's participation: opened by its first decision, closed metric by metric. */
export interface Trial {
  readonly key: string;
  readonly experiment: string;
  readonly definition: string;
  readonly version: string;
  readonly rule: string;
  /** Index in the version's arms. */
  readonly arm: number;
  /** Effective time of the first decision: attribution windows begin here. */
  readonly time: number;
  /** Log time of the first decision: closing is counted from here. */
  readonly at: number;
  readonly unit: string | undefined;
  /** Name of its first decision. */
  readonly first: string;
  /** Names of the decisions that followed. Most trials have none. */
  more: string[] | undefined;
  /** Combined rewards, one for each metric that has any. Replaced too: a list of its own costs more than a reward. */
  kept: readonly Kept[];
  /** Metrics that have closed. */
  closed: ReadonlySet<string>;
  /** Its place in the order of opening, from 0. */
  readonly order: number;
  /** Number of the part of a checkpoint in which it stands as it was written last; -1 where in none. */
  part: number;
  /** Whether it changed since it was written last. */
  changed: boolean;
  /** Where the trial is counted: derived, never written down. */
  readonly cell: MutableCell;
}

/** What a trial starts with. */
export const NOTHING_KEPT: readonly Kept[] = [];
export const NOTHING_CLOSED: ReadonlySet<string> = new Set();

/** A reward that waits for its decision. */
export interface WaitingReward {
  readonly id: string;
  readonly experiment: string;
  readonly time: number;
  /** Log time at which it came. */
  readonly at: number;
  readonly metrics: { readonly [metric: string]: number };
}

/** A decision that waits for its exposure. */
export interface Unexposed {
  readonly id: string;
  /** Log time at which it came. */
  readonly at: number;
  readonly decision: PlainDecision;
}

/** What a decision event says that a trial needs. */
export interface PlainDecision {
  readonly experiment: string;
  readonly definition: string;
  readonly version: string;
  readonly rule: string;
  readonly arm: string;
  readonly propensity: number;
  readonly time: number;
  readonly unit: string | undefined;
  readonly request: string | undefined;
  readonly period: number | undefined;
}

/** Everything one partition's fold knows. Owned by one place, changed only by `applyRecord`. */
export interface PartitionState extends LogTime {
  /** Offset of the next record. */
  offset: number;
  readonly cells: Map<string, MutableCell>;
  readonly health: Map<string, MutableHealth>;
  /** Open trials. */
  readonly trials: TrialTable;
  /** Units that had their trial, by experiment, learning epoch and period. */
  readonly units: Map<string, Map<number, Map<number, IdTable>>>;
  /** Decisions seen, and what else is a key: own ids of all events, and requests. */
  readonly ids: IdSet;
  /** UUIDs of rewards and exposures seen, by experiment. */
  readonly rewardIds: Map<string, IdSet>;
  readonly exposureIds: Map<string, IdSet>;
  /** Decisions that do not count: their rewards are no mystery. */
  readonly uncounted: IdSet;
  readonly unexposed: Map<string, Unexposed>;
  /** Exposures that came before their decision. */
  readonly exposures: Map<string, number>;
  /** Rewards that wait, by what they wait for: `d NUL decision` or `u NUL experiment NUL unit`. */
  readonly waiting: Map<string, WaitingReward[]>;
  /** What changed since it was written down last; undefined where nothing is. Never written down itself. */
  journal: Journal | undefined;
  /** Trials opened so far. */
  opened: number;
  /** Derived from the above, never written down. */
  readonly index: Index;
}

/** Where to find an open trial, and in which order trials close. */
export interface Index {
  /** Trials by those of their decisions that are not their key. */
  readonly byDecision: Map<string, Trial>;
  /** Open trials of a unit in one experiment, oldest first. Made when a reward first names a unit: most never do. */
  byUnit: Map<string, Set<Trial>> | undefined;
  /** Per definition and metric. */
  readonly queues: Map<string, ClosingQueue>;
  /** The same queues per definition, so that opening a trial looks up one key. */
  readonly queuesOf: Map<string, readonly ClosingQueue[]>;
  /** The cell that was asked for last: decisions that follow each other mostly share it. */
  lastCell: MutableCell | undefined;
}

/** Trials in closing order, which is that of their log time, and how many have closed. */
export interface ClosingQueue {
  readonly experiment: Experiment;
  /** Its name. */
  readonly metric: string;
  readonly counted: Metric;
  readonly delayMs: number;
  /** What is closed in a trial whose last metric this was. */
  readonly all: ReadonlySet<string>;
  trials: Trial[];
  head: number;
}

/** The state before the first record. */
export function emptyState(): PartitionState {
  return {
    offset: 0,
    watermark: 0,
    lastAt: 0,
    graceEnd: 0,
    cells: new Map(),
    health: new Map(),
    trials: new TrialTable(),
    units: new Map(),
    ids: emptyIdSet(),
    rewardIds: new Map(),
    exposureIds: new Map(),
    uncounted: emptyIdSet(),
    unexposed: new Map(),
    exposures: new Map(),
    waiting: new Map(),
    journal: undefined,
    opened: 0,
    index: { byDecision: new Map(), byUnit: undefined, queues: new Map(), queuesOf: new Map(), lastCell: undefined },
  };
}
