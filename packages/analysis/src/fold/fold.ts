import { EVENT_TYPES, type LogEvent, type LogRecord, type RewardEvent } from '@armature/sdk/protocol';
import { foldDecision, foldExposure, isNew } from './decisions.js';
import { decisionName, forgetIds, isKnown } from './dedupe.js';
import { count } from './health.js';
import { hasAny } from './id-set.js';
import { advance, creationTime, DEDUPE_HORIZON_MS, eventTime } from './log-time.js';
import type { Registry } from './registry.js';
import { decisionKey, joinTrial, joinUnit, wait, waitingUnitKey } from './rewards.js';
import type { PartitionState, WaitingReward } from './state.js';
import { closeTrials, type FoldContext, type FoldSink, trialOf } from './trials.js';

/**
 * Applies one record to a partition's state: `state, record, definitions -> state`, with no clock, no randomness and no
 * configuration of the moment. The state is changed in place, since one owner holds it; the same records give the same
 * state, byte for byte.
 *
 * Log time moves first, so that a reward which arrives after its trial's window and lateness finds it closed.
 *
 * @throws when the record is not the next one
 */
export function applyRecord(
  state: PartitionState,
  record: LogRecord<LogEvent>,
  registry: Registry,
  sink?: FoldSink,
): void {
  if (record.offset !== state.offset)
    throw new Error(`the fold is at offset ${state.offset}, got record ${record.offset}`);
  const context: FoldContext = { state, registry, sink };
  state.offset += 1;
  const before = state.watermark;
  advance(state, record.at, record.event);
  if (state.watermark !== before) {
    closeTrials(context);
    expire(context, before);
  }
  foldEvent(context, record);
}

function foldEvent(context: FoldContext, record: LogRecord<LogEvent>): void {
  const { event, at } = record;
  if (event.type === EVENT_TYPES.tick) return;
  if (!isNew(context, event, at)) return;
  if (event.type === EVENT_TYPES.decision) foldDecision(context, event, at);
  else if (event.type === EVENT_TYPES.exposure) foldExposure(context, event, at);
  else foldReward(context, event, at);
}

function foldReward(context: FoldContext, event: RewardEvent, at: number): void {
  const { state } = context;
  const { experiment, metrics } = event.data;
  count(state.health, experiment, 'rewards');
  const reward: WaitingReward = {
    id: event.id,
    experiment,
    time: eventTime(event.time, at),
    at: state.watermark,
    metrics,
  };
  if (!('decision' in event.data)) {
    const { unit } = event.data;
    if (!joinUnit(context, reward, unit)) wait(state, waitingUnitKey(experiment, unit), reward);
    return;
  }
  const decision = decisionName(experiment, event.data.decision);
  const trial = trialOf(state, decision);
  if (trial !== undefined) return joinTrial(context, trial, reward);
  if (hasAny(state.uncounted, decision)) return count(state.health, experiment, 'uncounted');
  if (!state.unexposed.has(decision) && isOver(state, decision, event)) return count(state.health, experiment, 'late');
  wait(state, decisionKey(decision), reward);
}

/** Whether a decision without open trial has had its trial, or is too old to come any more. */
function isOver(state: PartitionState, decision: string, { time }: RewardEvent): boolean {
  return creationTime(decision, time) < state.watermark - DEDUPE_HORIZON_MS || isKnown(state, decision);
}

/** Lets go of what log time has made hopeless: nothing is waited for longer than an event may be late. */
function expire(context: FoldContext, before: number): void {
  const { state } = context;
  const oldest = state.watermark - DEDUPE_HORIZON_MS;
  forgetIds(state, before);
  if (state.waiting.size > 0) expireWaiting(state, oldest);
  if (state.exposures.size > 0) expireOldest(state.exposures, (at) => at, oldest);
  if (state.unexposed.size > 0) expireOldest(state.unexposed, ({ at }) => at, oldest);
}

function expireWaiting(state: PartitionState, oldest: number): void {
  for (const [key, rewards] of state.waiting) {
    const first = rewards[0];
    if (first !== undefined && first.at >= oldest) break;
    const left = rewards.filter((reward) => reward.at >= oldest);
    for (const reward of rewards) if (reward.at < oldest) count(state.health, reward.experiment, 'unmatched');
    state.waiting.delete(key);
    if (left.length > 0) state.waiting.set(key, left);
  }
}

/** Deletes from the front of a map whose entries stand in the order of their log time. */
function expireOldest<V>(entries: Map<string, V>, timeOf: (value: V) => number, oldest: number): void {
  for (const [id, value] of entries) {
    if (timeOf(value) >= oldest) break;
    entries.delete(id);
  }
}
