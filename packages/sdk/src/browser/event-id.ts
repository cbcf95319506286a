import type { FillRandom } from '../decision-id.js';

/**
 * A UUIDv7 (RFC 9562): 48 bits of time in ms, the rest random. Events of a page need no order among themselves.
 *
 * @param now time in ms since the epoch
 */
export function eventId(now: number, fillRandom: FillRandom): string {
  const bytes = new Uint8Array(16);
  fillRandom(bytes);
  const time = Math.max(0, Math.floor(now)).toString(16).padStart(12, '0');
  const random = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  const variant = '89ab'[bytes[9]! & 3]!;
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(0, 3)}-${variant}${random.slice(3, 6)}-${random.slice(20)}`;
}
