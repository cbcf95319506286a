import { expect, test } from 'vitest';
import { cdfAtNodes, HALF_WEIGHTS, NODES, POSITIVE_NODES } from '../../src/policies/quadrature.js';

const nodes = [...POSITIVE_NODES, ...POSITIVE_NODES.map((x) => -x)];

test('the rule is exact for every even power up to 30, and not for 32', () => {
  const integral = (power: number) =>
    POSITIVE_NODES.reduce((sum, x, k) => sum + 2 * HALF_WEIGHTS[k]! * x ** power, 0) * (power + 1);
  for (let power = 0; power <= 30; power += 2) expect(integral(power)).toBeCloseTo(2, 13);
  expect(Math.abs(integral(32) - 2)).toBeGreaterThan(1e-9);
});

test('a panel has the exact mass of every power up to 15, and from each node up the exact rest of it', () => {
  const cdf = new Float64Array(NODES);
  for (let power = 0; power < NODES; power++) {
    const density = Float64Array.from(nodes, (x) => x ** power);
    const mass = cdfAtNodes(density, cdf, 0, 1, 0);
    expect(mass).toBeCloseTo((1 - (-1) ** (power + 1)) / (power + 1), 14);
    const above = Float64Array.from(nodes, (x) => (1 - x ** (power + 1)) / (power + 1));
    for (let m = 0; m < NODES; m++) expect(1 - cdf[m]!).toBeCloseTo(above[m]!, 13);
  }
});

test('offset, half-width and the mass above shift the cdf', () => {
  const density = new Float64Array(2 * NODES).fill(0.25, NODES);
  const cdf = new Float64Array(2 * NODES);
  expect(cdfAtNodes(density, cdf, NODES, 0.5, 0.3)).toBeCloseTo(0.25, 14);
  expect(cdf[NODES]).toBeCloseTo(0.7 - 0.125 * (1 - POSITIVE_NODES[0]!), 14);
  expect(cdf[0]).toBe(0);
});
