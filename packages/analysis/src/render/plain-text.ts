/**
 * Text from outside as a screen may show it: control, formatting and unpaired characters, which could move the cursor,
 * colour what follows or turn its direction, become a visible mark.
 *
 * @example
 * plainText('a\u001b[31mb') // => 'a\ufffd[31mb'
 */
export function plainText(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, '\ufffd');
}

/**
 * The same value with every string in it made plain; keys and numbers stay. Renderings start with it, so that no name
 * and no note can reach a screen another way.
 *
 * @example
 * plainValue({ names: ['a\u0007'], n: 1 }) // => { names: ['a\ufffd'], n: 1 }
 */
export function plainValue<Value>(value: Value): Value {
  return plain(value) as Value;
}

function plain(value: unknown): unknown {
  if (typeof value === 'string') return plainText(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}
