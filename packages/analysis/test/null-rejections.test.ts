import { normalQuantile } from '@armature/sdk/policies';
import { expect, test } from 'vitest';
import { addValue, createRandom, EMPTY_MOMENTS, twoProportions, welch } from '../src/index.js';

const RUNS = 4000;

/** Share of seeded runs in which a test of nominal size .05 rejects data without a difference. */
function rejections(pOf: (random: () => number) => number | null): number {
  let rejected = 0;
  for (let seed = 1; seed <= RUNS; seed++) if ((pOf(createRandom(seed)) ?? 1) < 0.05) rejected++;
  return rejected / RUNS;
}

const moments = (n: number, value: () => number) => Array.from({ length: n }, value).reduce(addValue, EMPTY_MOMENTS);
const successes = (n: number, rate: number, random: () => number) =>
  Array.from({ length: n }, random).filter((u) => u < rate).length;

// The Monte-Carlo standard error of .05 over 4,000 runs is .0034: four of them are .014.
test.each([
  [4, 40],
  [40, 400],
  [400, 40],
  [22, 22],
])('a 5 % test of means rejects 5 %% of null data with %d against %d trials', (na, nb) => {
  const share = rejections((random) => {
    const normal = () => normalQuantile(random());
    return welch(moments(na, normal), moments(nb, normal)).p;
  });
  expect(Math.abs(share - 0.05)).toBeLessThan(0.014);
});

test.each([
  [200, 2000, 0.2],
  [2000, 200, 0.2],
  [500, 5000, 0.05],
  [300, 300, 0.5],
])('a 5 % test of rates rejects 5 %% of null data with %d against %d trials at %d', (na, nb, rate) => {
  const share = rejections((random) => {
    const [a, b] = [na, nb].map((trials) => ({ successes: successes(trials, rate, random), trials }));
    return twoProportions(a!, b!).p;
  });
  expect(Math.abs(share - 0.05)).toBeLessThan(0.014);
});
