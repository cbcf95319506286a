/**
 * Text from outside as a terminal may show it: control and formatting characters, which could move the cursor or colour
 * what follows, become a visible mark.
 *
 * @example
 * plainText('a\u001b[31mb') // => 'a�[31mb'
 */
export function plainText(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '\ufffd');
}
