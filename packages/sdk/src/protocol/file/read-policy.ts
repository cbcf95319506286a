import type { MetricType, Policy, PriorDefinition } from '../experiment.js';
import { type Cursor, complain, fields, got, readOneOf } from './cursor.js';
import { isPercentage, readNumber, readShare } from './quantities.js';

/** What a policy is called in a file. */
export const POLICY_KINDS = [
  'fixed',
  'thompson',
  'ucb',
  'epsilon-greedy',
  'linear-thompson',
  'logistic-thompson',
] as const;
type Kind = (typeof POLICY_KINDS)[number];

export const UCB_VARIANTS = ['ucb1', 'ucb1-tuned', 'kl-ucb'] as const;

/** Names from the literature that are spelt as a kind and a variant here. */
const LONG: { readonly [name: string]: string } = {
  ucb1: 'write ucb',
  'ucb1-tuned': 'write { kind: ucb, variant: ucb1-tuned }',
  'kl-ucb': 'write { kind: ucb, variant: kl-ucb }',
  greedy: 'write epsilon-greedy',
  linucb: 'use linear-thompson',
  random: 'write fixed',
  ab: 'write fixed',
};

/** Keys of a policy beside `kind`. */
const KEYS: { readonly [kind in Kind]: readonly string[] } = {
  fixed: [],
  thompson: ['prior'],
  ucb: ['variant', 'c'],
  'epsilon-greedy': ['epsilon'],
  'linear-thompson': ['prior'],
  'logistic-thompson': ['prior'],
};

/** Exploration constants: 2 for UCB1 (Auer et al. 2002), 1 for UCB1-Tuned, 0 for KL-UCB (Garivier and Cappe 2011). */
const C: { readonly [variant in (typeof UCB_VARIANTS)[number]]: number } = { ucb1: 2, 'ucb1-tuned': 1, 'kl-ucb': 0 };

/** Parameters of each prior: Beta, Normal-Inverse-Gamma, Gamma, and a Gaussian over coefficients. */
const PRIORS = {
  beta: ['alpha', 'beta'],
  normal: ['mean', 'strength', 'shape', 'scale'],
  gamma: ['shape', 'rate'],
  gaussian: ['mean', 'strength', 'shape', 'scale'],
} as const;

const PRIOR_OF: { readonly [type in MetricType]: keyof typeof PRIORS } = {
  binary: 'beta',
  bounded: 'beta',
  count: 'gamma',
  real: 'normal',
};

function readPrior(cursor: Cursor, kind: Kind, type: MetricType): PriorDefinition | undefined {
  const keys = PRIORS[kind === 'thompson' ? PRIOR_OF[type] : 'gaussian'];
  const get = fields(cursor, keys);
  const prior: { [key: string]: number } = {};
  for (const key of keys) {
    const at = get(key);
    const value = at && (key === 'mean' ? readNumber(at) : readNumber(at, 0, true));
    if (value !== undefined) prior[key] = value;
  }
  return Object.keys(prior).length === 0 ? undefined : prior;
}

function readKind(cursor: Cursor): Kind | undefined {
  const { tree } = cursor;
  const long = tree.kind === 'scalar' && typeof tree.value === 'string' ? tree.value.toLowerCase() : '';
  if (Object.hasOwn(LONG, long)) return complain(cursor, 'unknown policy', { got: got(tree), todo: LONG[long]! });
  return readOneOf(cursor, POLICY_KINDS, 'policy');
}

function policyOf(kind: Kind, get: (key: string) => Cursor | undefined, type: MetricType): Policy {
  const at = { variant: get('variant'), c: get('c'), epsilon: get('epsilon'), prior: get('prior') };
  if (kind === 'fixed') return { kind };
  if (kind === 'ucb') {
    const variant = (at.variant && readOneOf(at.variant, UCB_VARIANTS, 'variant')) ?? 'ucb1';
    return { kind, variant, c: (at.c && readNumber(at.c, 0)) ?? C[variant] };
  }
  if (kind === 'epsilon-greedy') {
    const whole = at.epsilon?.tree.kind === 'scalar' && at.epsilon.tree.value === 1 && !isPercentage(at.epsilon);
    return { kind, epsilon: whole ? 1 : ((at.epsilon && readShare(at.epsilon)) ?? 0.1) };
  }
  const prior = at.prior && readPrior(at.prior, kind, type);
  return prior === undefined ? { kind } : { kind, prior };
}

/**
 * A policy: its name, or { kind, … }.
 *
 * @param type of the reward: it says which prior there can be
 */
export function readPolicy(cursor: Cursor, type: MetricType): Policy | undefined {
  if (cursor.tree.kind !== 'map') {
    const kind = readKind(cursor);
    return kind && policyOf(kind, () => undefined, type);
  }
  const everyKey = ['kind', ...new Set(Object.values(KEYS).flat())];
  const kindTree = cursor.tree.entries.find((entry) => entry.key === 'kind')?.value;
  const kind = kindTree && readKind({ ...cursor, tree: kindTree, path: `${cursor.path}.kind` });
  if (kindTree === undefined)
    complain(cursor, 'a policy without a kind', { todo: `add kind: ${POLICY_KINDS.join(' | ')}` });
  const get = fields(cursor, kind === undefined ? everyKey : ['kind', ...KEYS[kind]]);
  return kind && policyOf(kind, get, type);
}
