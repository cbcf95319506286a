import type { Experiment, Metric } from '@armature/sdk/protocol';
import { count } from './health.js';
import { noteTrial } from './journal.js';
import { FUTURE_TOLERANCE_MS } from './log-time.js';
import type { Kept, PartitionState, Trial, WaitingReward } from './state.js';
import { countTrial, decisionsOf, type FoldContext, keptOf, metricOf, trialsOfUnit, unitKey } from './trials.js';

/** A reward that names its decision joins that decision's trial. */
export function joinTrial(context: FoldContext, trial: Trial, reward: WaitingReward): void {
  if (reward.experiment !== trial.experiment) return count(context.state.health, reward.experiment, 'invalid');
  const experiment = definitionOf(context, trial);
  for (const name of Object.keys(reward.metrics)) {
    const value = reward.metrics[name] ?? 0;
    const metric = experiment.metrics.find((candidate) => candidate.name === name);
    if (metric === undefined) count(context.state.health, trial.experiment, 'invalid');
    else if (reward.time < trial.time - FUTURE_TOLERANCE_MS) count(context.state.health, trial.experiment, 'late');
    else joinMetric(context, trial, metric, value, reward);
  }
}

/**
 * A reward that names a unit joins that unit's open trials in whose window it lies: the last, the first or all of them,
 * as its metric says.
 *
 * @returns false when no open trial of the unit could take any of its metrics
 */
export function joinUnit(context: FoldContext, reward: WaitingReward, unit: string): boolean {
  const trials = [...trialsOfUnit(context.state, reward.experiment, unit)];
  const chosen = Object.entries(reward.metrics).map(([name, value]) => {
    return { name, value, into: attributed(context, trials, name, reward.time) };
  });
  if (chosen.every(({ into }) => into.length === 0)) return false;
  for (const { name, value, into } of chosen) {
    if (into.length === 0) count(context.state.health, reward.experiment, 'late');
    for (const trial of into) {
      const experiment = definitionOf(context, trial);
      joinMetric(context, trial, metricOf(experiment, name), value, reward);
    }
  }
  return true;
}

function attributed(context: FoldContext, trials: readonly Trial[], name: string, time: number): readonly Trial[] {
  const inside = trials.filter((trial) => {
    const metric = definitionOf(context, trial).metrics.find((candidate) => candidate.name === name);
    return metric !== undefined && trial.time <= time && time <= trial.time + metric.windowMs;
  });
  const newest = inside.at(-1);
  if (newest === undefined) return [];
  const { attribute } = metricOf(definitionOf(context, newest), name);
  if (attribute === 'all') return inside;
  const earlier = (a: Trial, b: Trial) => (b.time < a.time ? b : a);
  const later = (a: Trial, b: Trial) => (b.time >= a.time ? b : a);
  return [inside.reduce(attribute === 'first' ? earlier : later)];
}

function joinMetric(context: FoldContext, trial: Trial, metric: Metric, value: number, reward: WaitingReward): void {
  const { health } = context.state;
  if (!allowed(metric, value)) return count(health, trial.experiment, 'invalid');
  if (reward.time > trial.time + metric.windowMs || trial.closed.has(metric.name)) {
    return count(health, trial.experiment, 'late');
  }
  const before = keptOf(trial, metric.name);
  const after = combine(metric, before, { metric: metric.name, value, time: reward.time, id: reward.id });
  if (before === undefined) trial.kept = trial.kept.length === 0 ? [after] : [...trial.kept, after];
  else trial.kept = trial.kept.map((kept) => (kept === before ? after : kept));
  noteTrial(context.state, trial);
  if (metric.maturity === 'immediate' && before === undefined) countTrial(context, trial, metric);
}

/** What several rewards of one metric in one trial mean. Except for `first` under `immediate`, arrival order is irrelevant. */
export function combine(metric: Metric, before: Kept | undefined, next: Kept): Kept {
  if (before === undefined) return next;
  if (metric.maturity === 'immediate') return before;
  switch (metric.combine) {
    case 'sum':
      return { ...before, value: before.value + next.value };
    case 'max':
      return next.value > before.value ? next : before;
    case 'first':
      return isEarlier(next, before) ? next : before;
    case 'last':
      return isEarlier(before, next) ? next : before;
  }
}

function isEarlier(a: Kept, b: Kept): boolean {
  return a.time < b.time || (a.time === b.time && a.id < b.id);
}

function allowed(metric: Metric, value: number): boolean {
  return metric.range === undefined || (metric.range[0] <= value && value <= metric.range[1]);
}

function definitionOf(context: FoldContext, trial: Trial): Experiment {
  const experiment = context.registry.definition(trial.definition);
  if (experiment === undefined)
    throw new Error(`the definition ${trial.definition} of an open trial is not in the config log`);
  return experiment;
}

/** Puts a reward aside until what it names arrives. */
export function wait(state: PartitionState, key: string, reward: WaitingReward): void {
  const waiting = state.waiting.get(key);
  if (waiting === undefined) state.waiting.set(key, [reward]);
  else waiting.push(reward);
}

export const decisionKey = (decision: string) => `d\0${decision}`;
export const waitingUnitKey = (experiment: string, unit: string) => `u\0${unitKey(experiment, unit)}`;

/** Gives a new trial the rewards that had come before it. */
export function joinWaiting(context: FoldContext, trial: Trial): void {
  const { waiting } = context.state;
  if (waiting.size === 0) return;
  for (const decision of decisionsOf(trial)) {
    const key = decisionKey(decision);
    for (const reward of waiting.get(key) ?? []) joinTrial(context, trial, reward);
    waiting.delete(key);
  }
  if (trial.unit === undefined) return;
  const key = waitingUnitKey(trial.experiment, trial.unit);
  const rewards = waiting.get(key);
  if (rewards === undefined) return;
  const left = rewards.filter((reward) => !joinUnit(context, reward, trial.unit ?? ''));
  if (left.length === 0) waiting.delete(key);
  else waiting.set(key, left);
}
