import type { DecisionEvent, Experiment, ExposureEvent } from '@armature/sdk/protocol';
import { type CountedEvent, decisionName, enter, enterKey, enterUncounted, remember } from './dedupe.js';
import { count, countNotRandomised } from './health.js';
import { noteTrial } from './journal.js';
import { eventTime } from './log-time.js';
import { decisionKey, joinTrial, joinWaiting } from './rewards.js';
import { NOTHING_CLOSED, NOTHING_KEPT, type PlainDecision, type Trial } from './state.js';
import { cellFor, epochOf } from './statistics.js';
import { bucketOf, type FoldContext, openTrial, trialOf } from './trials.js';

/** A decision opens a trial, joins one that its unit had opened, or is counted as one that does not count. */
export function foldDecision(context: FoldContext, event: DecisionEvent, at: number): void {
  const { state } = context;
  const { data } = event;
  const id = decisionName(data.experiment, event.id);
  count(state.health, data.experiment, 'decisions');
  if (data.dropped !== undefined) count(state.health, data.experiment, 'dropped', data.dropped);
  if (data.reason !== 'split' && data.reason !== 'sticky') {
    countNotRandomised(state.health, data.experiment, data.reason);
    return discount(context, id, data.experiment);
  }
  const decision = plain(event, at);
  if (data.exposed !== false) return countDecision(context, id, decision, at);
  if (state.exposures.delete(id)) return countDecision(context, id, decision, at);
  state.unexposed.set(id, { id, at: state.watermark, decision });
}

/** An exposure makes a decision count that was made with `expose: false`. */
export function foldExposure(context: FoldContext, event: ExposureEvent, at: number): void {
  const { state } = context;
  const decision = decisionName(event.data.experiment, event.data.decision);
  const unexposed = state.unexposed.get(decision);
  if (unexposed === undefined) {
    if (trialOf(state, decision) !== undefined) return;
    state.exposures.delete(decision); // the map stays in the order of log time
    state.exposures.set(decision, state.watermark);
    return;
  }
  state.unexposed.delete(decision);
  countDecision(context, decision, unexposed.decision, at);
}

function plain(event: DecisionEvent, at: number): PlainDecision {
  const { data } = event;
  return {
    experiment: data.experiment,
    definition: data.definition,
    version: data.snapshot,
    rule: data.rule ?? 'policy',
    arm: data.arm,
    propensity: data.propensity,
    time: eventTime(event.time, at),
    unit: data.unit,
    request: data.request,
    period: data.period,
  };
}

function countDecision(context: FoldContext, id: string, decision: PlainDecision, at: number): void {
  const { state, registry } = context;
  const version = registry.version(decision.experiment, decision.version);
  // The version's own texts are kept, not each event's copy: less memory, and their hashes are known.
  const definition = decision.definition === version?.definition ? version.definition : decision.definition;
  const experiment = registry.definition(definition);
  const arm = version?.arms.indexOf(decision.arm) ?? -1;
  const drawn = version?.rules[decision.rule]?.[arm];
  const unitless = experiment?.assign !== 'request' && decision.unit === undefined;
  if (version === undefined || experiment === undefined || drawn !== decision.propensity || unitless) {
    count(state.health, decision.experiment, 'propensityMismatch');
    return discount(context, id, decision.experiment);
  }
  const key = trialKey(experiment, decision, id);
  if (!opens(context, experiment, decision, key, at)) {
    count(state.health, decision.experiment, 'repeated');
    const known = state.trials.get(key);
    return known === undefined ? discount(context, id, decision.experiment) : repeat(context, known, id);
  }
  const { rule, time, unit } = decision;
  const bucket = bucketOf(time, experiment);
  const trial: Trial = {
    key,
    experiment: version.experiment,
    definition,
    version: version.version,
    rule,
    arm,
    time,
    at: Math.max(at, state.watermark),
    unit,
    first: id,
    more: undefined,
    kept: NOTHING_KEPT,
    closed: NOTHING_CLOSED,
    order: state.opened++,
    part: -1,
    changed: false,
    cell: cellFor(state, version.experiment, version.version, rule, bucket, version.arms.length),
  };
  openTrial(context, trial, experiment);
  joinWaiting(context, trial);
}

/**
 * What is randomised: the unit in its period and learning epoch, or the request; one without a name is its decision. The
 * letter between is none that an event's own name has: both are keys of one set.
 */
function trialKey(experiment: Experiment, decision: PlainDecision, id: string): string {
  if (experiment.assign !== 'request') {
    return `${decision.experiment}\0u\0${epochOf(decision.version)}\0${decision.period ?? 'never'}\0${decision.unit}`;
  }
  return decision.request === undefined ? id : `${decision.experiment}\0q\0${decision.request}`;
}

/** Whether a decision is the first of its randomisation unit. */
function opens(
  context: FoldContext,
  experiment: Experiment,
  decision: PlainDecision,
  key: string,
  at: number,
): boolean {
  if (experiment.assign !== 'request') {
    const epoch = epochOf(decision.version);
    return enter(context.state, decision.experiment, epoch, decision.period, decision.unit ?? '');
  }
  // A UUIDv7 that is new opens its own trial, since one that is too old to be remembered is not let in.
  if (decision.request === undefined && !key.includes('\0')) return true;
  // The trial of any other key may outlive the memory of it: a second one under that key would take its place.
  if (context.state.trials.has(key)) return false;
  return decision.request === undefined || enterKey(context.state, key, at);
}

function repeat(context: FoldContext, trial: Trial, id: string): void {
  const { state } = context;
  if (trial.more === undefined) trial.more = [id];
  else trial.more.push(id);
  noteTrial(state, trial);
  if (id !== trial.key) state.index.byDecision.set(id, trial);
  if (state.waiting.size === 0) return;
  const key = decisionKey(id);
  for (const reward of state.waiting.get(key) ?? []) joinTrial(context, trial, reward);
  state.waiting.delete(key);
}

/** Notes that a decision does not count, so that its rewards are no mystery. */
function discount(context: FoldContext, id: string, experiment: string): void {
  const { state } = context;
  enterUncounted(state, id);
  if (state.waiting.size === 0) return;
  const key = decisionKey(id);
  count(state.health, experiment, 'uncounted', state.waiting.get(key)?.length ?? 0);
  state.waiting.delete(key);
}

/** Whether an event's id is new; duplicates and what is too old are counted. */
export function isNew(context: FoldContext, event: CountedEvent, at: number): boolean {
  const { experiment } = event.data;
  const seen = remember(context.state, event, at);
  if (seen === 'duplicate') count(context.state.health, experiment, 'duplicates');
  if (seen === 'too-old') count(context.state.health, experiment, 'tooOld');
  return seen === 'new';
}
