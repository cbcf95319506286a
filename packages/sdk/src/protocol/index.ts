export * from './canonical-json.js';
export type { WireFault } from './coded.js';
export * from './definition.js';
export * from './event.js';
export * from './event-schema.js';
export * from './experiment.js';
export { experimentFileSchema } from './experiment-schema.js';
export {
  type ExperimentFile,
  experimentsError,
  type ParsedExperiments,
  parseExperimentSet,
  parseExperiments,
} from './file/experiment-file.js';
export { type Fault, faultSummary, renderFault } from './file/faults.js';
export { notYetRun } from './file/not-yet-run.js';
export { secretsIn } from './file/secrets-in.js';
export * from './id.js';
export * from './json-door.js';
export * from './json-schemas.js';
export * from './name.js';
export * from './nearest.js';
export * from './parse-event.js';
export * from './sha256.js';
export * from './show.js';
export * from './snapshot.js';
export * from './snapshot-schema.js';
export * from './statistics.js';
export * from './time.js';
export * from './token.js';
export { generateCatalogue } from './typescript.js';
export * from './well-formed.js';
