import { fmix32 } from '@armature/sdk/policies';

/**
 * A set of ids of three 32-bit words each: open addressing with linear probing in one typed array. The middle word of an
 * id has its highest bit set, so that a slot of zeros is an empty one.
 *
 * It grows by a fifth when it is 88 % full, so beyond the first few hundred ids one takes 13.6 to 16.4 bytes; while it
 * grows, both arrays are there.
 */
export interface IdTable {
  words: Int32Array;
  capacity: number;
  count: number;
  /** Ids that came since they were taken last, in their order; undefined where nobody takes them. */
  fresh: Int32Array | undefined;
  freshCount: number;
}

export const WORDS = 3;
const FIRST_CAPACITY = 64;
const FULLEST = 0.88;
const GROWTH = 1.2;
const FIRST_FRESH = 256;

/** @param kept whether ids that come are kept for `takeFresh` */
export function emptyTable(kept: boolean): IdTable {
  const words = new Int32Array(FIRST_CAPACITY * WORDS);
  const fresh = kept ? new Int32Array(FIRST_FRESH * WORDS) : undefined;
  return { words, capacity: FIRST_CAPACITY, count: 0, fresh, freshCount: 0 };
}

/** The slot where an id is, or the empty one where it would be. */
function slotOf(words: Int32Array, capacity: number, w0: number, w1: number, w2: number): number {
  const hash = fmix32(w0 ^ Math.imul(w1, 0x9e3779b1) ^ Math.imul(w2, 0x85ebca6b));
  let slot = Math.floor((hash >>> 0) * (capacity / 2 ** 32));
  for (let at = slot * WORDS; words[at + 1] !== 0; at = slot * WORDS) {
    if (words[at + 2] === w2 && words[at] === w0 && words[at + 1] === w1) break;
    slot += 1;
    if (slot === capacity) slot = 0;
  }
  return slot;
}

/** Whether an id is there. */
export function hasId({ words, capacity }: IdTable, w0: number, w1: number, w2: number): boolean {
  return words[slotOf(words, capacity, w0, w1, w2) * WORDS + 1] !== 0;
}

/**
 * Adds an id of three signed 32-bit words, the middle one negative.
 *
 * @returns false when it was there already
 */
export function addId(table: IdTable, w0: number, w1: number, w2: number): boolean {
  const at = slotOf(table.words, table.capacity, w0, w1, w2) * WORDS;
  if (table.words[at + 1] !== 0) return false;
  put(table.words, at, w0, w1, w2);
  table.count += 1;
  if (table.count > table.capacity * FULLEST) grow(table);
  if (table.fresh === undefined) return true;
  if (table.freshCount * WORDS === table.fresh.length) {
    const wider = new Int32Array(table.fresh.length * 2);
    wider.set(table.fresh);
    table.fresh = wider;
  }
  put(table.fresh, table.freshCount * WORDS, w0, w1, w2);
  table.freshCount += 1;
  return true;
}

function put(words: Int32Array, at: number, w0: number, w1: number, w2: number): void {
  words[at] = w0;
  words[at + 1] = w1;
  words[at + 2] = w2;
}

function grow(table: IdTable): void {
  const capacity = Math.ceil(table.capacity * GROWTH);
  const words = new Int32Array(capacity * WORDS);
  const before = table.words;
  for (let at = 0; at < before.length; at += WORDS) {
    const w1 = before[at + 1] ?? 0;
    if (w1 === 0) continue;
    const w0 = before[at] ?? 0;
    const w2 = before[at + 2] ?? 0;
    put(words, slotOf(words, capacity, w0, w1, w2) * WORDS, w0, w1, w2);
  }
  table.words = words;
  table.capacity = capacity;
}

/** The ids that came since the last call, as little-endian words; undefined when there are none. */
export function takeFresh(table: IdTable): Uint8Array | undefined {
  if (table.fresh === undefined || table.freshCount === 0) return undefined;
  const bytes = littleEndian(table.fresh.subarray(0, table.freshCount * WORDS));
  table.fresh = new Int32Array(FIRST_FRESH * WORDS);
  table.freshCount = 0;
  return bytes;
}

/** Takes all ids for new ones, from now on. */
export function refresh(table: IdTable): void {
  table.fresh = entriesOf(table);
  table.freshCount = table.count;
}

/** The ids alone, in the order of their slots. */
function entriesOf({ words, count }: IdTable): Int32Array {
  const entries = new Int32Array(Math.max(count, FIRST_FRESH) * WORDS);
  let to = 0;
  for (let at = 0; at < words.length; at += WORDS) {
    if (words[at + 1] === 0) continue;
    put(entries, to, words[at] ?? 0, words[at + 1] ?? 0, words[at + 2] ?? 0);
    to += WORDS;
  }
  return entries;
}

/** The ids as bytes in ascending order, whatever order they came in. */
export function sortedIds(table: IdTable): Uint8Array {
  const entries = entriesOf(table);
  const order = Uint32Array.from({ length: table.count }, (_, n) => n * WORDS);
  order.sort((a, b) => {
    for (let k = 0; k < WORDS; k++) {
      const by = (entries[a + k] ?? 0) - (entries[b + k] ?? 0);
      if (by !== 0) return by;
    }
    return 0;
  });
  const sorted = new Int32Array(table.count * WORDS);
  for (const [n, at] of order.entries()) sorted.set(entries.subarray(at, at + WORDS), n * WORDS);
  return littleEndian(sorted);
}

/** The table that ids give which were taken, one after the other. */
export function tableOf(bytes: Uint8Array): IdTable {
  const table = emptyTable(false);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < bytes.length; at += 4 * WORDS) {
    addId(table, view.getInt32(at, true), view.getInt32(at + 4, true), view.getInt32(at + 8, true));
  }
  return { ...table, fresh: new Int32Array(FIRST_FRESH * WORDS) };
}

/** A copy of words as bytes, the lowest first. */
function littleEndian(words: Int32Array): Uint8Array {
  const bytes = new Uint8Array(words.length * 4);
  if (new Uint8Array(Int32Array.of(1).buffer)[0] === 1) {
    bytes.set(new Uint8Array(words.buffer, words.byteOffset, bytes.length));
    return bytes;
  }
  const view = new DataView(bytes.buffer);
  words.forEach((word, index) => {
    view.setInt32(index * 4, word, true);
  });
  return bytes;
}
