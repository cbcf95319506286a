import type { ErrorCode } from '../errors.js';
import type { Reason } from '../protocol/event.js';

/** What a page is told of a decision, and what the page's client hands out: everything but weights and unit. */
export interface PageDecisionFields<Experiment extends string = string, Arm extends string = string, Value = unknown> {
  readonly experiment: Experiment;
  /** The arm to serve. */
  readonly arm: Arm;
  /** The arm's value; its name where the experiment gives none. */
  readonly value: Value;
  readonly reason: Reason;
  /** Whether the arm was drawn. Only such decisions enter learning and inference. */
  readonly randomised: boolean;
  /** Probability with which `arm` was drawn, exactly; 1 where nothing was drawn. */
  readonly propensity: number;
  /** Id of the decision event; empty where nothing was decided. */
  readonly id: string;
  /** Names the decision to `reward`, here and elsewhere; empty where nothing was decided. */
  readonly token: string;
  /** Whether the decision counts: it was made so, or its exposure is queued. */
  readonly exposed: boolean;
  /** Why the control arm was served, where `reason` is `default`. */
  readonly error?: ErrorCode | undefined;
}

/** A decision in a page. A union over the arms, so that `decision.arm === 'blue'` narrows `decision.value`. */
export type PageDecision<
  Experiment extends string = string,
  Arms extends { readonly [arm: string]: unknown } = { readonly [arm: string]: unknown },
> = {
  [A in keyof Arms & string]: PageDecisionFields<Experiment, A, Arms[A]>;
}[keyof Arms & string];

/** A decision as it came to the page: `forPage` made it, or `/v1/decide` answered it. */
export interface GivenDecision extends Omit<PageDecisionFields, 'exposed' | 'error'> {
  /** @default true */
  readonly exposed?: boolean | undefined;
  readonly error?: string | undefined;
}

/**
 * What a page may know of decisions that were made on the server: without the vector of propensities, the unit and the
 * version. For the option `decisions` of the page's client. On the server, not in the page.
 *
 * @param decisions of `client.decideAll({ unit, expose: false })` or of `client.decide`, one for each experiment
 * @returns JSON; escape `<` where you write it into a script element
 * @example
 * forPage([]) // => []
 */
export function forPage(
  decisions: { readonly [experiment: string]: GivenDecision } | readonly GivenDecision[],
): readonly GivenDecision[] {
  return Object.values(decisions).map((decision) => {
    const { experiment, arm, value, reason, randomised, propensity, id, token, exposed, error } = decision;
    const told = { experiment, arm, value, reason, randomised, propensity, id, token };
    return { ...told, ...(exposed === false ? { exposed } : {}), ...(error === undefined ? {} : { error }) };
  });
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

/** Whether a value is a decision as a page gets it. */
export function isGiven(value: unknown): value is GivenDecision {
  if (typeof value !== 'object' || value === null) return false;
  const { experiment, arm, reason, id, token, propensity } = value as { readonly [field: string]: unknown };
  const texts = [experiment, reason, id, token].every(isText) && typeof arm === 'string';
  return texts && typeof propensity === 'number' && propensity > 0 && propensity <= 1;
}
