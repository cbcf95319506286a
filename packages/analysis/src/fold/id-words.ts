import { hashKey, NO_PREFIX } from '@armature/sdk/policies';

/** What `readUuid` and `hashId` found: the words of an id. Read before the next call. */
export const idWords = new Int32Array(4);

const HEX = new Uint8Array(256).fill(16);
for (let digit = 0; digit < 16; digit++) HEX[digit.toString(16).charCodeAt(0)] = digit;

let bad = 0;

function hex(text: string, from: number, to: number): number {
  let value = 0;
  for (let i = from; i < to; i++) {
    const code = text.charCodeAt(i);
    const digit = code < 256 ? (HEX[code] ?? 16) : 16;
    bad |= digit;
    value = (value << 4) | digit;
  }
  return value;
}

/**
 * Reads a UUIDv7 in lower case. What of it is not its time, its version and its variant goes into the words: twelve bits
 * into the first, below twenty that are left free, and the variant and 62 more into the others.
 *
 * @returns the 48 bits of its time, ms since the epoch; -1 for any other text
 */
export function readUuid(id: string): number {
  if (id === lastId) {
    idWords[0] = last0;
    idWords[1] = last1;
    idWords[2] = last2;
    return lastMade;
  }
  const made = parseUuid(id);
  if (made < 0) return made;
  lastId = id;
  lastMade = made;
  last0 = idWords[0] ?? 0;
  last1 = idWords[1] ?? 0;
  last2 = idWords[2] ?? 0;
  return made;
}

/** The UUIDv7 that was read last: an event's id is asked for several times in a row. */
let lastId = '';
let lastMade = -1;
let last0 = 0;
let last1 = 0;
let last2 = 0;

function parseUuid(id: string): number {
  if (id.length !== 36 || id.charCodeAt(14) !== 55 || id.charCodeAt(8) !== 45 || id.charCodeAt(13) !== 45) return -1;
  if (id.charCodeAt(18) !== 45 || id.charCodeAt(23) !== 45) return -1;
  bad = 0;
  const high = hex(id, 0, 8) >>> 0;
  const low = hex(id, 9, 13);
  idWords[0] = hex(id, 15, 18);
  const variant = hex(id, 19, 23);
  idWords[1] = (variant << 16) | hex(id, 24, 28);
  idWords[2] = hex(id, 28, 36);
  if (bad > 15 || variant >>> 14 !== 2) return -1;
  return high * 0x10000 + low;
}

/**
 * Hashes any other text: the first 96 bits of murmur3_x86_128, of which one is set to mark the slot. Among n keys that
 * are remembered at once the odds that any two are taken for one are below n^2 / 2^96: 1.3e-13 for a hundred million.
 */
export function hashId(text: string): void {
  hashKey(NO_PREFIX, text, idWords);
  idWords[1] = (idWords[1] ?? 0) | 0x80000000;
}
