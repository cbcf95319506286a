export * from './estimate.js';
export type * from './report.js';
export { CHECK_STATUS, VERDICTS } from './report.js';
