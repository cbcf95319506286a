/**
 * Writes the golden vectors that implementations in other languages are compared with, packages/sdk/vectors/*.json:
 * `node scripts/vectors.mjs`, after a build. scripts/oracles/*.py check them against independent implementations.
 */
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { stageVectors } from './vectors/stage-vectors.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const POLICIES = join(ROOT, 'packages', 'sdk', 'dist', 'policies', 'index.js');
const policies = await import(pathToFileURL(POLICIES).href);
const {
  allocate,
  armPosteriors,
  draw,
  drawKey,
  fmix32,
  fromBillionths,
  hashKey,
  hashPrefix,
  murmur3,
  policyWeights,
  prepareDraw,
  toBillionths,
} = policies;

/** Texts that break encoders, lengths that break block handling. */
const KEYS = [
  '',
  'a',
  'u-1',
  'user-12345',
  '0123456789abcde',
  '0123456789abcdef',
  '0123456789abcdefg',
  '019ab2c4-7e1f-7c3a-9d2b-5f60718293a4',
  'Grüße aus Köln',
  'Привет',
  '日本語のユーザー',
  '😀',
  '👩‍👩‍👧‍👦 family',
  '\u07ff\u0800\uffff\u{10000}\u{10ffff}',
  'tab\tand\nnewline',
  'x'.repeat(257),
  'ключ-'.repeat(40),
  drawKey('u-1', 0),
  drawKey('u-1', 20563),
  drawKey('użytkownik', 20564),
];
/** Hashed as U+FFFD. JSON escapes keep them; languages without lone surrogates skip these. */
const ILL_FORMED = ['\ud800', 'a\udfffb', '\udc00\ud800'];
const SALTS = ['', 'q7Zk3M8V', 'elevenbytes', 'digit-reader', 'żółw-😀', 'a-salt-of-more-than-sixteen-bytes'];

function words(prefix, key) {
  const into = new Int32Array(4);
  hashKey(prefix, key, into);
  return [...into].map((word) => word >>> 0);
}

function hashVectors() {
  const plain = [...KEYS, ...ILL_FORMED].map((text) => ({ text, words: murmur3(text) }));
  const keyed = ['draw', 'layer', 'holdout', 'traffic'].flatMap((domain) =>
    SALTS.flatMap((salt) =>
      KEYS.filter((_, i) => i % 3 === SALTS.indexOf(salt) % 3).map((key) => ({
        domain,
        salt,
        key,
        words: words(hashPrefix(domain, salt), key),
      })),
    ),
  );
  return {
    about:
      'murmur3_x86_128, seed 0: four unsigned words. plain: over utf8(text). keyed: over utf8(domain NUL salt), zero-padded to whole 16-byte blocks, followed by utf8(key). A lone surrogate is hashed as U+FFFD.',
    plain,
    keyed,
  };
}

/** u of each arm, in the order of the ids given. */
function uniforms(domain, salt, arms, key) {
  const [h1, h2] = words(hashPrefix(domain, salt), key);
  return arms.map((id) => {
    const [a, c] = murmur3(`arm\0${id}`);
    const v = fmix32(h2 ^ c);
    const x = fmix32(h1 ^ a ^ v) >>> 0;
    const y = fmix32((x + v) ^ 0x9e3779b9) >>> 12;
    return (x * 2 ** 20 + y + 0.5) * 2 ** -52;
  });
}

const SPLITS = [
  [
    ['green', 'blue'],
    [0.5, 0.5],
  ],
  [
    ['large', 'medium', 'small', 'xl'],
    [0.812345678, 0.1, 0.077654322, 0.01],
  ],
  [
    ['a', 'b', 'c'],
    [0, 1, 0],
  ],
  [
    ['a', 'b', 'c'],
    [0.999999998, 0.000000001, 0.000000001],
  ],
  [
    ['～', '😀', 'é', 'e'],
    [0.25, 0.25, 0.25, 0.25],
  ],
  [
    ['v10', 'v9', 'v8', 'v7', 'v6', 'v5', 'v4', 'v3', 'v2', 'v1'],
    [0.02, 0.02, 0.02, 0.02, 0.02, 0.1, 0.1, 0.1, 0.2, 0.4],
  ],
  [['only'], [1]],
  [
    ['a', 'b'],
    [0, 0],
  ],
];

