import { GrowthBook, GrowthBookClient } from '@growthbook/growthbook';
import { ARMS, COUNTRY, tally, unitAt, WEIGHTS } from './units.mjs';

/**
 * The same experiment and condition in GrowthBook 1.8, the payload given in place. `multi`: one client and a user
 * context for each call; else one instance whose attributes are set before each call. `tracking`: with a callback that
 * hears of assignments, as the log of ours does; else they are evaluated and told to nobody.
 */
const payload = {
  features: {
    button: {
      defaultValue: 'none',
      rules: [
        {
          key: 'button',
          seed: 'button',
          condition: { country: COUNTRY },
          hashAttribute: 'id',
          hashVersion: 2,
          coverage: 1,
          weights: WEIGHTS,
          variations: ARMS,
        },
      ],
    },
  },
};

export async function prepare({ multi, tracking }) {
  const counted = tally();
  let next = 0;
  let tracked = 0;
  const trackingCallback = () => {
    tracked += 1;
  };
  const client = new (multi ? GrowthBookClient : GrowthBook)(tracking ? { trackingCallback } : {}).initSync({
    payload,
  });
  const evaluate = multi
    ? (n) => client.evalFeature('button', { attributes: { id: unitAt(n), country: COUNTRY } })
    : (n) => {
        client.setAttributes({ id: unitAt(n), country: COUNTRY });
        return client.evalFeature('button');
      };
  return {
    async run(n) {
      for (let i = 0; i < n; i++) {
        const n = next++;
        const { value, experimentResult } = evaluate(n);
        if (counted.wants(n)) counted.add(value, experimentResult?.inExperiment === true);
      }
    },
    async verify(total) {
      if (tracking !== tracked > 0) throw new Error(`${tracked} assignments were tracked`);
      counted.check(total);
      return { tracked };
    },
  };
}
