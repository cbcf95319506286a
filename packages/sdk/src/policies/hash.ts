import { encodeUtf8, utf8Words } from './utf8.js';

/** What a hash is for. Each stage has its own domain, so that its outcome says nothing about the others'. */
export type HashDomain = 'draw' | 'layer' | 'holdout' | 'traffic';

/** The state of the hash after a prefix of whole 16-byte blocks: a key is hashed from here on. */
export interface HashPrefix {
  readonly h1: number;
  readonly h2: number;
  readonly h3: number;
  readonly h4: number;
  /** Bytes absorbed, a multiple of 16. */
  readonly length: number;
}

const C1 = 0x239b961b;
const C2 = 0xab0e9789 | 0;
const C3 = 0x38b34ae5;
const C4 = 0xa1e38b93 | 0;

const rotate = (x: number, r: number): number => (x << r) | (x >>> (32 - r));

/**
 * The finaliser of murmur3: a bijection of 32-bit words in which every bit of the input moves every bit of the output.
 *
 * @param x a 32-bit word, signed or unsigned
 * @returns a signed 32-bit word
 * @example
 * fmix32(1) >>> 0 // => 1364076727
 */
export function fmix32(x: number): number {
  let h = x ^ (x >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** Absorbs whole blocks; leaves the state in `state[0..3]`. */
function absorb(state: Int32Array, words: Int32Array, blocks: number): void {
  let h1 = state[0]!;
  let h2 = state[1]!;
  let h3 = state[2]!;
  let h4 = state[3]!;
  for (let i = 0; i < blocks << 2; i += 4) {
    h1 ^= Math.imul(rotate(Math.imul(words[i]!, C1), 15), C2);
    h1 = (Math.imul(rotate(h1, 19) + h2, 5) + 0x561ccd1b) | 0;
    h2 ^= Math.imul(rotate(Math.imul(words[i + 1]!, C2), 16), C3);
    h2 = (Math.imul(rotate(h2, 17) + h3, 5) + 0x0bcaa747) | 0;
    h3 ^= Math.imul(rotate(Math.imul(words[i + 2]!, C3), 17), C4);
    h3 = (Math.imul(rotate(h3, 15) + h4, 5) + 0x96cd1c35) | 0;
    h4 ^= Math.imul(rotate(Math.imul(words[i + 3]!, C4), 18), C1);
    h4 = (Math.imul(rotate(h4, 13) + h1, 5) + 0x32ac3b17) | 0;
  }
  state[0] = h1;
  state[1] = h2;
  state[2] = h3;
  state[3] = h4;
}

/** Absorbs the last, zero-padded block at word `i` and finalises. `length` counts all bytes of the message. */
function finish(state: Int32Array, words: Int32Array, i: number, length: number): void {
  let h1 = state[0]! ^ Math.imul(rotate(Math.imul(words[i]!, C1), 15), C2) ^ length;
  let h2 = state[1]! ^ Math.imul(rotate(Math.imul(words[i + 1]!, C2), 16), C3) ^ length;
  let h3 = state[2]! ^ Math.imul(rotate(Math.imul(words[i + 2]!, C3), 17), C4) ^ length;
  let h4 = state[3]! ^ Math.imul(rotate(Math.imul(words[i + 3]!, C4), 18), C1) ^ length;
  h1 = (h1 + h2 + h3 + h4) | 0;
  h2 = fmix32((h2 + h1) | 0);
  h3 = fmix32((h3 + h1) | 0);
  h4 = fmix32((h4 + h1) | 0);
  h1 = (fmix32(h1) + h2 + h3 + h4) | 0;
  state[0] = h1;
  state[1] = (h2 + h1) | 0;
  state[2] = (h3 + h1) | 0;
  state[3] = (h4 + h1) | 0;
}

const scratch = new Int32Array(4);

/** No prefix: the hash of a text alone. */
export const NO_PREFIX: HashPrefix = Object.freeze({ h1: 0, h2: 0, h3: 0, h4: 0, length: 0 });

/**
 * The hash state after utf8(domain NUL salt), padded with zero bytes to whole 16-byte blocks (a length that is a
 * multiple of 16 gets none).
 *
 * @param domain the stage that hashes
 * @param salt the experiment's salt: two experiments with different salts draw independently. It must not end in NUL,
 *   which the padding would hide.
 * @example
 * hashPrefix('draw', 'digit-reader').length // => 32
 */
export function hashPrefix(domain: HashDomain, salt: string): HashPrefix {
  const blocks = (encodeUtf8(`${domain}\0${salt}`) + 15) >>> 4;
  scratch.fill(0);
  absorb(scratch, utf8Words(), blocks);
  return Object.freeze({
    h1: scratch[0]!,
    h2: scratch[1]!,
    h3: scratch[2]!,
    h4: scratch[3]!,
    length: blocks << 4,
  });
}

/**
 * The four words of murmur3_x86_128, seed 0, over the prefix's bytes followed by utf8(key). Allocates nothing.
 * The draw uses the first two.
 *
 * @param prefix from {@link hashPrefix}, or {@link NO_PREFIX}
 * @param key any string; a lone surrogate is hashed as U+FFFD, as TextEncoder writes it
 * @param into receives the words, signed; at least four elements
 * @see Appleby, MurmurHash3.cpp, MurmurHash3_x86_128
 */
export function hashKey(prefix: HashPrefix, key: string, into: Int32Array): void {
  hashEncoded(prefix, encodeUtf8(key), into);
}

/** The same for the key that was written last, of `length` bytes: several stages hash one key, and write it once. */
export function hashEncoded(prefix: HashPrefix, length: number, into: Int32Array): void {
  const words = utf8Words();
  into[0] = prefix.h1;
  into[1] = prefix.h2;
  into[2] = prefix.h3;
  into[3] = prefix.h4;
  const blocks = length >>> 4;
  if (blocks > 0) absorb(into, words, blocks);
  finish(into, words, blocks << 2, prefix.length + length);
}

/**
 * murmur3_x86_128, seed 0, of utf8(text): what `arm` seeds are made of, and what other languages are compared by.
 *
 * @param text any string
 * @returns the four words, unsigned, in the order of the reference implementation
 * @example
 * murmur3('hello') // => [723797152, 3683770103, 2598056374, 2598056374]
 */
export function murmur3(text: string): readonly [number, number, number, number] {
  hashKey(NO_PREFIX, text, scratch);
  return [scratch[0]! >>> 0, scratch[1]! >>> 0, scratch[2]! >>> 0, scratch[3]! >>> 0];
}
