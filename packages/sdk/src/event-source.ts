import type { FillRandom } from './decision-id.js';

/** The CloudEvents source of one client, such as `/sdk/9f3a2c`: made when first asked for. */
export function eventSource(fillRandom: FillRandom): () => string {
  let source: string | undefined;
  return () => {
    if (source === undefined) {
      const bytes = new Uint8Array(3);
      fillRandom(bytes);
      source = `/sdk/${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
    }
    return source;
  };
}
