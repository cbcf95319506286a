import type { Context, Experiment } from './experiment.js';

export const EVENT_TYPES = {
  decision: 'dev.armature.decision.v1',
  reward: 'dev.armature.reward.v1',
  exposure: 'dev.armature.exposure.v1',
  config: 'dev.armature.config.v1',
  snapshot: 'dev.armature.snapshot.v1',
  tick: 'dev.armature.tick.v1',
} as const;

/** Why an arm was served. Only `split` and `sticky` are randomised. */
export const REASONS = ['split', 'sticky', 'static', 'holdout', 'excluded', 'override', 'disabled', 'default'] as const;
export type Reason = (typeof REASONS)[number];

/**
 * CloudEvents 1.0, structured JSON. The `id` is the idempotency key, within the event's type and experiment; the UUIDv7 of
 * a decision is one key everywhere.
 */
export interface Envelope<Type extends string, Data> {
  readonly specversion: '1.0';
  readonly type: Type;
  readonly source: string;
  /** UUIDv7 made by the client, or any string of 1 to 128 bytes (then its age is judged by `time`). */
  readonly id: string;
  /** RFC 3339, UTC. */
  readonly time: string;
  readonly data: Data;
}

export interface DecisionData {
  readonly experiment: string;
  readonly definition: string;
  readonly arm: string;
  /** Probability with which `arm` was drawn: the entry of the version's vector, bit for bit. */
  readonly propensity: number;
  /** The experiment's own version. */
  readonly snapshot: string;
  readonly reason: Reason;
  readonly unit?: string;
  readonly request?: string;
  readonly period?: number;
  /** Default `policy`. */
  readonly rule?: string;
  readonly outer?: number;
  readonly key?: string;
  /** Default true. */
  readonly exposed?: boolean;
  readonly served?: string;
  readonly context?: Context;
  readonly propensities?: readonly number[];
  /** Decisions lost before this one: health, never cells. */
  readonly dropped?: number;
}

export interface RewardByDecision {
  readonly experiment: string;
  readonly decision: string;
  readonly unit?: string;
  readonly request?: string;
  readonly metrics: { readonly [metric: string]: number };
}
export interface RewardByUnit {
  readonly experiment: string;
  readonly unit: string;
  readonly metrics: { readonly [metric: string]: number };
}
/** As sent; the server verifies the token and replaces it by its claims before the log. */
export interface RewardByToken {
  readonly token: string;
  readonly metrics: { readonly [metric: string]: number };
}
export type RewardData = RewardByDecision | RewardByUnit;

export interface ExposureData {
  readonly experiment: string;
  readonly decision: string;
  readonly unit?: string;
  readonly request?: string;
}

export interface ConfigData {
  readonly experiment: string;
  readonly definition: string;
  readonly action: 'applied' | 'removed';
  readonly effect: 'keeps-posterior' | 'resets-posterior';
  readonly by: string;
  readonly body: Experiment;
}

/** A version of one experiment, in the log before it is served. */
export interface SnapshotData {
  readonly experiment: string;
  readonly version: string;
  readonly definition: string;
  readonly arms: readonly string[];
  /** Probabilities per randomised rule, in arm order. */
  readonly rules: { readonly [rule: string]: readonly number[] };
  /** Means known when the version was made, per metric, in arm order: the m_k of the AIPW score. */
  readonly means: { readonly [metric: string]: readonly number[] };
  readonly period?: number;
  /** Closed trials of the reward metric that it rests on: the next version needs news. Older versions do not say. */
  readonly trials?: number;
  /** Next offset per partition that the statistics had seen. */
  readonly asOf: { readonly [partition: string]: number };
}

/** Keeps an idle partition's log time moving. `start` marks the first tick after a start, which may jump. */
export interface TickData {
  readonly start?: boolean;
}

export type DecisionEvent = Envelope<typeof EVENT_TYPES.decision, DecisionData>;
export type RewardEvent = Envelope<typeof EVENT_TYPES.reward, RewardData>;
export type TokenRewardEvent = Envelope<typeof EVENT_TYPES.reward, RewardByToken>;
export type ExposureEvent = Envelope<typeof EVENT_TYPES.exposure, ExposureData>;
export type ConfigEvent = Envelope<typeof EVENT_TYPES.config, ConfigData>;
export type SnapshotEvent = Envelope<typeof EVENT_TYPES.snapshot, SnapshotData>;
export type TickEvent = Envelope<typeof EVENT_TYPES.tick, TickData>;

/** What stands in a partition of the event log. */
export type LogEvent = DecisionEvent | RewardEvent | ExposureEvent | TickEvent;
/** What stands in the config log. */
export type ConfigLogEvent = ConfigEvent | SnapshotEvent;

/** One record of a log: its offset in the partition, and the log's own append time in ms since the epoch. */
export interface LogRecord<E = LogEvent> {
  readonly offset: number;
  readonly at: number;
  readonly event: E;
}

/** The partition key: the unit where there is one, else the request id, else the decision's id. */
export function partitionKey(event: DecisionEvent | RewardEvent | ExposureEvent): string {
  const data: { unit?: string; request?: string; decision?: string } = event.data;
  return data.unit ?? data.request ?? data.decision ?? event.id;
}
