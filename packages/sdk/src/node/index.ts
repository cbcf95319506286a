export type { CachedSnapshot, SnapshotCache } from '../snapshot-cache.js';
export type { StickyRecord, StickyStore } from '../sticky.js';
export { fileCache } from './file-cache.js';
export { type FileStickyOptions, fileStickyStore } from './file-sticky-store.js';
