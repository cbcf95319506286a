export type { StickyRecord, StickyStore } from '../sticky.js';
export {
  type RedisCommands,
  type RedisStickyOptions,
  type RedisStickyStore,
  redisStickyStore,
} from './redis-sticky-store.js';
