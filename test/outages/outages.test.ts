/** A short run of `npm run outages`. */
import { describe, expect, test } from 'vitest';
import { sections } from './outages.js';

const SEED = Number(process.env.ARMATURE_SEED ?? Date.now() % 1_000_000);

describe.sequential(`outages (seed ${SEED})`, () => {
  test.each(Object.entries(sections('suite', SEED)))(
    '%s: every row is met',
    async (_, run) => {
      const { rows } = await run();
      expect(rows.length).toBeGreaterThan(0);
      expect(rows.filter(({ ok }) => !ok)).toEqual([]);
    },
    120_000,
  );
});
