import { rfc3339 } from './decision-event.js';
import type { ErrorCode } from './errors.js';
import {
  EVENT_TYPES,
  type ExposureEvent,
  type RewardByDecision,
  type RewardByUnit,
  type RewardEvent,
  type TokenRewardEvent,
} from './protocol/event.js';
import { decodeToken } from './protocol/token.js';

/** One value for the experiment's reward metric, or values by metric. Booleans become 1 and 0. */
export type RewardValue<Metric extends string = string> = [Metric] extends [never]
  ? never
  : number | boolean | { readonly [M in Metric]?: number | boolean | undefined };

/** A decision, or what is left of one after a journey through JSON. */
export interface DecisionReference<Experiment extends string = string> {
  readonly experiment: Experiment;
  /** The decision's id. */
  readonly id: string;
  readonly unit?: string | undefined;
  readonly requestId?: string | undefined;
}

/** A unit of an experiment: the reward joins its last decision not later than itself inside the window. */
export interface UnitReference<Experiment extends string = string> {
  readonly experiment: Experiment;
  readonly unit: string;
}

export interface RewardOptions {
  /**
   * An id of your own, such as an order number: repeats of it count once in each experiment. Needs `time`.
   *
   * @default a new UUIDv7
   */
  readonly id?: string | undefined;
  /** When it happened. @default now */
  readonly time?: Date | number | undefined;
}

/** What became of a reward or an exposure on this side. */
export interface Receipt {
  /** The event's id; empty where nothing was queued. */
  readonly id: string;
  readonly queued: boolean;
  readonly error?: ErrorCode;
}

/** Looks up what code and snapshot know of an experiment. */
export type Known = (experiment: string) => {
  readonly reward?: string | undefined;
  readonly metrics?: readonly string[] | undefined;
};

type Target = string | DecisionReference | UnitReference;
type Subject = {
  readonly experiment: string;
  readonly data: { readonly token: string } | Omit<RewardByDecision, 'metrics'> | Omit<RewardByUnit, 'metrics'>;
};
type Outcome<T> = T | ErrorCode;

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

function unitAndRequest(from: { unit?: unknown; requestId?: unknown }): { unit?: string; request?: string } {
  return {
    ...(isText(from.unit) ? { unit: from.unit } : {}),
    ...(isText(from.requestId) ? { request: from.requestId } : {}),
  };
}

function subjectOf(target: Target): Outcome<Subject> {
  if (typeof target === 'string') {
    const token = decodeToken(target);
    return token.ok ? { experiment: token.claims.experiment, data: { token: target } } : 'TOKEN_INVALID';
  }
  if (typeof target !== 'object' || target === null || !isText(target.experiment)) return 'REWARD_TARGET';
  const { experiment } = target;
  if ('id' in target && isText(target.id)) {
    if ((target as { reason?: unknown }).reason === 'default') return 'NOT_LOGGED';
    return { experiment, data: { experiment, decision: target.id, ...unitAndRequest(target) } };
  }
  return isText(target.unit) ? { experiment, data: { experiment, unit: target.unit } } : 'REWARD_TARGET';
}

function metricsOf(value: unknown, experiment: string, known: Known): Outcome<{ [metric: string]: number }> {
  const { reward, metrics: names } = known(experiment);
  if (typeof value !== 'object') {
    if (reward === undefined) return 'METRIC_REQUIRED';
    return metricsOf({ [reward]: value }, experiment, known);
  }
  if (value === null) return 'REWARD_NOT_NUMBER';
  const metrics: { [metric: string]: number } = {};
  for (const [name, given] of Object.entries(value as { [name: string]: unknown })) {
    if (given === undefined) continue;
    if (names !== undefined && !names.includes(name)) return 'UNKNOWN_METRIC';
    if (typeof given !== 'number' && typeof given !== 'boolean') return 'REWARD_NOT_NUMBER';
    const number = Number(given);
    if (!Number.isFinite(number)) return 'REWARD_NOT_FINITE';
    metrics[name] = number + 0;
  }
  return Object.keys(metrics).length === 0 ? 'REWARD_EMPTY' : metrics;
}

function timeOf(options: RewardOptions, now: number): Outcome<number> {
  if (options.time === undefined) return options.id === undefined ? now : 'TIME_REQUIRED';
  const time = Number(options.time);
  return Number.isFinite(time) && time >= 0 && time < 8.64e15 ? time : 'TIME_INVALID';
}

/**
 * The event of a reward, or the code of what is wrong with it. Never throws.
 *
 * @param makeId gives the event's id where the caller has none
 */
export function rewardEvent(
  target: Target,
  value: unknown,
  options: RewardOptions,
  known: Known,
  source: string,
  now: number,
  makeId: () => string,
): Outcome<RewardEvent | TokenRewardEvent> {
  const subject = subjectOf(target);
  if (typeof subject === 'string') return subject;
  const metrics = metricsOf(value, subject.experiment, known);
  if (typeof metrics === 'string') return metrics;
  const time = timeOf(options, now);
  if (typeof time === 'string') return time;
  if (options.id !== undefined && (!isText(options.id) || options.id.length > 128)) return 'ID_INVALID';
  return {
    specversion: '1.0',
    type: EVENT_TYPES.reward,
    source,
    id: options.id ?? makeId(),
    time: rfc3339(time),
    data: { ...subject.data, metrics },
  } as RewardEvent | TokenRewardEvent;
}

/** The event that a decision made with `expose: false` was seen, or the code of what is wrong. Never throws. */
export function exposureEvent(
  target: string | DecisionReference,
  source: string,
  now: number,
  makeId: () => string,
): Outcome<ExposureEvent> {
  let decision: DecisionReference;
  if (typeof target === 'string') {
    const token = decodeToken(target);
    if (!token.ok) return 'TOKEN_INVALID';
    const { experiment, decision: id, unit, request } = token.claims;
    decision = { experiment, id, unit, requestId: request };
  } else {
    const subject = subjectOf(target);
    if (typeof subject === 'string') return subject;
    if (!isText(target.id)) return 'REWARD_TARGET';
    if ((target as { exposed?: unknown }).exposed === true) return 'ALREADY_EXPOSED';
    decision = target;
  }
  return {
    specversion: '1.0',
    type: EVENT_TYPES.exposure,
    source,
    id: makeId(),
    time: rfc3339(now),
    data: { experiment: decision.experiment, decision: decision.id, ...unitAndRequest(decision) },
  };
}
