export type { CachedSnapshot, SnapshotCache } from '../snapshot-cache.js';
export { fileCache } from './file-cache.js';
