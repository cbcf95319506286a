export * from './event.js';
export * from './experiment.js';
export * from './snapshot.js';
export * from './statistics.js';