function drawVectors() {
  const vectors = [];
  for (const [s, [arms, weights]] of SPLITS.entries()) {
    for (const [i, key] of KEYS.entries()) {
      const domain = i % 7 === 6 ? 'layer' : 'draw';
      const salt = SALTS[(s + i) % SALTS.length];
      const u = uniforms(domain, salt, arms, key);
      const scores = u.map((x, k) => (weights[k] > 0 ? -Math.log(x) / weights[k] : Infinity)).sort((a, b) => a - b);
      if (scores.length > 1 && !(scores[1] - scores[0] > 1e-12) && scores[0] < Infinity) continue;
      const index = draw(prepareDraw(domain, salt, arms), weights, key);
      vectors.push({ domain, salt, arms, weights, key, u, drawn: index < 0 ? null : arms[index] });
    }
  }
  return {
    about:
      'The exponential race: the smallest -ln(u) / weight wins; the two best scores of every vector differ by more than 1e-12. u is exact. drawn is null where every weight is 0.',
    vectors,
  };
}

const binary = { type: 'binary', better: 'higher', missing: 'zero' };
const trials = (n, rewarded, mean = 1, m2 = 0) => ({ trials: n, rewarded, mean, m2 });
const CLICKS = [trials(2629, 68), trials(2661, 63), trials(2539, 49), trials(2551, 39)];
const LATENCY = [trials(50, 50, 120.5, 4200), trials(40, 40, 118, 3900), trials(0, 0, 0, 0)];
const latency = { type: 'real', better: 'lower', missing: 'ignored' };
const stars = { type: 'bounded', better: 'higher', missing: 'ignored', range: [1, 5] };
const STARS = [trials(30, 30, 4.1, 21), trials(25, 25, 3.9, 30), trials(31, 31, 4.1, 18)];
const items = { type: 'count', better: 'higher', missing: 'zero' };
const ITEMS = [trials(100, 40, 1.5, 30), trials(120, 50, 1.4, 25)];

const WEIGHTS = [
  [{ kind: 'fixed' }, binary, CLICKS, [1, 1, 1, 1]],
  [{ kind: 'fixed' }, binary, CLICKS, [90, 5, 5, 0]],
  [{ kind: 'thompson' }, binary, CLICKS],
  [{ kind: 'thompson', prior: { alpha: 0.5, beta: 0.5 } }, binary, [trials(0, 0, 0), trials(10, 3), trials(12, 4)]],
  [{ kind: 'thompson' }, binary, [trials(1e6, 300_000), trials(1e6, 300_400)]],
  [{ kind: 'thompson' }, { ...binary, better: 'lower' }, CLICKS],
  [{ kind: 'thompson' }, latency, LATENCY],
  [{ kind: 'thompson' }, stars, STARS],
  [{ kind: 'thompson' }, items, ITEMS],
  [{ kind: 'ucb', variant: 'ucb1', c: 2 }, binary, CLICKS],
  [{ kind: 'ucb', variant: 'ucb1', c: 0.5 }, { ...binary, better: 'lower' }, CLICKS],
  [{ kind: 'ucb', variant: 'ucb1-tuned', c: 1 }, binary, CLICKS],
  [{ kind: 'ucb', variant: 'kl-ucb', c: 0 }, binary, CLICKS],
  [{ kind: 'ucb', variant: 'kl-ucb', c: 3 }, stars, STARS],
  [{ kind: 'ucb', variant: 'ucb1', c: 2 }, latency, LATENCY],
  [{ kind: 'ucb', variant: 'ucb1', c: 2 }, latency, LATENCY.slice(0, 2)],
  [{ kind: 'epsilon-greedy', epsilon: 0.1 }, binary, CLICKS],
  [{ kind: 'epsilon-greedy', epsilon: 0.2 }, stars, STARS],
  [{ kind: 'epsilon-greedy', epsilon: 0.1 }, latency, LATENCY],
];

