/**
 * The golden vectors for other languages, computed again from the sources. Their oracles are independent programs that
 * read the same files: scripts/oracles/draw.py (hash: mmh3, a binding of the reference C++; draw: its definition with
 * mpmath; stages: theirs in exact fractions) and scripts/oracles/weights.py (projection in exact fractions; policies from their definitions; the
 * probability of being the best by scipy).
 */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type AllocationInput, allocate } from '../../src/policies/allocate.js';
import { fromBillionths, toBillionths } from '../../src/policies/billionths.js';
import type { Cell } from '../../src/policies/cells.js';
import { draw, prepareDraw } from '../../src/policies/draw.js';
import { type HashDomain, hashKey, hashPrefix, murmur3 } from '../../src/policies/hash.js';
import {
  prepareStages,
  type StageOdds,
  type StageShares,
  stageOdds,
  stageUniform,
  stoppedAt,
} from '../../src/policies/outer-stages.js';
import { policyWeights, type WeightsPolicy } from '../../src/policies/policy-weights.js';
import type { RewardScale } from '../../src/policies/reward-moments.js';

interface HashVectors {
  readonly plain: readonly { readonly text: string; readonly words: readonly number[] }[];
  readonly keyed: readonly {
    readonly domain: HashDomain;
    readonly salt: string;
    readonly key: string;
    readonly words: readonly number[];
  }[];
}

interface DrawVector {
  readonly domain: HashDomain;
  readonly salt: string;
  readonly arms: readonly string[];
  readonly weights: readonly number[];
  readonly key: string;
  readonly u: readonly number[];
  readonly drawn: string | null;
}

interface StagesVector extends StageShares {
  readonly salt: string;
  readonly key: string;
  readonly u: { readonly [stage: string]: number };
  readonly stopped: string | null;
  readonly odds: StageOdds;
}

interface WeightsVector {
  readonly policy: WeightsPolicy;
  readonly metric: RewardScale;
  readonly cells: readonly Cell[];
  readonly shares?: readonly number[];
  readonly weights: readonly number[];
}

interface ProjectionVector extends AllocationInput {
  readonly p: readonly number[];
  readonly randomised: boolean;
  readonly billionths: readonly number[];
  readonly drawnFrom: readonly number[];
}

const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../vectors/${name}.json`, import.meta.url), 'utf8'));

const hash = read('hash') as HashVectors;
const draws = (read('draw') as { readonly vectors: readonly DrawVector[] }).vectors;
const stages = (read('stages') as { readonly vectors: readonly StagesVector[] }).vectors;
const weights = (read('weights') as { readonly vectors: readonly WeightsVector[] }).vectors;
const projections = (read('projection') as { readonly vectors: readonly ProjectionVector[] }).vectors;

const furthest = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((max, x, k) => Math.max(max, Math.abs(x - b[k]!)), a.length === b.length ? 0 : Infinity);

test('the hashes are those of the published vectors', () => {
  expect(hash.plain.length).toBeGreaterThan(20);
  expect(hash.keyed.length).toBeGreaterThan(100);
  for (const { text, words } of hash.plain) expect(murmur3(text), JSON.stringify(text)).toEqual(words);
  const into = new Int32Array(4);
  for (const { domain, salt, key, words } of hash.keyed) {
    hashKey(hashPrefix(domain, salt), key, into);
    expect(
      [...into].map((word) => word >>> 0),
      JSON.stringify([domain, salt, key]),
    ).toEqual(words);
  }
});

test('the draws are those of the published vectors, in any order of the arms', () => {
  expect(draws.length).toBeGreaterThan(100);
  for (const { domain, salt, arms, weights: shares, key, drawn } of draws) {
    const index = draw(prepareDraw(domain, salt, arms), shares, key);
    expect(arms[index] ?? null, JSON.stringify([salt, key])).toBe(drawn);
    const reversed = draw(prepareDraw(domain, salt, arms.toReversed()), shares.toReversed(), key);
    expect(arms.toReversed()[reversed] ?? null).toBe(drawn);
  }
});

test('no published draw hangs on the last digit of a logarithm', () => {
  for (const { u, weights: shares } of draws) {
    const scores = u.flatMap((x, k) => (shares[k]! > 0 ? [-Math.log(x) / shares[k]!] : [])).sort((a, b) => a - b);
    if (scores.length > 1) expect(scores[1]! - scores[0]!).toBeGreaterThan(1e-12);
  }
});

test('the draws reach every arm of every split, and keys beyond ASCII', () => {
  const drawn = new Set(draws.flatMap(({ arms, drawn }) => (drawn === null ? [] : [JSON.stringify([arms, drawn])])));
  expect(drawn.size).toBeGreaterThan(15);
  expect(draws.some(({ key }) => key === '')).toBe(true);
  expect(draws.some(({ key }) => /[\u{10000}-\u{10ffff}]/u.test(key))).toBe(true);
  expect(draws.some(({ drawn: id }) => id === '😀')).toBe(true);
});

test('the stages before the draw are those of the published vectors', () => {
  for (const { salt, key, u, stopped, odds, ...shares } of stages) {
    const gates = prepareStages(salt, shares);
    expect(Object.fromEntries(gates.map(({ stage, prefix }) => [stage, stageUniform(prefix, key)]))).toEqual(u);
    expect([stoppedAt(gates, key) ?? null, stageOdds(shares)]).toEqual([stopped, odds]);
  }
  const outcomes = new Set(stages.map(({ stopped }) => stopped));
  expect(outcomes).toEqual(new Set(['holdout', 'layer', 'traffic', null]));
});

test('the weights of every policy are those of the published vectors', () => {
  expect(new Set(weights.map(({ policy }) => policy.kind)).size).toBe(4);
  for (const { policy, metric, cells, shares, weights: expected } of weights) {
    const tolerance = policy.kind === 'thompson' ? 1e-9 : 1e-12;
    const actual = policyWeights(policy, metric, cells, shares);
    expect(furthest(actual, expected), JSON.stringify([policy, metric])).toBeLessThan(tolerance);
  }
});

test('the projections are those of the published vectors, and their billionths to the last one', () => {
  expect(projections.length).toBeGreaterThan(15);
  for (const { p, randomised, billionths, drawnFrom, ...input } of projections) {
    const allocation = allocate(input);
    expect(furthest(allocation.p, p), JSON.stringify(input)).toBeLessThan(1e-12);
    expect(allocation.randomised).toBe(randomised);
    const parts = toBillionths(allocation.p, allocation.lower, allocation.upper);
    expect(parts).toEqual(billionths);
    expect(fromBillionths(parts)).toEqual(drawnFrom);
  }
});
