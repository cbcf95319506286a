import { createHash } from 'node:crypto';
import type { RawRecord } from './ports.js';

/** Hash of a record by which a log is recognised: 128 bits of SHA-256 over place, append time, key and value, in hex. */
export function anchorOf({ partition, offset, at, key, value }: RawRecord): string {
  const hash = createHash('sha256').update(`${partition} ${offset} ${at} ${key?.length ?? -1} `);
  if (key !== null) hash.update(key);
  if (value !== null) hash.update(value);
  return hash.digest('hex').slice(0, 32);
}
