export type {
  ArmOf,
  Catalogue,
  CatalogueEntry,
  ExperimentShape,
  MetricOf,
  Shapes,
  UnknownShapes,
} from '../catalogue.js';
export type { Logger } from '../client-options.js';
export { ArmatureError, type ErrorCode, isArmatureError } from '../errors.js';
export type { OutboxOptions } from '../outbox.js';
export type { OutboxCounts } from '../outbox-counts.js';
export type { Reason } from '../protocol/event.js';
export type { Context } from '../protocol/experiment.js';
export type { Receipt, RewardOptions, RewardValue, UnitReference } from '../reward.js';
export type { BrowserOptions } from './browser-options.js';
export type { BrowserClient, BrowserEvents, PageDecideOptions } from './client.js';
export { createClient } from './create-client.js';
export type { PrefetchOptions } from './fetch-decisions.js';
export { forPage, type GivenDecision, type PageDecision, type PageDecisionFields } from './page-decision.js';
