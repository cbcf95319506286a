import { describe, expect, test } from 'vitest';
import { changeEffect, definitionOf } from '../../src/protocol/definition.js';
import type { Experiment } from '../../src/protocol/experiment.js';
import { parseExperiments } from '../../src/protocol/file/experiment-file.js';
import { renderFault } from '../../src/protocol/file/faults.js';
import { notYetRun } from '../../src/protocol/file/not-yet-run.js';

const read = (text: string): Experiment => {
  const parsed = parseExperiments(text, 'a.yaml');
  if (!parsed.ok) throw new Error(parsed.faults.map(renderFault).join('\n'));
  return parsed.experiments[0]!;
};

const BASE = {
  arms: '{ x: { value: 1, backend: "http://m:1/" }, y: {}, z: {} }',
  assign: 'unit',
  reassign: '1d',
  policy: 'thompson',
  reward: '{ metric: m, window: 1h, lateness: 1s }',
};
const experiment = (change: { readonly [key: string]: string } = {}): Experiment =>
  read(
    Object.entries({ experiment: 'a', ...BASE, ...change })
      .map(([key, value]) => `${key}: ${value}`)
      .join('\n'),
  );

describe('definitions', () => {
  test('the hash is that of the content, whatever the order and the shorthand of the file', () => {
    const short = read('experiment: a\narms: [x, y]\nreward: m');
    const long = read(
      'reward: { metric: m, type: binary, combine: max }\narms: { x: { weight: 1 }, y: { off: false } }\nfloor: 0%\nexperiment: a',
    );
    expect(definitionOf(short).hash).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(definitionOf(long)).toEqual(definitionOf(short));
  });

  test('every change of the file is another definition', () => {
    const hashes = [{}, { floor: '1%' }, { owner: 'me' }, { salt: 's' }].map(
      (change) => definitionOf(experiment(change)).hash,
    );
    expect(new Set(hashes).size).toBe(4);
  });
});

describe('what a change does to what was learnt', () => {
  test.each<[string, { readonly [key: string]: string }]>([
    ['another metric', { reward: '{ metric: n, window: 1h, lateness: 1s }' }],
    ['another window', { reward: '{ metric: m, window: 2h, lateness: 1s }' }],
    ['another type', { reward: '{ metric: m, window: 1h, type: count, lateness: 1s }' }],
    ['another direction', { reward: '{ metric: m, window: 1h, better: lower, lateness: 1s }' }],
    ['another meaning of missing', { reward: '{ metric: m, window: 1h, missing: ignored, lateness: 1s }' }],
    ['another maturity', { reward: '{ metric: m, window: 1h, maturity: immediate }' }],
    ['another combination', { reward: '{ metric: m, window: 1h, combine: last }' }],
    ['another attribution', { reward: '{ metric: m, window: 1h, attribute: first }' }],
    ['another assignment', { assign: 'sticky', reassign: '' }],
    ['another period', { reassign: '2d' }],
    ['another salt', { salt: 'other' }],
    ['another value of an arm', { arms: '{ x: { value: 2, backend: "http://m:1/" }, y: {}, z: {} }' }],
    ['another backend of an arm', { arms: '{ x: { value: 1, backend: "http://n:1/" }, y: {}, z: {} }' }],
  ])('%s resets the posterior', (_, change) => {
    const { reassign, ...rest } = { ...BASE, ...change };
    const after = read(
      Object.entries({ experiment: 'a', ...rest, ...(reassign === '' ? {} : { reassign }) })
        .map(([key, value]) => `${key}: ${value}`)
        .join('\n'),
    );
    expect(changeEffect(experiment(), after)).toBe('resets-posterior');
    expect(changeEffect(after, after)).toBe('keeps-posterior');
  });

  test.each<[string, { readonly [key: string]: string }]>([
    ['an arm more', { arms: '{ x: { value: 1, backend: "http://m:1/" }, y: {}, z: {}, w: {} }' }],
    ['an arm less', { arms: '{ x: { value: 1, backend: "http://m:1/" }, y: {} }' }],
    ['a killed arm', { arms: '{ x: { value: 1, backend: "http://m:1/" }, y: { off: true }, z: {} }' }],
    ['a weight', { arms: '{ x: { value: 1, weight: 3, backend: "http://m:1/" }, y: {}, z: {} }' }],
    ['another policy', { policy: 'ucb' }],
    ['another floor', { floor: '5%' }],
    ['another status', { status: 'paused' }],
    ['a shipped arm', { ship: 'y' }],
    ['a text', { description: 'about' }],
    ['a secondary metric', { metrics: '{ n: {} }' }],
    ['another lateness', { reward: '{ metric: m, window: 1h, lateness: 5s }' }],
  ])('%s keeps it', (_, change) => {
    expect(changeEffect(experiment(), experiment(change))).toBe('keeps-posterior');
  });
});

test('what this version does not run is named, key and experiment', () => {
  const asked = read(`experiment: a
arms: [x, y, z]
policy: linear-thompson
reward: { metric: m, maturity: delay-corrected }
features: { device: [phone, desktop] }
rollout: { arm: y, steps: [5%] }
guardrails: [{ mean: m, min: 1% }]
shadow: z
gate: { min_samples: 3 }
adjust: period`);
  expect(notYetRun(asked).map(({ path }) => path)).toEqual([
    'a.rollout',
    'a.guardrails',
    'a.shadow',
    'a.gate',
    'a.policy',
    'a.features',
    'a.adjust',
    'a.reward.maturity',
  ]);
  expect(notYetRun(experiment())).toEqual([]);
});
