export type { StickyAssignment, StickyCounts, StickyRecord, StickyStore } from '../sticky.js';
export { memoryStickyStore } from './memory-sticky-store.js';
export { type StickyOptions, stickyAssignment } from './sticky-assignment.js';
