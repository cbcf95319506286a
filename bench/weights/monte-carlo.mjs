import { casesOf } from './cases.mjs';

/** How Thompson weights are usually had: 20,000 draws from every posterior, and the share of each arm's wins. */
const DRAWS = 20_000;

/** Marsaglia's xorshift of 32 bits, as fractions in (0, 1). */
function fractions(seed) {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return ((state >>> 0) + 0.5) / 4294967296;
  };
}

/** Normal deviates by the polar method, two at a time. */
function normals(random) {
  let spare = Number.NaN;
  return () => {
    if (!Number.isNaN(spare)) {
      const value = spare;
      spare = Number.NaN;
      return value;
    }
    for (;;) {
      const x = 2 * random() - 1;
      const y = 2 * random() - 1;
      const s = x * x + y * y;
      if (s >= 1 || s === 0) continue;
      const factor = Math.sqrt((-2 * Math.log(s)) / s);
      spare = y * factor;
      return x * factor;
    }
  };
}

/** A gamma deviate of shape >= 1. Source: Marsaglia and Tsang 2000. */
function gamma(shape, random, normal) {
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = normal();
    const v = (1 + c * x) ** 3;
    if (v <= 0) continue;
    const u = random();
    if (u < 1 - 0.0331 * x ** 4 || Math.log(u) < 0.5 * x * x + d * (1 - v + Math.log(v))) return d * v;
  }
}

export async function prepare({ arms }) {
  const cases = casesOf(arms);
  const random = fractions(20_251_123);
  const normal = normals(random);
  let next = 0;
  const estimate = (posteriors) => {
    const wins = new Array(posteriors.length).fill(0);
    for (let draw = 0; draw < DRAWS; draw++) {
      let best = -1;
      let winner = 0;
      for (let k = 0; k < posteriors.length; k++) {
        const { alpha, beta } = posteriors[k];
        const a = gamma(alpha, random, normal);
        const value = a / (a + gamma(beta, random, normal));
        if (value > best) {
          best = value;
          winner = k;
        }
      }
      wins[winner] += 1;
    }
    return wins.map((count) => count / DRAWS);
  };
  return {
    least: 1,
    async run(n) {
      for (let i = 0; i < n; i++) estimate(cases[next++ % cases.length].posteriors);
    },
    async verify() {
      const errors = cases.map(({ posteriors, best }) => {
        return Math.max(...estimate(posteriors).map((p, k) => Math.abs(p - best[k])));
      });
      const error = Math.max(...errors);
      if (!(error < 0.03)) throw new Error(`20,000 draws are off by ${error}`);
      return { error };
    },
  };
}
