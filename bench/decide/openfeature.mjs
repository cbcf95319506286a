import { hashKey, hashPrefix } from '@armature/sdk/policies';
import { OpenFeature, TypedInMemoryProvider } from '@openfeature/server-sdk';
import { ARMS, COUNTRY, tally, unitAt, WEIGHTS } from './units.mjs';

/**
 * OpenFeature's server SDK 1.23 with its provider in memory. Which variant it is says an evaluator that does as little as
 * can be: the condition, the bare hash, and a walk along the weights.
 */
const SHARES = WEIGHTS.map((_, k) => WEIGHTS.slice(0, k + 1).reduce((a, b) => a + b, 0));

export async function prepare() {
  const prefix = hashPrefix('draw', 'button');
  const words = new Int32Array(4);
  const contextEvaluator = ({ targetingKey, country }) => {
    if (country !== COUNTRY) return 'none';
    hashKey(prefix, targetingKey, words);
    const u = (words[0] >>> 0) / 2 ** 32;
    return ARMS[SHARES.findIndex((share) => u < share)] ?? ARMS.at(-1);
  };
  const variants = Object.fromEntries(['none', ...ARMS].map((arm) => [arm, arm]));
  const button = { variants, defaultVariant: 'none', disabled: false, contextEvaluator };
  await OpenFeature.setProviderAndWait(new TypedInMemoryProvider({ button }));
  const client = OpenFeature.getClient();
  const counted = tally();
  let next = 0;
  return {
    async run(n) {
      for (let i = 0; i < n; i++) {
        const at = next++;
        const details = await client.getStringDetails('button', 'none', { targetingKey: unitAt(at), country: COUNTRY });
        if (counted.wants(at)) counted.add(details.value, details.reason === 'TARGETING_MATCH');
      }
    },
    async verify(total) {
      counted.check(total);
      return {};
    },
  };
}
