export type {
  ArmOf,
  Catalogue,
  CatalogueEntry,
  ExperimentShape,
  InlineArm,
  InlineExperiment,
  InlineExperiments,
  MetricOf,
  Shapes,
  ShapesOf,
  UnknownShapes,
} from './catalogue.js';
export type { Client, ClientEvents, SnapshotSummary } from './client.js';
export type { ClientOptions, Logger } from './client-options.js';
export { createClient } from './create-client.js';
export type { DecideOptions } from './decide.js';
export type { Decision, DecisionJson } from './decision.js';
export { ArmatureError, type ErrorCode, isArmatureError } from './errors.js';
export type { Status } from './follower.js';
export type { OutboxOptions } from './outbox.js';
export type { OutboxCounts } from './outbox-counts.js';
export type { Reason } from './protocol/event.js';
export type { Context, JsonValue } from './protocol/experiment.js';
export type { Snapshot } from './protocol/snapshot.js';
export type { ReadyOptions } from './readiness.js';
export type { RefreshMode } from './refresh.js';
export type { DecisionReference, Receipt, RewardOptions, RewardValue, UnitReference } from './reward.js';
export type { Scope } from './scope.js';
export type { CachedSnapshot, SnapshotCache } from './snapshot-cache.js';
export type { ItemError, OutgoingEvent, SendResult, Transport } from './transport.js';
