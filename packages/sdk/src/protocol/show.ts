const MAX = 60;

/**
 * A value as an error shows it: short, on one line, without control characters.
 *
 * @example
 * show(['a', 'b']) // => 'a list of 2'
 */
export function show(value: unknown): string {
  if (typeof value === 'string') {
    const text = JSON.stringify(value.length > MAX ? `${value.slice(0, MAX)}…` : value);
    return text.replaceAll(/\p{C}/gu, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
  }
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'a map';
  if (typeof value === 'function') return 'a function';
  if (value === undefined) return 'nothing';
  return typeof value === 'bigint' ? `${value}n` : String(value);
}
