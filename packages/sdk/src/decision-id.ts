import { appendAscii, copyWords, encodeUtf8, writeWords } from './policies/utf8.js';

/** Fills an array with random bytes; `crypto.getRandomValues` in production. */
export type FillRandom = (bytes: Uint8Array<ArrayBuffer>) => void;

const HEX3 = /* @__PURE__ */ Array.from({ length: 4096 }, (_, n) => n.toString(16).padStart(3, '0'));
const BLOCK = 1024;
const NEEDED = 12;
const RUN = 0x800000;
/** A clock set back by less than this is ridden out, ids stay in order; by more, ids follow the clock. */
const TOLERATED_STEP_BACK_MS = 1000;

/** The id that was made last: 4096 in a row differ in their tail alone. */
let lastId = '';
let lastHead: Int32Array = new Int32Array(0);
let lastTail = '';

/**
 * Writes an id for the hashes that follow, as `encodeUtf8` does. The one that was made last, which is the key of a draw
 * by request, takes a fifth of the time: its text is neither put together nor read.
 *
 * @returns its bytes
 */
export function encodeId(id: string): number {
  if (id !== lastId) return encodeUtf8(id);
  writeWords(lastHead);
  return appendAscii(id.length - lastTail.length, lastTail);
}

/**
 * A source of UUIDv7 (RFC 9562, method 2): 48 bits of time in ms, 50 random bits drawn anew every millisecond, and a
 * 24-bit counter that starts at a random value. Ids of one source sort in the order in which they were made.
 *
 * @param fill random bytes, taken in blocks of 1024
 * @returns a function from the time in ms since the epoch to an id
 */
export function decisionIds(fill: FillRandom): (now: number) => string {
  const pool = new Uint8Array(BLOCK);
  let used = BLOCK;
  let last = Number.NEGATIVE_INFINITY;
  let prefix = '';
  /** An id but for its tail, and the same in words. To encode it also makes it one text, once for all its ids. */
  let head = '';
  let words: Int32Array = new Int32Array(0);
  let counter = 0;
  let end = 0;

  const startHead = (): void => {
    head = prefix + HEX3[counter >>> 12]!;
    words = copyWords(encodeUtf8(head));
  };
  const start = (now: number): void => {
    if (used + NEEDED > BLOCK) {
      fill(pool);
      used = 0;
    }
    const at = (offset: number): number => pool[used + offset]!;
    const time = Math.max(0, Math.floor(now)).toString(16).padStart(12, '0');
    const three = (offset: number): string => HEX3[((at(offset) << 8) | at(offset + 1)) & 4095]!;
    const variant = (8 | (at(8) & 3)).toString(16);
    prefix = `${time.slice(0, 8)}-${time.slice(8)}-7${three(0)}-${variant}${three(2)}-${three(4)}${three(6)}`;
    // Half of the counter's range is left for this millisecond.
    counter = ((at(9) & 0x7f) << 16) | (at(10) << 8) | at(11);
    end = counter + RUN;
    used += NEEDED;
    last = now;
    startHead();
  };

  return (now) => {
    if (now > last || now < last - TOLERATED_STEP_BACK_MS) start(now);
    else if (counter === end) start(last + 1);
    else if ((counter & 4095) === 0) startHead();
    const tail = HEX3[counter & 4095]!;
    const id = head + tail;
    counter += 1;
    lastId = id;
    lastHead = words;
    lastTail = tail;
    return id;
  };
}

/** Random fractions in [0, 1) with 32 bits, for jitter. */
export function fractions(fill: FillRandom): () => number {
  const bytes = new Uint8Array(4);
  const view = new DataView(bytes.buffer);
  return () => {
    fill(bytes);
    return view.getUint32(0) / 4294967296;
  };
}
