import { addMissing, addReward, EMPTY_CELL } from '@armature/sdk/policies';
import type { Experiment, Metric } from '@armature/sdk/protocol';
import { noteCell, noteTrial } from './journal.js';
import { bucketWidthMs } from './log-time.js';
import type { Registry } from './registry.js';
import type { ClosingQueue, Kept, PartitionState, Trial } from './state.js';

/** One trial whose metric has just been counted, as a row for analyses that read trials rather than cells. */
export interface ClosedTrial {
  readonly experiment: string;
  readonly version: string;
  readonly rule: string;
  readonly arm: number;
  readonly time: number;
  readonly metric: string;
  /** The combined reward; undefined when there was none (a zero, for `missing: zero`). */
  readonly reward: number | undefined;
}

/** Hears of every trial as it opens and as its metrics are counted. */
export interface FoldSink {
  opened?(trial: Trial): void;
  counted?(trial: ClosedTrial): void;
}

/** What the functions of the fold share. */
export interface FoldContext {
  readonly state: PartitionState;
  readonly registry: Registry;
  readonly sink: FoldSink | undefined;
}

/** Opens a trial: counts it, and queues it for closing. */
export function openTrial(context: FoldContext, trial: Trial, experiment: Experiment): void {
  const { state, sink } = context;
  const arm = trial.cell.arms[trial.arm];
  if (arm !== undefined) arm.opened += 1;
  noteCell(state, trial.cell);
  sink?.opened?.(trial);
  if (experiment.metrics.length === 0) return;
  state.trials.set(trial.key, trial);
  noteTrial(state, trial);
  indexTrial(state, trial, experiment);
}

/** Enters an open trial into the derived index; also how a state read from disk gets its index. */
export function indexTrial(state: PartitionState, trial: Trial, experiment: Experiment): void {
  const { byDecision, byUnit } = state.index;
  if (trial.first !== trial.key) byDecision.set(trial.first, trial);
  if (trial.more !== undefined) for (const decision of trial.more) byDecision.set(decision, trial);
  if (byUnit !== undefined) enterUnit(byUnit, trial);
  for (const queue of queuesOf(state, trial.definition, experiment)) {
    if (!trial.closed.has(queue.metric)) enqueue(queue, trial);
  }
}

/** Almost always at the end: only a clock that goes back lets a trial in before others. */
function enqueue({ trials, head }: ClosingQueue, trial: Trial): void {
  let place = trials.length;
  while (place > head && (trials[place - 1]?.at ?? 0) > trial.at) place -= 1;
  if (place === trials.length) trials.push(trial);
  else trials.splice(place, 0, trial);
}

function queuesOf(state: PartitionState, definition: string, experiment: Experiment): readonly ClosingQueue[] {
  const { queues, queuesOf } = state.index;
  const known = queuesOf.get(definition);
  if (known !== undefined) return known;
  const all = new Set(experiment.metrics.map(({ name }) => name));
  const made = experiment.metrics.map((counted): ClosingQueue => {
    const delayMs = counted.windowMs + counted.latenessMs;
    return { experiment, metric: counted.name, counted, delayMs, all, trials: [], head: 0 };
  });
  queuesOf.set(definition, made);
  for (const queue of made) queues.set(`${definition}\0${queue.metric}`, queue);
  return made;
}

/** The open trial that a decision opened or joined. */
export function trialOf(state: PartitionState, decision: string): Trial | undefined {
  return state.trials.get(decision) ?? state.index.byDecision.get(decision);
}

/** Names of all decisions of a trial, the first one first. */
export function decisionsOf({ first, more }: Trial): readonly string[] {
  return more === undefined ? [first] : [first, ...more];
}

/** What a trial's rewards of one metric come to; undefined where it has none. */
export function keptOf({ kept }: Pick<Trial, 'kept'>, metric: string): Kept | undefined {
  for (const one of kept) if (one.metric === metric) return one;
  return undefined;
}

/** The open trials of a unit in one experiment, oldest first. */
export function trialsOfUnit(state: PartitionState, experiment: string, unit: string): ReadonlySet<Trial> {
  const { index } = state;
  if (index.byUnit === undefined) {
    index.byUnit = new Map();
    for (const trial of state.trials.values()) enterUnit(index.byUnit, trial);
  }
  return index.byUnit.get(unitKey(experiment, unit)) ?? NO_TRIALS;
}

const NO_TRIALS: ReadonlySet<Trial> = new Set();

function enterUnit(byUnit: Map<string, Set<Trial>>, trial: Trial): void {
  if (trial.unit === undefined) return;
  const key = unitKey(trial.experiment, trial.unit);
  const trials = byUnit.get(key);
  if (trials === undefined) byUnit.set(key, new Set([trial]));
  else trials.add(trial);
}

