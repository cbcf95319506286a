export { decisionIdOf } from './dedupe.js';
export { decodeState, encodeState, isCurrentState } from './encode.js';
export { applyRecord } from './fold.js';
export { healthOf, mergeHealth } from './health.js';
export { bucketWidthMs, DEDUPE_HORIZON_MS, FUTURE_TOLERANCE_MS, tickIntervalMs } from './log-time.js';
export { createRegistry, type Registry } from './registry.js';
export { emptyState, type PartitionState, type Trial } from './state.js';
export { compareVersions, epochOf, mergedCells, mergeStatistics, statisticsOf } from './statistics.js';
export { type ClosedTrial, type FoldSink, openTrialsOf } from './trials.js';
