import type { ArmOf, Shapes } from './catalogue.js';
import type { DecideOptions } from './decide.js';
import type { Decision } from './decision.js';

/** Decides, with some of the options fixed. */
export interface Scope<E extends Shapes> {
  /**
   * Decides which arm serves. Synchronous, and never throws: without a snapshot it answers the control arm, reason
   * `default`, not randomised, with the error's code in `error`.
   *
   * @param experiment its name
   * @param options who, what is known of the request, the key of the draw
   * @example
   * createClient({ experiments: { button: { arms: ['green', 'blue'] } } }).decide('button', { unit: 'u-1' }).arm // => 'blue'
   */
  decide<K extends keyof E & string>(experiment: K, options?: DecideOptions<ArmOf<E[K]>>): Decision<K, E[K]['arms']>;
  /** Decides the same experiment for many requests, in their order. */
  decideMany<K extends keyof E & string>(
    experiment: K,
    options: readonly DecideOptions<ArmOf<E[K]>>[],
  ): readonly Decision<K, E[K]['arms']>[];
  /** Decides every experiment that code or snapshot know. With `expose: false`, unless all of them are shown. */
  decideAll(options?: DecideOptions): { readonly [K in keyof E & string]: Decision<K, E[K]['arms']> };
  /** The same scope with these options fixed. Later ones win; contexts are merged. */
  with(fixed: DecideOptions): Scope<E>;
}

/** Two sets of options as one. */
function merged(fixed: DecideOptions, options: DecideOptions | undefined): DecideOptions {
  if (options === undefined) return fixed;
  const context = fixed.context && options.context ? { ...fixed.context, ...options.context } : undefined;
  return { ...fixed, ...options, ...(context === undefined ? {} : { context }) };
}

/** A scope around another one. */
export function scopeWith<E extends Shapes>(outer: Scope<E>, fixed: DecideOptions): Scope<E> {
  const scope: Scope<E> = {
    decide: (experiment, options) => outer.decide(experiment, merged(fixed, options) as typeof options),
    decideMany: (experiment, options) => options.map((one) => scope.decide(experiment, one)),
    decideAll: (options) => outer.decideAll(merged(fixed, options)),
    with: (more) => scopeWith(scope, more),
  };
  return scope;
}
