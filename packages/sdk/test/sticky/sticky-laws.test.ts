import fc from 'fast-check';
import { expect, test } from 'vitest';
import { memoryStickyStore, stickyAssignment } from '../../src/sticky/index.js';
import { movingServer } from './moving-server.js';

/** Weights of three arms in tenths, some of them 0. */
const weights = fc
  .tuple(fc.nat(5), fc.nat(5))
  .map(([a, b]): { readonly [arm: string]: number } => ({ a: a / 10, b: b / 10, c: (10 - a - b) / 10 }));
const steps = fc.array(fc.record({ weights, client: fc.nat(1), prefetched: fc.boolean() }), {
  minLength: 1,
  maxLength: 12,
});

test('whatever the weights do: a unit gets its first arm that may be served, and no arm of weight 0; the log tells the draw', async () => {
  await fc.assert(
    fc.asyncProperty(steps, fc.string({ minLength: 1, maxLength: 8 }), async (course, name) => {
      const unit = `u-${[...name].map((c) => c.codePointAt(0)).join('-')}`;
      const server = movingServer({ a: 0.3, b: 0.3, c: 0.4 });
      const store = memoryStickyStore();
      const clients = [server.client(stickyAssignment(store)), server.client(stickyAssignment(store))];
      const met: string[] = [];
      for (const step of course) {
        server.serve(step.weights);
        const client = clients[step.client]!;
        await client.ready();
        if (step.prefetched) await client.prefetch(unit);
        const { arm, error } = client.decide('shop', { unit });
        await client.flush();
        expect(step.weights[arm]).toBeGreaterThan(0);
        if (!step.prefetched && error !== undefined) {
          // Not loaded: its draw is served once, and the arm that was kept before stays the unit's.
          await client.prefetch(unit);
          const kept = client.decide('shop', { unit }).arm;
          if (!met.includes(kept)) met.push(kept);
          continue;
        }
        const first = met.find((one) => step.weights[one]! > 0);
        if (first === undefined) met.push(arm);
        else expect(arm).toBe(first);
      }
      for (const client of clients) await client.close();
      for (const { data } of server.events) expect(server.vectors.get(data.snapshot)?.[data.arm]).toBe(data.propensity);
      expect(new Set((await store.get(unit)).map(({ key }) => key)).size).toBe(met.length);
    }),
    { numRuns: 60, seed: 5 },
  );
});
