import { readFileSync } from 'node:fs';

/** Sets of Beta posteriors and their P(best) to 15 digits. oracle: mpmath, scripts/oracles/bench-weights.py */
const all = JSON.parse(readFileSync(new URL('../fixtures/weights.json', import.meta.url), 'utf8'));

/** The cases with this many arms. */
export function casesOf(arms) {
  const cases = all
    .filter((one) => one.arms === arms)
    .map(({ name, posteriors, best }) => ({
      name,
      posteriors: posteriors.map(([alpha, beta]) => ({ kind: 'beta', alpha, beta })),
      best,
    }));
  if (cases.length === 0) throw new Error(`no cases with ${arms} arms`);
  return cases;
}
