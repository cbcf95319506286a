const LONE_SURROGATE = /[\ud800-\udfff]/u;

/**
 * Whether a text has no lone surrogate, so that its UTF-8 is its own (String.prototype.isWellFormed, which not every
 * browser has yet).
 *
 * @example
 * isWellFormed('a\ud800') // => false
 */
export function isWellFormed(text: string): boolean {
  return !LONE_SURROGATE.test(text);
}
