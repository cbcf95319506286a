/** Lifts surrogates above the rest of the basic plane, so that code units compare as the code points they belong to. */
const rank = (unit: number): number => (unit < 0xd800 ? unit : unit < 0xe000 ? unit + 0x2000 : unit - 0x800);

/**
 * Order of two strings by Unicode code point, which is also the order of their UTF-8 bytes: the order of arms in every
 * vector. JavaScript's own `<` compares UTF-16 code units and differs where a surrogate pair meets U+E000 to U+FFFF.
 *
 * @param a any string
 * @param b any string
 * @returns negative where a comes first, 0 where they are equal, positive where b comes first
 * @example
 * ['\u{1F600}', '\uFF5E', 'a'].sort(compareCodePoints) // => ['a', '\uFF5E', '\u{1F600}']
 */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}
