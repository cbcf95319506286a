export { systemClock, type VirtualClock, virtualClock } from './adapters/clock.js';
export { disk } from './adapters/disk.js';
export { fileState } from './adapters/file-state.js';
export { jsonLogger, silent } from './adapters/loggers.js';
export type { OpenTrials } from './aggregation/open-trials.js';
export type { Partition } from './aggregation/partition.js';
export type { RetentionRule } from './aggregation/retention.js';
export { type AppOptions, buildApp } from './app.js';
export type { DecideRequest } from './decide/decide-request.js';
export type { DecideAnswer, DecideAnswerItem } from './decide/decider.js';
export { type Engine, type EngineOptions, openEngine } from './engine.js';
export { SERVER_ERRORS, type ServerErrorCode } from './errors.js';
export type { IngestError, IngestResult } from './ingest/ingest.js';
export type { KnownExperiment, KnownExperiments } from './ingest/known-experiments.js';
export type { ApiKey, KeyKind } from './keys/api-key.js';
export type { KeyRing } from './keys/key-ring.js';
export { type Served, type ServeOptions, serve } from './main.js';
export type {
  Checkpoint,
  Clock,
  EventLog,
  FileSystem,
  Logger,
  LogStream,
  OpenFile,
  SegmentedStream,
  StateStore,
  StoredState,
} from './ports.js';
