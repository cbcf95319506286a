export * from './canonical-json.js';
export * from './event.js';
export * from './experiment.js';
export * from './sha256.js';
export * from './snapshot.js';
export * from './statistics.js';
export * from './token.js';
export * from './well-formed.js';
