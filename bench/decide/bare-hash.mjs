import { hashKey, hashPrefix } from '@armature/sdk/policies';
import { unitAt } from './units.mjs';

/** The hash of the key behind the salt's prefix and nothing else: no draw can cost less. */
export async function prepare() {
  const prefix = hashPrefix('draw', 'button');
  const words = new Int32Array(4);
  let next = 0;
  let all = 0;
  return {
    async run(n) {
      for (let i = 0; i < n; i++) {
        hashKey(prefix, unitAt(next++), words);
        all |= words[0] ^ words[1];
      }
    },
    async verify() {
      if (all !== -1) throw new Error(`bits that no hash has set: ${(~all >>> 0).toString(2)}`);
      return {};
    },
  };
}
