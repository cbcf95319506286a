/**
 * The path of a request target as the router reads it: without query, from an absolute form too, and decoded.
 *
 * @example
 * pathOf('http://host/%761/events?x') // => '/v1/events'
 */
export function pathOf(target: string): string {
  const path = target.replace(/^https?:\/\/[^/]*/i, '').replace(/[?#].*$/s, '');
  try {
    return decodeURI(path);
  } catch {
    return path;
  }
}
