import { hashKey, NO_PREFIX } from '@armature/sdk/policies';

const words = new Int32Array(4);

/**
 * The partition of a key: the first word of murmur3_x86_128, seed 0, over utf8(key), modulo the frozen count. Our own
 * hash, so that a client library's choice never splits a randomisation unit over two partitions.
 *
 * @param key partition key of an event
 * @param count number of partitions, integer >= 1
 */
export function partitionOf(key: string, count: number): number {
  if (count === 1) return 0;
  hashKey(NO_PREFIX, key, words);
  return ((words[0] ?? 0) >>> 0) % count;
}
