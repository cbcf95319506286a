import type { Holdout, Layer } from '../policies/outer-stages.js';

/** The experiment as the rest of the system knows it: complete, with every default filled in, and frozen. */

/** What is randomised: each request, each unit and period, or each unit for ever in a store. */
export const ASSIGN = ['request', 'unit', 'sticky'] as const;
export type Assign = (typeof ASSIGN)[number];

export const STATUS = ['draft', 'running', 'paused', 'ended'] as const;
export type Status = (typeof STATUS)[number];

export const METRIC_TYPES = ['binary', 'bounded', 'count', 'real'] as const;
export type MetricType = (typeof METRIC_TYPES)[number];

/** A trial counts when its window has closed, or at its first reward. */
export const MATURITY = ['closed', 'immediate', 'delay-corrected'] as const;
export type Maturity = (typeof MATURITY)[number];

export const MISSING = ['zero', 'ignored'] as const;
export const COMBINE = ['first', 'sum', 'max', 'last'] as const;
export const ATTRIBUTE = ['last', 'first', 'all'] as const;
export const ADJUST = ['none', 'period'] as const;

/** The operators of targeting conditions. */
export const OPERATORS = [
  'is',
  'not',
  'in',
  'notIn',
  'starts',
  'ends',
  'contains',
  'gt',
  'gte',
  'lt',
  'lte',
  'exists',
] as const;
export type Operator = (typeof OPERATORS)[number];

export type Scalar = string | number | boolean;
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** What a caller knows about a request. Only declared features are ever logged. */
export type Context = { readonly [attribute: string]: Scalar | undefined };

/** One test of one attribute; `unit` is an attribute too. Conditions of a list must all hold. */
export interface Condition {
  readonly attribute: string;
  readonly op: Operator;
  readonly value: Scalar | readonly Scalar[];
}

export interface ArmDefinition {
  readonly id: string;
  /** What `decide` hands out for this arm; the arm's id where the file gives none. */
  readonly value: JsonValue;
  /** Share under a fixed policy, relative to the other arms. > 0, or 0 for an arm that gets nothing. */
  readonly weight: number;
  /** A killed arm: its cap is 0. */
  readonly off: boolean;
  readonly backend?: string;
  readonly shadow?: number;
}

export interface Metric {
  readonly name: string;
  readonly type: MetricType;
  /** Accepted rewards, inclusive; [0, 1] for binary. Required for bounded. */
  readonly range?: readonly [number, number];
  readonly better: 'higher' | 'lower';
  /** Attribution window in ms: rewards later than this after the trial's first decision do not count. */
  readonly windowMs: number;
  /** How long after the window, in log time, a reward may still arrive. */
  readonly latenessMs: number;
  readonly missing: (typeof MISSING)[number];
  readonly maturity: Maturity;
  readonly combine: (typeof COMBINE)[number];
  readonly attribute: (typeof ATTRIBUTE)[number];
}

/** Beta(alpha, beta) for binary metrics; Normal-Inverse-Gamma for real ones; Gamma(shape, rate) for counts. */
export interface PriorDefinition {
  readonly alpha?: number;
  readonly beta?: number;
  readonly mean?: number;
  readonly strength?: number;
  readonly shape?: number;
  readonly scale?: number;
  readonly rate?: number;
}

export type Policy =
  | { readonly kind: 'fixed' }
  | { readonly kind: 'thompson'; readonly prior?: PriorDefinition }
  | { readonly kind: 'ucb'; readonly variant: 'ucb1' | 'ucb1-tuned' | 'kl-ucb'; readonly c: number }
  | { readonly kind: 'epsilon-greedy'; readonly epsilon: number }
  | { readonly kind: 'linear-thompson' | 'logistic-thompson'; readonly prior?: PriorDefinition };

export interface Override {
  readonly id: string;
  readonly if: readonly Condition[];
  readonly arm: string;
}

export interface Guardrail {
  readonly metric: string;
  readonly statistic: 'mean' | 'p50' | 'p90' | 'p95' | 'p99';
  readonly min?: number;
  readonly max?: number;
  readonly minChange?: number;
  readonly maxChange?: number;
  readonly minSamples: number;
}

export interface Rollout {
  readonly arm: string;
  /** Increasing shares in (0, 1]. */
  readonly steps: readonly number[];
  readonly bakeMs: number;
  readonly maxBakeMs: number;
  readonly onBreach: 'rollback' | 'pause';
}

export interface Experiment {
  readonly id: string;
  readonly description: string;
  readonly owner: string;
  readonly status: Status;
  /** Pins this arm: every unit gets it, not randomised. */
  readonly ship?: string;
  /** Fallback and baseline: the first arm of the file unless it names another. */
  readonly control: string;
  /** In code-point order of id: the order of every vector. */
  readonly arms: readonly ArmDefinition[];
  readonly assign: Assign;
  /** Length of a period in ms for `assign: unit`; null = never (one draw for ever). */
  readonly reassignMs: number | null;
  readonly policy: Policy;
  /** Least probability of an eligible arm, 0 <= floor <= 1/K. */
  readonly floor: number;
  /** Least time between two versions, ms. */
  readonly updateMs: number;
  readonly adjust: (typeof ADJUST)[number];
  /** The metric that is learnt from; absent when the file has no `reward`. */
  readonly reward?: string;
  /** All metrics, the reward first, then by name. */
  readonly metrics: readonly Metric[];
  readonly guardrails: readonly Guardrail[];
  readonly audience: readonly Condition[];
  readonly overrides: readonly Override[];
  readonly rollout?: Rollout;
  /** Kept as written; declared for contextual experiments. */
  readonly features?: JsonValue;
  readonly gate?: JsonValue;
  /** Share of units that take part, in (0, 1]. */
  readonly traffic: number;
  readonly layer?: Layer;
  readonly holdout?: Holdout;
  readonly salt: string;
  readonly hash: 1;
}
