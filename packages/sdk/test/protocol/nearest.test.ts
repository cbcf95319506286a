import { expect, test } from 'vitest';
import { nearest } from '../../src/protocol/nearest.js';

const KEYS = [
  'experiment',
  'arms',
  'traffic',
  'guardrails',
  'reward',
  'max_bake',
  'latency_ms',
  'thompson',
  'linear-thompson',
  'ucb',
];

test.each([
  ['trafic', 'traffic'],
  ['traffci', 'traffic'],
  ['guardrail', 'guardrails'],
  ['maxBake', 'max_bake'],
  ['latency', 'latency_ms'],
  ['thomson', 'thompson'],
  ['Reward', 'reward'],
  ['arm', 'arms'],
  ['ubc', 'ucb'],
  ['colour', undefined],
  ['x', undefined],
  ['', undefined],
  ['q'.repeat(1000), undefined],
])('%s was meant as %s', (name, meant) => {
  expect(nearest(name, KEYS)).toBe(meant);
});
