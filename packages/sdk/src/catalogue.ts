/** What the type system knows of one experiment: the value of each arm, and the names of its metrics. */
export interface ExperimentShape {
  readonly arms: { readonly [arm: string]: unknown };
  readonly metrics?: string;
}

/** Shapes by experiment. Write it as a `type`: an `interface` does not satisfy the index signature. */
export type Shapes = { readonly [experiment: string]: ExperimentShape };

/** What an untyped client knows: nothing. Arms are strings, values unknown. */
export type UnknownShapes = {
  readonly [experiment: string]: { readonly arms: { readonly [arm: string]: unknown }; readonly metrics: string };
};

export type ArmOf<S extends ExperimentShape> = keyof S['arms'] & string;
export type MetricOf<S extends ExperimentShape> = S extends { readonly metrics: infer M extends string } ? M : string;

/** What a client may serve of an experiment before the first snapshot has arrived. */
export interface CatalogueEntry<S extends ExperimentShape = ExperimentShape> {
  readonly control: ArmOf<S>;
  readonly arms: { readonly [A in ArmOf<S>]: S['arms'][A] };
  /** The metric that a bare reward value means. */
  readonly reward?: string;
  /** All metric names; others are refused by `reward`. */
  readonly metrics?: readonly string[];
}

/**
 * Types and fallbacks of a set of experiments: the file that `armature types` writes.
 *
 * The digest is that of the experiments the file was made from, so that a check can tell whether it is out of date.
 */
export interface Catalogue<E extends Shapes> {
  readonly digest: string;
  readonly experiments: { readonly [K in keyof E]: CatalogueEntry<E[K]> };
}

/** An arm of an inline experiment. */
export interface InlineArm {
  /** What `decide` hands out. @default the arm's name */
  readonly value?: unknown;
  /** Share relative to the other arms, >= 0. @default 1 */
  readonly weight?: number;
}

/** An experiment written in code: fixed weights. */
export interface InlineExperiment {
  /** Names, or names with values and weights. */
  readonly arms: readonly string[] | { readonly [arm: string]: InlineArm };
  /** Fallback and baseline. @default the first arm */
  readonly control?: string;
  /** What is randomised: each request, or each unit once and for all. @default 'unit' */
  readonly assign?: 'request' | 'unit';
  /** The metric that a bare reward value means. */
  readonly reward?: string;
  /** Further metrics. */
  readonly metrics?: readonly string[];
  /** Experiments with the same salt draw the same way. @default the experiment's name */
  readonly salt?: string;
}

export type InlineExperiments = { readonly [experiment: string]: InlineExperiment };

type InlineArms<X> = X extends { readonly arms: readonly (infer A extends string)[] }
  ? { readonly [K in A]: K }
  : X extends { readonly arms: infer M }
    ? { readonly [K in keyof M & string]: M[K] extends { readonly value: infer V } ? V : K }
    : never;
type InlineReward<X> = X extends { readonly reward: infer R extends string } ? R : never;
type InlineMetrics<X> = X extends { readonly metrics: readonly (infer M extends string)[] } ? M : never;
type OrAny<M extends string> = [M] extends [never] ? string : M;

/** The shapes of inline experiments, inferred from the object literal. */
export type ShapesOf<I extends InlineExperiments> = {
  readonly [K in keyof I]: {
    readonly arms: InlineArms<I[K]>;
    readonly metrics: OrAny<InlineReward<I[K]> | InlineMetrics<I[K]>>;
  };
};

/** Whether `experiments` is a generated catalogue and not an inline object. */
export function isCatalogue(experiments: Catalogue<Shapes> | InlineExperiments): experiments is Catalogue<Shapes> {
  return typeof (experiments as { readonly digest?: unknown }).digest === 'string';
}
