/** Beyond this a buffer is not kept: one long key should not hold its memory for ever. */
const KEEP = 1 << 16;

let buffer = new Uint8Array(1024);

/** The bytes of the last {@link encodeUtf8}, zero-padded to a whole 16-byte block and one byte at least beyond it. */
export function utf8Buffer(): Uint8Array {
  return buffer;
}

/** Room for `length` bytes and a zeroed block behind them. */
function reserve(length: number): void {
  if (length + 32 > buffer.length || (buffer.length > KEEP && length + 32 <= KEEP)) {
    buffer = new Uint8Array(Math.max(1024, length + 32));
  }
}

/**
 * Writes a string as UTF-8 into a buffer that is used again by the next call, and zeroes the 16 bytes behind it.
 * By hand, because TextEncoder costs more than the hash for strings as short as ids. Lone surrogates become U+FFFD.
 *
 * @param text any string
 * @returns the number of bytes
 */
export function encodeUtf8(text: string): number {
  const units = text.length;
  reserve(units * 3);
  const bytes = buffer;
  let n = 0;
  for (let i = 0; i < units; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) {
      bytes[n++] = unit;
      continue;
    }
    const next = (unit & 0xfc00) === 0xd800 && i + 1 < units ? text.charCodeAt(i + 1) : 0;
    if ((next & 0xfc00) === 0xdc00) i++;
    n = writeCodePoint(bytes, n, unit, next);
  }
  for (let i = 0; i < 16; i++) bytes[n + i] = 0;
  return n;
}

/** Writes one code point that is not ASCII; `next` is the low surrogate that belongs to `unit`, or anything else. */
function writeCodePoint(bytes: Uint8Array, at: number, unit: number, next: number): number {
  let n = at;
  if (unit < 0x800) {
    bytes[n++] = 0xc0 | (unit >> 6);
  } else if ((next & 0xfc00) === 0xdc00) {
    const point = 0x10000 + ((unit & 0x3ff) << 10) + (next & 0x3ff);
    bytes[n++] = 0xf0 | (point >> 18);
    bytes[n++] = 0x80 | ((point >> 12) & 0x3f);
    bytes[n++] = 0x80 | ((point >> 6) & 0x3f);
    bytes[n++] = 0x80 | (point & 0x3f);
    return n;
  } else {
    const point = (unit & 0xf800) === 0xd800 ? 0xfffd : unit;
    bytes[n++] = 0xe0 | (point >> 12);
    bytes[n++] = 0x80 | ((point >> 6) & 0x3f);
    bytes[n++] = 0x80 | (point & 0x3f);
    return n;
  }
  bytes[n++] = 0x80 | (unit & 0x3f);
  return n;
}
