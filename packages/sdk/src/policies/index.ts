export * from './cells.js';
export * from './allocate.js';
export * from './code-point-order.js';
export * from './draw.js';
export * from './hash.js';
export * from './policy-error.js';
export * from './project.js';
