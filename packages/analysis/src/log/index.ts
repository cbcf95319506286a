export * from './data-directory.js';
export * from './log-fault.js';
export * from './read-log.js';
export * from './read-segment.js';
export * from './repairs.js';
export * from './segment.js';
export * from './segment-spans.js';
export * from './verify-log.js';
