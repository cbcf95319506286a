import { probabilityBest } from '@armature/sdk/policies';
import { casesOf } from './cases.mjs';

/** The product's weights by quadrature, over the cases in turn; an operation is one set of arms. */
export async function prepare({ arms }) {
  const cases = casesOf(arms);
  let next = 0;
  let sums = 0;
  return {
    least: cases.length,
    async run(n) {
      for (let i = 0; i < n; i++) sums += probabilityBest(cases[next++ % cases.length].posteriors)[0];
    },
    async verify() {
      if (!(sums > 0)) throw new Error('no weights');
      const errors = cases.map(({ posteriors, best }) => {
        const got = probabilityBest(posteriors);
        if (got.length !== best.length) throw new Error(`${got.length} weights of ${best.length}`);
        return Math.max(...got.map((p, k) => Math.abs(p - best[k])));
      });
      return { error: Math.max(...errors) };
    },
  };
}
