import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseExperimentSet, renderFault } from '../../src/protocol/index.js';

const one = (id: string, rest: string): string => `experiment: ${id}\narms: [x, y]\n${rest}`;
const faultsOf = (...texts: readonly string[]): readonly string[] => {
  const parsed = parseExperimentSet(texts.map((text, i) => ({ file: `${'abcdefgh'[i]}.yaml`, text })));
  return parsed.ok ? [] : parsed.faults.map(renderFault);
};
const slot = (id: string, from: number, to: number, rest = ''): string =>
  one(id, `layer: { name: page, slot: [${from}%, ${to}%] }\n${rest}`);

describe('row 10: experiments of one layer', () => {
  test('whose slots do not overlap are accepted, also where they touch', () => {
    expect(faultsOf(slot('hero', 0, 50), slot('menu', 50, 100))).toEqual([]);
    expect(faultsOf(slot('hero', 0, 50), one('menu', 'layer: { name: other, slot: [0%, 50%] }'))).toEqual([]);
  });

  test('that share units are refused, both named, with what is free', () => {
    expect(faultsOf(slot('hero', 0, 50), slot('menu', 40.5, 60))).toEqual([
      'b.yaml:3:8 layer.slot: menu shares units of layer page with other experiments, got [40.5%, 60%], hero (a.yaml:3) has [0%, 50%]; free: [50%, 100%]',
    ]);
  });

  test('that want more than all of it are refused, every one of them named', () => {
    expect(faultsOf(slot('a', 0, 60), slot('b', 60, 100), slot('c', 20, 80))).toEqual([
      'c.yaml:3:8 layer.slot: c shares units of layer page with other experiments, got [20%, 80%], a (a.yaml:3) has [0%, 60%], b (b.yaml:3) has [60%, 100%]; the layer is full',
    ]);
  });

  test('leave their slot when they have ended or shipped, and keep it while they are a draft or paused', () => {
    for (const rest of ['status: ended', 'ship: y']) {
      expect(faultsOf(slot('hero', 0, 50, rest), slot('menu', 0, 50))).toEqual([]);
    }
    for (const rest of ['status: draft', 'status: paused']) {
      expect(faultsOf(slot('hero', 0, 50, rest), slot('menu', 0, 50))).toHaveLength(1);
    }
  });

  test('are accepted exactly when no two of their slots meet', () => {
    const ends = fc
      .tuple(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 20 }))
      .filter(([from, to]) => from < to)
      .map(([from, to]) => [from * 5, to * 5] as const);
    fc.assert(
      fc.property(fc.array(ends, { minLength: 1, maxLength: 4 }), (all) => {
        const meet = all.some(([a, b], i) => all.slice(i + 1).some(([c, d]) => a < d && c < b));
        expect(faultsOf(...all.map(([from, to], i) => slot(`e${i}`, from, to))).length > 0).toBe(meet);
      }),
      { numRuns: 300 },
    );
  });
});

test('one holdout has one share', () => {
  const held = (id: string, share: string) => one(id, `holdout: { name: everything, share: ${share} }`);
  expect(faultsOf(held('hero', '5%'), held('menu', '.05'))).toEqual([]);
  expect(faultsOf(held('hero', '5%'), held('menu', '10%'))).toEqual([
    'b.yaml:3:10 holdout.share: two shares of one holdout "everything", got 10%, hero (a.yaml:3) has 5%: write the same, or another name',
  ]);
});

test.each([
  ['layer: page', 'a layer needs a name and a slot, got "page", write { name: page, slot: [0%, 50%] }'],
  ['layer: [page]', 'a layer needs a name and a slot, got a list of 1, write { name: …, slot: [0%, 50%] }'],
  ['layer: { name: page }', 'a layer without slot, write { name: …, slot: [0%, 50%] }'],
  ['layer: { slot: [0%, 5%] }', 'a layer without name, write { name: …, slot: [0%, 50%] }'],
  ['layer: { name: page, share: 50% }', 'unknown key, got "share", write slot: [0%, 50%]'],
  ['layer: { name: page, slot: 50% }', 'a list of two shares is needed, got "50%"'],
  ['layer: { name: page, slot: [50%] }', 'a slot goes from one share to another, got a list of 1'],
  ['layer: { name: page, slot: [50%, 20%] }', 'a slot ends after it begins, got "20%"'],
  ['layer: { name: page, slot: [50%, 150%] }', 'a share above 0% and at most 100% is needed, got 150%'],
  ['layer: { name: page, slot: [0, 1] }', 'a share without unit, got 1, write 1% or 100%'],
  ['holdout: { name: all }', 'a holdout without a share, add share: 5%'],
  ['holdout: 100%', 'a share from 0% to 99% is needed, got 100%'],
  ['traffic: 33.33333333333%', 'a share of at most nine decimals is needed, got "33.33333333333%"'],
  ['namespace: page', 'unknown key, got "namespace", did you mean layer?'],
])('%s is refused with advice', (text, advice) => {
  expect(faultsOf(one('a', text)).join('\n')).toContain(advice);
});
