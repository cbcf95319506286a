export * from './allocate.js';
export { probabilityBest } from './best-arm.js';
export * from './billionths.js';
export * from './cells.js';
export * from './changed-share.js';
export { chiSquaredCdf, chiSquaredQuantile, chiSquaredSf } from './chi-squared.js';
export * from './code-point-order.js';
export { type Drawer, draw, drawKey, prepareDraw } from './draw.js';
export * from './epsilon-greedy.js';
export * from './fixed.js';
export { fmix32, type HashDomain, type HashPrefix, hashKey, hashPrefix, murmur3, NO_PREFIX } from './hash.js';
export { betaCdf, betaQuantile, betaSf, logBeta } from './incomplete-beta.js';
export { gammaCdf, gammaQuantile, gammaSf } from './incomplete-gamma.js';
export * from './kl-ucb.js';
export { logGamma } from './log-gamma.js';
export { erfc, normalCdf, normalLogSf, normalPdf, normalQuantile, normalSf } from './normal.js';
export {
  type Gate,
  type Holdout,
  type Layer,
  prepareStages,
  type Stage,
  type StageOdds,
  type StageShares,
  stageOdds,
  stageUniform,
  stoppedAt,
} from './outer-stages.js';
export * from './policy-error.js';
export * from './policy-weights.js';
export * from './posterior.js';
export * from './prior.js';
export * from './project.js';
export * from './reward-moments.js';
export * from './share-of-best.js';
export { studentTCdf, studentTQuantile, studentTSf } from './student-t.js';
export * from './thompson.js';
export * from './ucb.js';
