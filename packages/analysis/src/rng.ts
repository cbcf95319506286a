/** Returns the next uniform number in (0, 1): a multiple of 2^-32 plus half a step, never 0 or 1. */
export type Random = () => number;

/**
 * xoshiro128**, a generator of 32-bit words with period 2^128 - 1, seeded through splitmix32. The same seed gives
 * the same numbers on every engine: integer arithmetic only.
 *
 * @param seed any integer; taken modulo 2^32
 * @see Blackman and Vigna 2021, "Scrambled linear pseudorandom number generators"
 * @example
 * createRandom(1)() === createRandom(1)() // => true
 */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const splitmix = (): number => {
    state = (state + 0x9e3779b9) | 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
  let a = splitmix();
  let b = splitmix();
  let c = splitmix();
  let d = splitmix();
  return () => {
    const product = Math.imul(b, 5);
    const word = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = (d << 11) | (d >>> 21);
    return (word + 0.5) / 4294967296;
  };
}
