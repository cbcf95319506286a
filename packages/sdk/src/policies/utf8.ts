/** Beyond this many words a buffer is not kept: one long key should not hold its memory for ever. */
const KEEP = 1 << 14;

let words = new Int32Array(512);
/** Negative where the last text had something else than printable ASCII. */
let printable = 0;

/**
 * What the last {@link encodeUtf8} wrote: UTF-8, four bytes to a word, the first one lowest, followed by zeros to the
 * end of the last 16-byte block and at least to the end of the one that the next byte would lie in.
 */
export function utf8Words(): Int32Array {
  return words;
}

/** A copy of what the last {@link encodeUtf8} wrote in `length` bytes, for {@link writeWords}. */
export function copyWords(length: number): Int32Array {
  return words.slice(0, ((length >>> 4) + 1) << 2);
}

/** Writes what {@link copyWords} copied: printable ASCII, in far less time than from its text. */
export function writeWords(copy: Int32Array): void {
  reserve(copy.length << 2);
  for (let w = 0; w < copy.length; w++) words[w] = copy[w]!;
  printable = 0;
}

/** Room for `length` bytes, what {@link appendAscii} may add to them, and a block behind. */
function reserve(length: number): void {
  const needed = (length >>> 2) + 16;
  if (needed > words.length || (words.length > KEEP && needed <= KEEP)) words = new Int32Array(Math.max(512, needed));
}

/** Whether the text that was encoded last has printable ASCII and nothing else. It costs next to nothing here. */
export function isPrintable(): boolean {
  return printable >= 0;
}

/**
 * Adds up to 32 characters of ASCII to what {@link encodeUtf8} wrote.
 *
 * @param length the bytes so far
 * @param text printable ASCII and NUL
 * @returns the bytes in all
 */
export function appendAscii(length: number, text: string): number {
  const end = length + text.length;
  // What follows is zero up to the end of the block that the next byte lies in; beyond is what was there before.
  for (let w = ((length >>> 4) + 1) << 2; w <= (((end >>> 4) + 1) << 2) - 1; w++) words[w] = 0;
  for (let i = 0; i < text.length; i++) {
    const at = length + i;
    words[at >>> 2]! |= text.charCodeAt(i) << (8 * (at & 3));
  }
  return end;
}

/**
 * Writes a string as UTF-8 into a buffer that the next call uses again. By hand, because TextEncoder costs more than
 * the hash for strings as short as ids. Lone surrogates become U+FFFD, as TextEncoder has it.
 *
 * @param text any string
 * @returns the number of bytes
 */
export function encodeUtf8(text: string): number {
  const units = text.length;
  reserve(units * 3);
  const into = words;
  const whole = units & ~3;
  let seen = 0;
  let sign = 0;
  let w = 0;
  for (let i = 0; i < whole; i += 4) {
    const a = text.charCodeAt(i);
    const b = text.charCodeAt(i + 1);
    const c = text.charCodeAt(i + 2);
    const d = text.charCodeAt(i + 3);
    seen |= a | b | c | d;
    sign |= (a - 0x20) | (b - 0x20) | (c - 0x20) | (d - 0x20) | (0x7e - a) | (0x7e - b) | (0x7e - c) | (0x7e - d);
    into[w++] = a | (b << 8) | (c << 16) | (d << 24);
  }
  let last = 0;
  for (let i = whole; i < units; i++) {
    const unit = text.charCodeAt(i);
    seen |= unit;
    sign |= (unit - 0x20) | (0x7e - unit);
    last |= unit << (8 * (i & 3));
  }
  into[w] = last;
  into[w + 1] = 0;
  into[w + 2] = 0;
  into[w + 3] = 0;
  printable = sign;
  return seen < 0x80 ? units : encodeAny(text, into);
}

/** The same for text beyond ASCII. */
function encodeAny(text: string, into: Int32Array): number {
  let length = 0;
  const put = (byte: number): void => {
    const at = length >> 2;
    const shift = 8 * (length & 3);
    into[at] = shift === 0 ? byte : into[at]! | (byte << shift);
    length++;
  };
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    const next = (unit & 0xfc00) === 0xd800 && i + 1 < text.length ? text.charCodeAt(i + 1) : 0;
    if ((next & 0xfc00) === 0xdc00) {
      i++;
      putCodePoint(put, 0x10000 + ((unit & 0x3ff) << 10) + (next & 0x3ff));
    } else {
      putCodePoint(put, (unit & 0xf800) === 0xd800 ? 0xfffd : unit);
    }
  }
  const end = length;
  for (let i = 0; i < 16; i++) put(0);
  return end;
}

function putCodePoint(put: (byte: number) => void, point: number): void {
  if (point < 0x80) return put(point);
  if (point < 0x800) {
    put(0xc0 | (point >> 6));
  } else {
    if (point < 0x10000) {
      put(0xe0 | (point >> 12));
    } else {
      put(0xf0 | (point >> 18));
      put(0x80 | ((point >> 12) & 0x3f));
    }
    put(0x80 | ((point >> 6) & 0x3f));
  }
  put(0x80 | (point & 0x3f));
}