function weightVectors() {
  const vectors = WEIGHTS.map(([policy, metric, cells, shares]) => ({
    policy,
    metric,
    cells,
    ...(shares ? { shares } : {}),
    ...(policy.kind === 'thompson' ? { posteriors: armPosteriors(metric, cells, policy.prior) } : {}),
    weights: policyWeights(policy, metric, cells, shares),
  }));
  return {
    about:
      "A policy's weights from each arm's cell. thompson to 1e-9 (the probability of each posterior to be the best), the others to 1e-12.",
    vectors,
  };
}

const ALLOCATIONS = [
  { weights: [0.02, 0.98], floor: 0.02, caps: [1, 0.01], control: 0 },
  { weights: [0.25, 0.25, 0.5], floor: 0.02, caps: [1, 1, 0.05], control: 0 },
  { weights: [0.4, 0.4, 0.2], floor: 0, caps: [0.1, 0.3, 1], control: 2 },
  { weights: [0.5, 0.5], floor: 0.1, caps: [1, 0.05], control: 0 },
  { weights: [0.2, 0.3, 0.5], floor: 0.05, caps: [1, 1, 0], control: 0 },
  { weights: [0, 0, 1, 0], floor: 0.5, control: 0 },
  { weights: [0, 1, 0], floor: 0.02, control: 0 },
  { weights: [0, 0, 1], caps: [1, 1, 0.05], control: 0 },
  { weights: [0, 0, 1], caps: [0.1, 1, 0.05], control: 0 },
  { weights: [1, 1, 1], caps: [0.2, 0.1, 0.3], control: 1 },
  { weights: [1, 1], eligible: [false, true], caps: [1, 0.05], control: 0 },
  { weights: [0.5, 0.5, 0], eligible: [false, false, false], floor: 0.1, control: 2 },
  { weights: [0, 0, 1], eligible: [true, true, false], control: 0 },
  { weights: [1, 1, 1], control: 0 },
  { weights: [0.697123456789, 0.2991, 0.0030123, 0.000764243211], floor: 0.02, control: 3 },
  { weights: [1e-60, 1, 1e-12], control: 0 },
  { weights: [0.7, 0.2, 0.06, 0.04], floor: 0.01, caps: [0.25, 1, 1, 0.02], control: 1 },
];

function projectionVectors() {
  const vectors = ALLOCATIONS.map((input) => {
    const { p, lower, upper, randomised } = allocate(input);
    const billionths = toBillionths(p, lower, upper);
    return { ...input, p, randomised, billionths, drawnFrom: fromBillionths(billionths) };
  });
  return {
    about:
      'Floors and caps: floor 0, caps 1 and eligible true where they are absent. p to 1e-12; billionths (largest remainder inside the bounds, ties to the first arm) exactly.',
    vectors,
  };
}

/** One vector a line: readable, and a change shows as the line that changed. */
function render(value) {
  const parts = Object.entries(value).map(([key, entry]) =>
    Array.isArray(entry)
      ? `${JSON.stringify(key)}: [\n${entry.map((item) => JSON.stringify(item)).join(',\n')}\n]`
      : `${JSON.stringify(key)}: ${JSON.stringify(entry)}`,
  );
  return `{\n${parts.join(',\n')}\n}\n`;
}

const FILES = {
  hash: hashVectors,
  draw: drawVectors,
  stages: () => stageVectors(policies, KEYS, SALTS),
  weights: weightVectors,
  projection: projectionVectors,
};
for (const [name, make] of Object.entries(FILES)) {
  writeFileSync(join(ROOT, 'packages', 'sdk', 'vectors', `${name}.json`), render(make()));
}
