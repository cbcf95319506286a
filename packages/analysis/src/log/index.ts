export * from './data-directory.js';
export * from './log-fault.js';
export * from './read-log.js';
export * from './read-segment.js';
export * from './segment.js';
