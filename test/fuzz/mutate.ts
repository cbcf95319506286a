import type { Target } from './target.js';

/** A generator of 32-bit words from a seed and the number of a case, so that each case can be made alone. */
export function randomOf(seed: number, index: number): (below: number) => number {
  let a = (Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(index + 1, 0xc2b2ae35)) >>> 0;
  const next = (): number => {
    // mulberry32
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), a | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  };
  next();
  return (below) => next() % below;
}

type Random = ReturnType<typeof randomOf>;

/** What breaks parsers of any language. */
const EVIL = [
  ...['\0', '\ufeff', '\ud800', '\u2028', '\u202e', '\r\n', '\t', '\\', '"', "'", '`', '<', '%', '=', ',', ':', ';'],
  ...['{', '}', '[', ']', '[[[[[[[[', '{"a":{"a":{"a":', '__proto__', '"__proto__":{}', 'constructor', 'prototype'],
  ...['null', 'true', 'NaN', 'Infinity', '-0', '1e999', '-1', '0', '9007199254740993', '1e-400', '1.10', '0x10'],
  ...['é', '𝒳', 'e\u0301', '', ' ', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'],
];

const pick = (random: Random, list: readonly string[]): Buffer => Buffer.from(list[random(list.length)] ?? '', 'utf8');

function splice(bytes: Buffer, at: number, cut: number, put: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + cut)]);
}

function change(bytes: Buffer, target: Target, random: Random): Buffer {
  const at = random(bytes.length + 1);
  switch (random(9)) {
    case 0: {
      const flipped = Buffer.from(bytes);
      if (at < bytes.length) flipped[at] = (flipped[at] ?? 0) ^ (1 << random(8));
      return flipped;
    }
    case 1:
      return splice(bytes, at, random(8), pick(random, EVIL));
    case 2:
      return splice(bytes, at, random(12), pick(random, target.words));
    case 3:
      return splice(bytes, at, 1 + random(16), Buffer.alloc(0));
    case 4: {
      const from = random(bytes.length + 1);
      return splice(bytes, at, 0, bytes.subarray(from, from + random(40)));
    }
    case 5:
      return splice(bytes, at, random(4), Buffer.from([random(256)]));
    case 6:
      return bytes.subarray(0, at);
    case 7: {
      const other = pick(random, target.corpus);
      return splice(bytes, at, bytes.length, other.subarray(random(other.length + 1)));
    }
    default: {
      // a number or a word for another one
      const match = /[A-Za-z0-9_.-]+/.exec(bytes.toString('latin1', at));
      if (match === null) return bytes;
      const put = random(2) === 0 ? pick(random, EVIL) : pick(random, target.words);
      return splice(bytes, at + match.index, match[0].length, put);
    }
  }
}

/** Words put together by a grammar that knows nothing: lists, maps and lines of them. */
function grown(target: Target, random: Random): Buffer {
  const parts = Array.from({ length: 1 + random(24) }, () => pick(random, random(4) === 0 ? EVIL : target.words));
  return Buffer.concat(parts);
}

/** The input of one case: a good one with one to eight changes, or words put together. */
export function inputOf(target: Target, seed: number, index: number): Buffer {
  const random = randomOf(seed, index);
  if (random(8) === 0) return grown(target, random);
  let bytes = pick(random, target.corpus);
  for (let changes = 1 + random(8); changes > 0; changes -= 1) bytes = change(bytes, target, random);
  return bytes;
}

/** A smaller input that still fails: stretches are left out while it does, within a number of tries. */
export async function minimised(
  input: Buffer,
  fails: (input: Buffer) => Promise<boolean>,
  tries = 400,
): Promise<Buffer> {
  let smallest = input;
  let left = tries;
  for (let size = Math.max(1, smallest.length >> 1); size >= 1 && left > 0; size >>= 1) {
    for (let at = 0; at < smallest.length && left > 0; left -= 1) {
      const shorter = splice(smallest, at, size, Buffer.alloc(0));
      if (await fails(shorter)) smallest = shorter;
      else at += size;
    }
  }
  return smallest;
}