export function unitKey(experiment: string, unit: string): string {
  return `${experiment}\0${unit}`;
}

/**
 * Closes whatever log time has passed, unless clients may still be sending what an outage kept back. Within a definition
 * and metric, trials close in the order of their log time.
 */
export function closeTrials(context: FoldContext): void {
  if (context.state.watermark < context.state.graceEnd) return;
  const { queues } = context.state.index;
  for (const queue of queues.values()) closeQueue(context, queue);
  forgetDrained(context.state);
}

/** Lets go of the queues of a definition without open trials: most definitions are of the past. */
function forgetDrained({ index }: PartitionState): void {
  if (index.queuesOf.size <= QUEUES_KEPT) return;
  for (const [definition, queues] of index.queuesOf) {
    if (queues.some(({ trials, head }) => head < trials.length)) continue;
    index.queuesOf.delete(definition);
    for (const { metric } of queues) index.queues.delete(`${definition}\0${metric}`);
  }
}

/** Below this many definitions, making queues again would cost more than they hold. */
const QUEUES_KEPT = 64;

function closeQueue(context: FoldContext, queue: ClosingQueue): void {
  const { state } = context;
  const { experiment, counted } = queue;
  for (let trial = queue.trials[queue.head]; trial !== undefined; trial = queue.trials[queue.head]) {
    if (trial.at + queue.delayMs > state.watermark) break;
    queue.head += 1;
    const before = counted.maturity === 'immediate' && keptOf(trial, queue.metric) !== undefined;
    if (!before) countTrial(context, trial, counted);
    noteTrial(state, trial);
    if (trial.closed.size + 1 < experiment.metrics.length) trial.closed = new Set(trial.closed).add(queue.metric);
    else {
      trial.closed = queue.all;
      forgetTrial(state, trial);
    }
  }
  if (queue.head > 1024 && queue.head * 2 > queue.trials.length) {
    queue.trials = queue.trials.slice(queue.head);
    queue.head = 0;
  }
}

/** Adds one trial to its cell: with its reward, or as a missing one. */
export function countTrial(context: FoldContext, trial: Trial, metric: Metric): void {
  const reward = keptOf(trial, metric.name)?.value;
  if (reward === undefined && metric.missing === 'ignored') return;
  noteCell(context.state, trial.cell);
  const metrics = trial.cell.arms[trial.arm]?.metrics;
  const before = metrics?.get(metric.name) ?? EMPTY_CELL;
  metrics?.set(metric.name, reward === undefined ? addMissing(before) : addReward(before, reward));
  const { experiment, version, rule, arm, time } = trial;
  context.sink?.counted?.({ experiment, version, rule, arm, time, metric: metric.name, reward });
}

function forgetTrial(state: PartitionState, trial: Trial): void {
  const { byDecision, byUnit } = state.index;
  state.trials.delete(trial.key);
  if (trial.first !== trial.key) byDecision.delete(trial.first);
  if (trial.more !== undefined) for (const decision of trial.more) byDecision.delete(decision);
  if (byUnit === undefined || trial.unit === undefined) return;
  const key = unitKey(trial.experiment, trial.unit);
  const trials = byUnit.get(key);
  trials?.delete(trial);
  if (trials?.size === 0) byUnit.delete(key);
}

/** Start of the decision-time bucket in which a trial is counted, ms. */
export function bucketOf(time: number, experiment: Experiment): number {
  const width = bucketWidthMs(experiment);
  return Math.floor(time / width) * width;
}

/** A metric of an experiment, by name. */
export function metricOf(experiment: Experiment, name: string): Metric {
  const metric = experiment.metrics.find((candidate) => candidate.name === name);
  if (metric === undefined) throw new Error(`${experiment.id} has no metric ${name}`);
  return metric;
}

/** Open trials per experiment, and when the first of them closes (log time, ms). */
export function openTrialsOf(
  state: PartitionState,
): Map<string, { readonly open: number; readonly firstClosesAt: number }> {
  const open = new Map<string, { open: number; firstClosesAt: number }>();
  for (const queue of state.index.queues.values()) {
    if (queue.metric !== queue.experiment.metrics[0]?.name) continue;
    const first = queue.trials[queue.head];
    if (first === undefined) continue;
    const entry = open.get(queue.experiment.id) ?? { open: 0, firstClosesAt: Number.POSITIVE_INFINITY };
    entry.open += queue.trials.length - queue.head;
    const closesAt = Math.max(first.at + queue.delayMs, state.graceEnd);
    entry.firstClosesAt = Math.min(entry.firstClosesAt, closesAt);
    open.set(queue.experiment.id, entry);
  }
  return open;
}
