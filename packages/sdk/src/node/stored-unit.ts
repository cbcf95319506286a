import { createHash, createHmac } from 'node:crypto';

/**
 * How a store names a unit: the first 128 bits of SHA-256, or of HMAC-SHA-256 where there is a secret, in base64url. No
 * store holds a unit as it is; without a secret, somebody who can guess a unit can find it.
 *
 * @param unit as the application knows it
 */
export function storedUnit(unit: string, secret?: string): string {
  const hash = secret === undefined ? createHash('sha256') : createHmac('sha256', secret);
  return hash.update(unit, 'utf8').digest().toString('base64url', 0, 16);
}
